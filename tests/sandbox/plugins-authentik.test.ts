import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { secret, textOf, UNKNOWN } from "../../sandbox/plugins/wire";
import { AuthentikPlugin, REMOTE, TOKEN, type } from "./plugin-authentik";

const authentik = new AuthentikPlugin();

describe("package and configuration", () => {
  test("only the parameterisation of this SDK is taken, and answered with its own version", async () => {
    const other = { remote: { ...REMOTE.remote, version: "2026.2.0" } };
    await expect(authentik.rpc.parameterize("authentik", "2026.5.0", other)).rejects.toThrow(
      "only registry.opentofu.org",
    );
    expect(await authentik.rpc.parameterize("authentik", "1.1.3", REMOTE)).toBe("authentik 2026.5.0");
  });

  test("without address or token nothing starts", async () => {
    await expect(authentik.rpc.configure({ token: "t" })).rejects.toThrow('Missing required argument "url"');
    await expect(authentik.rpc.configure({ url: "http://127.0.0.1:1" })).rejects.toThrow(
      'Missing required argument "token"',
    );
  });

  test("the server's refusal is passed on", async () => {
    await authentik.rpc.configure({ url: authentik.url, token: "wrong" });
    await expect(authentik.rpc.create(type("Group"), { name: "staff" })).rejects.toThrow(
      /HTTP 403 POST \/core\/groups\//,
    );
  });
});

describe("check", () => {
  test.each([
    [
      "an unknown name",
      "Group",
      { name: "a", colour: "red" },
      'An argument named "colour" is not expected here',
    ],
    ["a wrong type", "Group", { name: "a", isSuperuser: "yes" }, "expected boolean"],
    ["a wrong type in a list", "Group", { name: "a", users: ["1"] }, "expected array"],
    ["what is missing", "User", { name: "a" }, '"username" is required'],
    ["text that is not JSON", "User", { username: "a", attributes: "{" }, "invalid JSON"],
  ])("refuses %s", async (_, name, inputs, reason) => {
    const { failures } = await authentik.rpc.check(type(name), inputs);
    expect(failures).toEqual([expect.stringContaining(reason)]);
  });

  test("a name left out gets a random ending, and keeps it", async () => {
    const { inputs } = await authentik.rpc.check(type("Group"), {});
    expect(inputs.name).toBe("thing-0707070");
    expect((await authentik.rpc.check(type("Group"), {}, { name: "thing-before" })).inputs.name).toBe(
      "thing-before",
    );
  });
});

describe("writing", () => {
  test("a preview knows the inputs and defaults, and not what the server makes up", async () => {
    const { id, outputs } = await authentik.rpc.create(
      type("Application"),
      { name: "Forgejo", slug: "forgejo", protocolProvider: UNKNOWN },
      true,
    );
    expect(id).toBe("");
    expect(outputs).toMatchObject({
      slug: "forgejo",
      policyEngineMode: "any",
      uuid: UNKNOWN,
      applicationId: UNKNOWN,
    });
    expect((await authentik.api("GET", "core/applications/")).results).toEqual([]);
  });

  test("ids are what the real provider has: slug, number, uuid", async () => {
    const application = await authentik.create("Application", { name: "Forgejo", slug: "forgejo" });
    expect(application.id).toBe("forgejo");
    expect(application.outputs.uuid).toMatch(/^[0-9a-f-]{36}$/);
    expect((await authentik.create("User", { username: "ana", name: "Ana" })).id).toMatch(/^\d+$/);
    expect((await authentik.create("Group", { name: "staff" })).id).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("an update sends the provider's own defaults for what is left out", async () => {
    const inputs = { name: "staff", attributes: '{"a":1}', isSuperuser: true };
    const { id, outputs } = await authentik.create("Group", inputs);
    expect(await authentik.changed("Group", id, outputs, inputs)).toEqual([]);
    const news = { name: "staff" };
    expect(await authentik.changed("Group", id, outputs, news)).toEqual(["attributes", "isSuperuser"]);
    await authentik.rpc.update(type("Group"), id, outputs, news, inputs);
    expect(await authentik.api("GET", `core/groups/${id}/`)).toMatchObject({
      attributes: {},
      is_superuser: false,
    });
  });

  // Read in the provider's source, 2026.5: a text that is empty, and some truth values that are false, are not sent.
  test("a text that is taken out, and the proxy's login by password that is switched off, stay on the server", async () => {
    const inputs = { name: "Forgejo", slug: "forgejo", metaPublisher: "by hand", openInNewTab: true };
    const { id, outputs } = await authentik.create("Application", inputs);
    const news = { name: "Forgejo", slug: "forgejo" };
    await authentik.rpc.update(type("Application"), id, outputs, news, inputs);
    const application = await authentik.api("GET", `core/applications/${id}/`);
    expect(application).toMatchObject({ meta_publisher: "by hand", open_in_new_tab: false });
    const now = await authentik.rpc.read(type("Application"), id, outputs, news);
    expect(await authentik.changed("Application", id, now.outputs, news)).toEqual(["metaPublisher"]);

    const flow = await authentik.create("Flow", {
      name: "consent",
      slug: "consent",
      title: "Consent",
      designation: "authorization",
    });
    const proxy = {
      name: "matomo",
      mode: "forward_single",
      externalHost: "https://analytics.example.org",
      authorizationFlow: textOf(flow.outputs.uuid),
      invalidationFlow: textOf(flow.outputs.uuid),
    };
    const made = await authentik.create("ProviderProxy", { ...proxy, basicAuthEnabled: true });
    await authentik.rpc.update(type("ProviderProxy"), made.id, made.outputs, proxy, proxy);
    const provider = await authentik.api("GET", `providers/proxy/${made.id}/`);
    expect(provider).toMatchObject({ basic_auth_enabled: true });
  });

  test("what is to be left alone stays as the last refresh found it, also where the program never gave it", async () => {
    const inputs = { username: "ana", name: "Ana" };
    const { id, outputs } = await authentik.create("User", inputs);
    await authentik.api("PATCH", `core/users/${id}/`, { attributes: { settings: { locale: "de" } } });
    const now = await authentik.rpc.read(type("User"), id, outputs, inputs);
    const news = { ...inputs, name: "Ana B" };
    const { paths } = await authentik.rpc.diff(type("User"), id, now.outputs, news, inputs, ["attributes"]);
    expect(paths).toEqual(["name"]);
    await authentik.rpc.update(type("User"), id, now.outputs, news, now.inputs, false, ["attributes"]);
    expect(await authentik.api("GET", `core/users/${id}/`)).toMatchObject({
      name: "Ana B",
      attributes: { settings: { locale: "de" } },
    });
  });

  test("the order of keys in JSON and an empty text make no difference", async () => {
    const { id, outputs } = await authentik.create("Group", {
      name: "staff",
      attributes: '{"b": 2, "a": 1}',
    });
    expect(outputs.attributes).toBe('{"a":1,"b":2}');
    expect(
      await authentik.changed("Group", id, outputs, { name: "staff", attributes: '{ "a": 1, "b": 2 }' }),
    ).toEqual([]);
    const user = await authentik.create("User", { username: "ana", name: "Ana", email: "" });
    expect(await authentik.changed("User", user.id, user.outputs, { username: "ana", name: "Ana" })).toEqual(
      [],
    );
  });

  test("memberships are the server's where the program says nothing", async () => {
    const group = await authentik.create("Group", { name: "staff" });
    const inputs = { username: "ana", name: "Ana", groups: [group.id] };
    const user = await authentik.create("User", inputs);
    expect(user.outputs.groups).toEqual([group.id]);
    expect(await authentik.changed("User", user.id, user.outputs, { username: "ana", name: "Ana" })).toEqual(
      [],
    );
    expect(await authentik.changed("User", user.id, user.outputs, { ...inputs, groups: [] })).toEqual([
      "groups",
    ]);
  });

  test("a group that is changed without a refresh loses who joined since", async () => {
    const group = await authentik.create("Group", { name: "staff" });
    await authentik.create("User", { username: "ana", name: "Ana", groups: [group.id] });
    await authentik.rpc.update(
      type("Group"),
      group.id,
      group.outputs,
      { name: "everybody" },
      { name: "staff" },
    );
    expect(await authentik.api("GET", `core/groups/${group.id}/`)).toMatchObject({ users: [] });
  });

  test("a password is set once, stays secret and is never read back", async () => {
    const inputs = { username: "ana", name: "Ana", password: secret("hidden") };
    const before = authentik.requests();
    const { id, outputs } = await authentik.create("User", inputs);
    // The user, and then the password, which is not part of it.
    expect(authentik.requests() - before).toBe(2);
    expect(outputs.password).toEqual(secret("hidden"));
    const refreshed = await authentik.rpc.read(type("User"), id, outputs, inputs);
    expect(refreshed.outputs.password).toEqual(secret("hidden"));
    expect(await authentik.changed("User", id, refreshed.outputs, inputs)).toEqual([]);
  });

  test("a refusal of the server is short and says what it said", async () => {
    await authentik.create("User", { username: "ana", name: "Ana" });
    await expect(authentik.rpc.create(type("User"), { username: "ana", name: "Ana" })).rejects.toThrow(
      /^HTTP 400 .*must be unique/,
    );
  });

  test("deleting twice is fine", async () => {
    const { id } = await authentik.create("Group", { name: "staff" });
    await authentik.rpc.delete(type("Group"), id);
    await authentik.rpc.delete(type("Group"), id);
    expect((await authentik.rpc.read(type("Group"), id, { name: "staff" }, { name: "staff" })).id).toBe("");
  });

  test("ignored properties make no difference", async () => {
    const { id, outputs } = await authentik.create("Group", { name: "staff" });
    expect(
      await authentik.rpc.diff(type("Group"), id, outputs, { name: "other" }, {}, ["name"]),
    ).toMatchObject({
      changed: false,
    });
  });

  test("a permission of a role is assigned and taken back, replaced, never changed", async () => {
    const seen: string[] = [];
    const stub = createServer((request, response) => {
      seen.push(`${request.method} ${request.url}`);
      const given = seen.some((line) => line.startsWith("PATCH"))
        ? []
        : [{ app_label: "core", codename: "view" }];
      const page = { pagination: { next: 0 }, results: given };
      response.end(JSON.stringify(request.method === "POST" ? [{ id: "7" }] : page));
    }).listen(0, "127.0.0.1");
    await once(stub, "listening");
    await authentik.rpc.configure({
      url: `http://127.0.0.1:${(stub.address() as AddressInfo).port}`,
      token: TOKEN,
    });
    const inputs = { role: "r", permission: "core.view" };
    const { id, outputs } = await authentik.create("RbacPermissionRole", inputs);
    const next = { ...inputs, permission: "core.change" };
    expect((await authentik.rpc.diff(type("RbacPermissionRole"), id, outputs, next)).replaces).toEqual([
      "permission",
    ]);
    expect((await authentik.rpc.read(type("RbacPermissionRole"), id, outputs, inputs)).id).toBe("7");
    await authentik.rpc.delete(type("RbacPermissionRole"), id, outputs);
    expect((await authentik.rpc.read(type("RbacPermissionRole"), id, outputs, inputs)).id).toBe("");
    expect(seen.filter((line) => !line.startsWith("GET"))).toEqual([
      "POST /api/v3/rbac/permissions/assigned_by_roles/r/assign/",
      "PATCH /api/v3/rbac/permissions/assigned_by_roles/r/unassign/",
    ]);
    stub.close();
    stub.closeAllConnections();
  });

  test("system settings are one object: written by their creation, kept on deletion", async () => {
    await expect(authentik.rpc.create(type("SystemSettings"), { avatars: "initials" })).rejects.toThrow(
      "flags",
    );
    const flags = {
      core_default_app_access: true,
      enterprise_audit_include_expanded_diff: false,
      flows_continuous_login: false,
      flows_refresh_others: false,
    };
    const inputs = { avatars: "initials", flags: JSON.stringify(flags) };
    const { id, outputs } = await authentik.create("SystemSettings", inputs);
    expect(id).toBe("system_settings");
    expect(await authentik.changed("SystemSettings", id, outputs, inputs)).toEqual([]);
    await authentik.rpc.delete(type("SystemSettings"), id, outputs);
    expect(await authentik.api("GET", "admin/settings/")).toMatchObject({ avatars: "initials" });
  });

  test("a token's key is read back only when asked for, and secret", async () => {
    const { id: user } = await authentik.create("User", {
      username: "bot",
      name: "Bot",
      type: "service_account",
    });
    const inputs = { identifier: "bot", user: Number(user), expiring: false, retrieveKey: true };
    const { id, outputs } = await authentik.create("Token", inputs);
    expect(id).toBe("bot");
    expect(outputs.key).toEqual(secret(expect.any(String) as string));
    expect(await authentik.changed("Token", id, outputs, inputs)).toEqual([]);
    expect(
      (await authentik.create("Token", { ...inputs, identifier: "other", retrieveKey: false })).outputs,
    ).not.toHaveProperty("key");
  });
});
