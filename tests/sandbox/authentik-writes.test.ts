import {
  type Body,
  application,
  call,
  group,
  listed,
  made,
  oidc,
  unique,
  user,
  withSandbox,
} from "./authentik-sandbox";

withSandbox();

describe("PUT and PATCH", () => {
  // As Django REST framework does; PUT need only name what is required.
  test("PATCH and PUT leave what they do not name", async () => {
    const { pk, username } = await user({ email: "a@plana.solutions", attributes: { a: 1 } });
    const patched = await call("PATCH", `/core/users/${String(pk)}/`, { name: "New" });
    expect(patched.body).toMatchObject({ name: "New", email: "a@plana.solutions", attributes: { a: 1 } });
    const put = await call("PUT", `/core/users/${String(pk)}/`, { username, name: "Newer" });
    expect(put.body).toMatchObject({ name: "Newer", email: "a@plana.solutions", attributes: { a: 1 } });
    const unnamed = await call("PUT", `/core/users/${String(pk)}/`, { name: "Newest" });
    expect(unnamed).toMatchObject({ status: 400, body: { username: ["This field is required."] } });
  });

  test("a PUT keeps what the server made up", async () => {
    const made = await oidc();
    expect(String(made.client_secret)).toHaveLength(128);
    const { name, authorization_flow, invalidation_flow } = made;
    const body = { name, authorization_flow, invalidation_flow, redirect_uris: [] };
    const put = await call("PUT", `/providers/oauth2/${String(made.pk)}/`, body);
    expect(put.body).toMatchObject({
      client_id: made.client_id,
      client_secret: made.client_secret,
      grant_types: made.grant_types,
    });
  });

  test("disabling by PUT ends the OAuth tokens, by PATCH the login sessions too", async () => {
    const { pk, username, name } = await user();
    const provider = (await oidc()).pk;
    await call("POST", "/-/sandbox/core/authenticated_sessions/", { user: pk });
    await call("POST", "/-/sandbox/oauth2/refresh_tokens/", { user: pk, provider });
    const sessions = `/core/authenticated_sessions/?user__username=${String(username)}`;
    expect(await listed(sessions)).toHaveLength(1);
    expect(await listed(`/oauth2/refresh_tokens/?user=${String(pk)}`)).toHaveLength(1);
    await call("PUT", `/core/users/${String(pk)}/`, { username, name, is_active: false });
    expect(await listed(sessions)).toHaveLength(1);
    expect(await listed(`/oauth2/refresh_tokens/?user=${String(pk)}`)).toHaveLength(0);
    await call("PATCH", `/core/users/${String(pk)}/`, { is_active: false });
    expect(await listed(sessions)).toHaveLength(0);
  });

  test("an outpost's config is replaced by exactly what is given", async () => {
    const [outpost] = await listed("/outposts/instances/?managed__iexact=goauthentik.io/outposts/embedded");
    const config = { authentik_host: "https://auth.example/" };
    const body = { name: outpost?.name, type: "proxy", providers: [], config };
    const put = await call("PUT", `/outposts/instances/${String(outpost?.pk)}/`, body);
    expect(put.body).toMatchObject({ config, managed: "goauthentik.io/outposts/embedded" });
    expect(Object.keys(put.body.config as Body)).toEqual(["authentik_host"]);
  });
});

describe("uniqueness and references", () => {
  test("names, slugs and client ids are given once", async () => {
    const one = await user();
    const again = await call("POST", "/core/users/", { username: one.username, name: "x" });
    expect(again).toEqual({ status: 400, body: { username: ["This field must be unique."] } });
    const { name } = await group();
    expect((await call("POST", "/core/groups/", { name })).body).toEqual({
      name: ["Group with this name already exists."],
    });
    const provider = await oidc();
    await expect(oidc({ client_id: provider.client_id })).rejects.toThrow("This field must be unique.");
    await expect(oidc({ name: provider.name })).rejects.toThrow("provider with this name already exists.");
    const self = await call("PATCH", `/core/users/${String(one.pk)}/`, { username: one.username });
    expect(self.status).toBe(200);
  });

  test("a provider belongs to one application", async () => {
    const provider = (await oidc()).pk;
    const { slug, name } = await application({ provider });
    await expect(application({ provider })).rejects.toThrow("Application with this provider already exists.");
    const shown = await call("GET", `/providers/oauth2/${String(provider)}/`);
    expect(shown.body).toMatchObject({ assigned_application_slug: slug, assigned_application_name: name });
  });

  test("a reference must exist", async () => {
    const none = "11111111-1111-4111-8111-111111111111";
    const error = { authorization_flow: [`Invalid pk "${none}" - object does not exist.`] };
    await expect(oidc({ authorization_flow: none })).rejects.toThrow(JSON.stringify(error));
    await expect(application({ provider: 999 })).rejects.toThrow("object does not exist");
    await expect(user({ groups: [none] })).rejects.toThrow("object does not exist");
    await expect(group({ users: [999] })).rejects.toThrow("object does not exist");
    await expect(
      made("/policies/bindings/", { target: none, group: (await group()).pk, order: 0 }),
    ).rejects.toThrow("target");
  });

  test("a policy binding has one of policy, group and user, and a bindable target", async () => {
    const target = (await application()).pk;
    const both = { group: (await group()).pk, user: (await user()).pk };
    await expect(made("/policies/bindings/", { target, order: 0 })).rejects.toThrow(
      "One of 'policy', 'group', 'user'",
    );
    await expect(made("/policies/bindings/", { target, order: 0, ...both })).rejects.toThrow("Only one of");
    await expect(
      made("/policies/bindings/", { target: both.group, order: 0, user: both.user }),
    ).rejects.toThrow("target");
  });

  test("a stage is bound once per flow and order", async () => {
    const [binding] = await listed("/flows/bindings/");
    const { target, stage, order } = binding ?? {};
    const again = await call("POST", "/flows/bindings/", { target, stage, order });
    expect(again.body).toEqual({
      non_field_errors: ["The fields target, stage, order must make a unique set."],
    });
  });
});

describe("relations", () => {
  test("a user's groups and a group's users are one relation", async () => {
    const { pk } = await group();
    const member = await user({ groups: [pk] });
    expect((await call("GET", `/core/groups/${String(pk)}/`)).body).toMatchObject({
      users: [member.pk],
      users_obj: [{ pk: member.pk, username: member.username }],
    });
    await call("PATCH", `/core/groups/${String(pk)}/`, { users: [] });
    expect((await call("GET", `/core/users/${String(member.pk)}/`)).body).toMatchObject({
      groups: [],
      groups_obj: [],
    });
    await call("POST", `/core/groups/${String(pk)}/add_user/`, { pk: member.pk });
    expect((await listed(`/core/users/?groups_by_pk=${String(pk)}`)).map((u) => u.pk)).toEqual([member.pk]);
  });

  test("superusers come from groups, parents included", async () => {
    const parent = await group({ is_superuser: true });
    const child = await group({ parents: [parent.pk] });
    expect((await user({ groups: [child.pk] })).is_superuser).toBe(true);
    expect((await user()).is_superuser).toBe(false);
  });

  test("deleting cascades, nulls or removes as the database does", async () => {
    const provider = (await oidc()).pk;
    const app = await application({ provider });
    const team = await group();
    const member = await user({ groups: [team.pk] });
    const binding = await made("/policies/bindings/", { target: app.pk, group: team.pk, order: 0 });
    await call("DELETE", `/providers/all/${String(provider)}/`);
    expect((await call("GET", `/core/applications/${String(app.slug)}/`)).body.provider).toBeNull();
    await call("DELETE", `/core/groups/${String(team.pk)}/`);
    expect((await call("GET", `/policies/bindings/${String(binding.pk)}/`)).status).toBe(404);
    expect((await call("GET", `/core/users/${String(member.pk)}/`)).body.groups).toEqual([]);

    const flow = await made("/flows/instances/", {
      name: "f",
      slug: unique("f"),
      title: "f",
      designation: "recovery",
    });
    const stage = await made("/stages/deny/", { name: unique("deny") });
    const bound = await made("/flows/bindings/", { target: flow.pk, stage: stage.pk, order: 0 });
    await made("/policies/bindings/", { target: bound.pk, user: member.pk, order: 0 });
    expect(
      await listed(`/policies/bindings/?target=${String(bound.policybindingmodel_ptr_id)}`),
    ).toHaveLength(1);
    await call("DELETE", `/stages/all/${String(stage.pk)}/`);
    expect((await call("GET", `/flows/bindings/${String(bound.pk)}/`)).status).toBe(404);
    expect(
      await listed(`/policies/bindings/?target=${String(bound.policybindingmodel_ptr_id)}`),
    ).toHaveLength(0);
  });

  test("a deleted source leaves the identification stage", async () => {
    const source = await made("/sources/oauth/", {
      name: "G",
      slug: unique("s"),
      provider_type: "google",
      consumer_key: "k",
      consumer_secret: "s",
    });
    expect(source).not.toHaveProperty("consumer_secret");
    const stage = await made("/stages/identification/", { name: unique("id"), sources: [source.pk] });
    await call("DELETE", `/sources/oauth/${String(source.slug)}/`);
    expect((await call("GET", `/stages/identification/${String(stage.pk)}/`)).body.sources).toEqual([]);
  });
});
