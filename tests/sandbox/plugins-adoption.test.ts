import { type Properties, reveal, secret, textOf, without } from "../../sandbox/plugins/wire";
import { AuthentikPlugin, type } from "./plugin-authentik";

const authentik = new AuthentikPlugin();

describe("OAuth2 provider", () => {
  const flow = async (slug: string) =>
    (await authentik.rpc.invoke("authentik:index/getFlow:getFlow", { slug })).id ?? "";
  const provider = async (more: Properties): Promise<Properties> => ({
    name: "forgejo",
    clientId: "forgejo",
    authorizationFlow: await flow("default-provider-authorization-implicit-consent"),
    invalidationFlow: await flow("default-provider-invalidation-flow"),
    grantTypes: ["authorization_code"],
    ...more,
  });
  const url = { matching_mode: "strict", url: "https://forgejo.example/callback" };

  test("settles, and its secret is marked", async () => {
    const inputs = await provider({ allowedRedirectUris: [{ ...url, redirect_uri_type: "authorization" }] });
    const { id, outputs } = await authentik.create("ProviderOauth2", inputs);
    expect(outputs.clientSecret).toEqual(secret(expect.any(String) as string));
    expect(await authentik.changed("ProviderOauth2", id, outputs, inputs)).toEqual([]);
    const refreshed = await authentik.rpc.read(type("ProviderOauth2"), id, outputs, inputs);
    expect(await authentik.changed("ProviderOauth2", id, refreshed.outputs, inputs)).toEqual([]);
  });

  test("a redirect URI without its type never settles", async () => {
    const inputs = await provider({ allowedRedirectUris: [url] });
    const { id, outputs } = await authentik.create("ProviderOauth2", inputs);
    expect(await authentik.changed("ProviderOauth2", id, outputs, inputs)).toEqual(["allowedRedirectUris"]);
    const updated = await authentik.rpc.update(type("ProviderOauth2"), id, outputs, inputs, inputs);
    expect(await authentik.changed("ProviderOauth2", id, updated, inputs)).toEqual(["allowedRedirectUris"]);
  });

  test("taking the grant types out again is not seen", async () => {
    const inputs = await provider({});
    const { id, outputs } = await authentik.create("ProviderOauth2", inputs);
    expect(await authentik.changed("ProviderOauth2", id, outputs, without(inputs, "grantTypes"))).toEqual([]);
  });

  test("the program's order of a list without order is kept", async () => {
    const mapping = "authentik:index/getPropertyMappingProviderScope:getPropertyMappingProviderScope";
    const managedLists = ["openid", "email", "profile"].map(
      (scope) => `goauthentik.io/providers/oauth2/scope-${scope}`,
    );
    const { ids } = await authentik.rpc.invoke(mapping, { managedLists });
    const propertyMappings = Array.isArray(ids) ? [...ids].sort().reverse() : [];
    expect(propertyMappings).toHaveLength(3);
    const inputs = await provider({ propertyMappings });
    const { id, outputs } = await authentik.create("ProviderOauth2", inputs);
    expect(outputs.propertyMappings).toEqual(propertyMappings);
    expect(await authentik.changed("ProviderOauth2", id, outputs, inputs)).toEqual([]);
  });

  test("drift shows after a refresh", async () => {
    const inputs = await provider({});
    const { id, outputs } = await authentik.create("ProviderOauth2", inputs);
    await authentik.api("PATCH", `providers/oauth2/${id}/`, { access_token_validity: "days=1" });
    expect(await authentik.changed("ProviderOauth2", id, outputs, inputs)).toEqual([]);
    const refreshed = await authentik.rpc.read(type("ProviderOauth2"), id, outputs, inputs);
    expect(await authentik.changed("ProviderOauth2", id, refreshed.outputs, inputs)).toEqual([
      "accessTokenValidity",
    ]);
  });
});

describe("import", () => {
  test("answers with what is no default, and settles", async () => {
    const inputs = { name: "staff", attributes: '{"a":1}' };
    const { id } = await authentik.create("Group", inputs);
    const imported = await authentik.rpc.read(type("Group"), id);
    expect(imported.inputs).toEqual(inputs);
    expect(await authentik.changed("Group", id, imported.outputs, inputs)).toEqual([]);
  });

  test("what the provider does not read back is a difference", async () => {
    const policy = { name: "strong", errorMessage: "no", lengthMin: 12, checkZxcvbn: true };
    const { id } = await authentik.create("PolicyPassword", policy);
    const imported = await authentik.rpc.read(type("PolicyPassword"), id);
    expect(await authentik.changed("PolicyPassword", id, imported.outputs, policy)).toEqual([
      "checkHaveIBeenPwned",
      "checkStaticRules",
      "checkZxcvbn",
      "hibpAllowedCount",
      "zxcvbnScoreThreshold",
    ]);
    const brand = await authentik.rpc.invoke("authentik:index/getBrand:getBrand", {
      domain: "authentik-default",
    });
    const found = await authentik.rpc.read(type("Brand"), textOf(brand.id));
    expect(found.outputs).not.toHaveProperty("default");
  });

  test("nothing there is said with an empty id", async () => {
    expect((await authentik.rpc.read(type("User"), "4711")).id).toBe("");
  });

  test("a source's secret cannot be imported", async () => {
    const inputs = {
      name: "Google",
      slug: "google",
      providerType: "openidconnect",
      consumerKey: "key",
      consumerSecret: secret("hidden"),
      authorizationUrl: "https://accounts.example/auth",
      accessTokenUrl: "https://accounts.example/token",
      profileUrl: "https://accounts.example/me",
    };
    const { id, outputs } = await authentik.create("SourceOauth", inputs);
    expect(id).toBe("google");
    expect(reveal(outputs.consumerSecret ?? null)).toBe("hidden");
    const imported = await authentik.rpc.read(type("SourceOauth"), id);
    expect(imported.outputs).not.toHaveProperty("consumerSecret");
    expect(await authentik.changed("SourceOauth", id, imported.outputs, inputs)).toEqual(["consumerSecret"]);
  });
});

describe("look-ups", () => {
  test.each([
    ["getFlow", { slug: "default-authentication-flow" }, { designation: "authentication" }],
    ["getStage", { name: "default-authentication-mfa-validation" }, {}],
    ["getOutpost", { name: "authentik Embedded Outpost" }, {}],
    [
      "getCertificateKeyPair",
      { name: "authentik Self-signed Certificate", fetchCertificate: false, fetchKey: false },
      { keyData: secret("") },
    ],
    ["getBrand", { domain: "authentik-default" }, { default: true }],
    ["getUser", { username: "akadmin" }, { isSuperuser: true }],
    ["getGroup", { name: "authentik Admins" }, { isSuperuser: true }],
  ])("%s finds what Authentik ships", async (name, args, expected) => {
    const found = await authentik.rpc.invoke(`authentik:index/${name}:${name}`, args);
    expect(found).toMatchObject({
      ...expected,
      id: expect.stringMatching(/^([0-9a-f-]{36}|\d+)$/) as string,
    });
  });

  test("nothing found is an error, except for a list", async () => {
    await expect(authentik.rpc.invoke("authentik:index/getFlow:getFlow", { slug: "none" })).rejects.toThrow(
      "No matching flows found",
    );
    expect(
      await authentik.rpc.invoke("authentik:index/getUsers:getUsers", { username: "none" }),
    ).toMatchObject({
      users: [],
    });
  });

  test("an unknown argument is an error", async () => {
    await expect(authentik.rpc.invoke("authentik:index/getFlow:getFlow", { name: "x" })).rejects.toThrow(
      "not expected here",
    );
  });
});

test("the embedded outpost is adopted with its settings", async () => {
  const { id } = await authentik.rpc.invoke("authentik:index/getOutpost:getOutpost", {
    name: "authentik Embedded Outpost",
  });
  const imported = await authentik.rpc.read(type("Outpost"), textOf(id));
  const inputs = { name: "authentik Embedded Outpost", protocolProviders: [] };
  expect(await authentik.changed("Outpost", textOf(id), imported.outputs, inputs)).toEqual([]);
  const config = JSON.stringify({ authentik_host: "https://auth.example/" });
  expect(await authentik.changed("Outpost", textOf(id), imported.outputs, { ...inputs, config })).toEqual([
    "config",
  ]);
});
