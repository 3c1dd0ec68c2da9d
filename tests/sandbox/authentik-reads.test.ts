import {
  type Body,
  application,
  call,
  flowPk,
  group,
  listed,
  made,
  oidc,
  unique,
  url,
  user,
  withSandbox,
} from "./authentik-sandbox";

withSandbox();

describe("providers", () => {
  test("a proxy provider gets its mappings, redirect URIs and client id", async () => {
    const proxy = await made("/providers/proxy/", {
      name: unique("proxy"),
      mode: "forward_single",
      external_host: "https://analytics.planapulse.com",
      authorization_flow: await flowPk("default-provider-authorization-implicit-consent"),
      invalidation_flow: await flowPk("default-provider-invalidation-flow"),
    });
    const mappings = await listed("/propertymappings/provider/scope/?managed__isnull=false");
    const scopes = mappings
      .filter((m) => (proxy.property_mappings as unknown[]).includes(m.pk))
      .map((m) => m.scope_name);
    expect(scopes.sort()).toEqual(["ak_proxy", "email", "entitlements", "openid", "profile"]);
    expect(proxy.redirect_uris).toContainEqual({
      matching_mode: "strict",
      url: "https://analytics.planapulse.com/outpost.goauthentik.io/callback?X-authentik-auth-callback=true",
      redirect_uri_type: "authorization",
    });
    expect(String(proxy.client_id)).toHaveLength(40);
    const outpost = { name: unique("o"), type: "proxy", config: {} };
    await made("/outposts/instances/", { ...outpost, providers: [proxy.pk] });
    await expect(
      made("/outposts/instances/", { ...outpost, providers: [(await oidc()).pk] }),
    ).rejects.toThrow("can't be used");
  });

  test("numbers are shared by all kinds of providers, and not given twice", async () => {
    const first = Number((await oidc()).pk);
    await call("DELETE", `/providers/oauth2/${first}/`);
    expect((await oidc()).pk).toBe(first + 1);
  });

  test("all of them, and all sources, are listed with the flows that lead in, as the document has it", async () => {
    const flow = await flowPk("default-source-authentication");
    const provider = await oidc({ authentication_flow: flow });
    const slug = unique("saml");
    await made("/sources/saml/", {
      name: slug,
      slug,
      enabled: true,
      authentication_flow: flow,
      pre_authentication_flow: await flowPk("default-source-pre-authentication"),
      sso_url: "https://idp.example.org/sso",
    });
    const providers = await listed("/providers/all/?page_size=100");
    expect(providers.find(({ pk }) => pk === provider.pk)).toMatchObject({ authentication_flow: flow });
    const sources = await listed("/sources/all/");
    expect(sources.find((source) => source.slug === slug)).toMatchObject({
      enabled: true,
      authentication_flow: flow,
      enrollment_flow: null,
    });
  });

  test("a redirect URI without a type is one for authorization", async () => {
    expect((await oidc()).redirect_uris).toEqual([
      { matching_mode: "strict", url: "https://app.example/callback", redirect_uri_type: "authorization" },
    ]);
  });

  test("the token endpoint knows the right secret from a wrong one", async () => {
    const provider = await oidc({
      redirect_uris: [{ matching_mode: "strict", url: "https://app.example.org/callback" }],
    });
    const { slug } = await application({ provider: provider.pk });
    const ask = async (client_secret: string): Promise<unknown> => {
      const body = new URLSearchParams({
        client_id: String(provider.client_id),
        client_secret,
        grant_type: "authorization_code",
        code: "x",
        redirect_uri: "https://app.example.org/callback",
      });
      const response = await fetch(`${url()}/application/o/token/`, { method: "POST", body });
      return [response.status, ((await response.json()) as Body).error];
    };
    expect(await ask(String(provider.client_secret))).toEqual([400, "invalid_grant"]);
    expect(await ask("wrong")).toEqual([400, "invalid_client"]);
    const discovery = await fetch(`${url()}/application/o/${String(slug)}/.well-known/openid-configuration`);
    expect(await discovery.json()).toMatchObject({ issuer: `${url()}/application/o/${String(slug)}/` });
  });
});

describe("lists", () => {
  test("are paged, ordered and searched", async () => {
    const stem = unique("page");
    for (const n of [3, 1, 2]) await group({ name: `${stem}-${n}` });
    const { body } = await call("GET", `/core/groups/?search=${stem}&ordering=name&page_size=2`);
    expect(body.pagination).toEqual({
      next: 2,
      previous: 0,
      count: 3,
      current: 1,
      total_pages: 2,
      start_index: 1,
      end_index: 2,
    });
    expect((body.results as Body[]).map((g) => g.name)).toEqual([`${stem}-1`, `${stem}-2`]);
    const last = await listed(`/core/groups/?search=${stem}&ordering=name&page_size=2&page=2`);
    expect(last.map((g) => g.name)).toEqual([`${stem}-3`]);
    expect((await call("GET", "/core/groups/?page=99")).status).toBe(404);
  });

  test("are filtered by fields, case-sensitively, and through references", async () => {
    const one = await user({ username: "Case", is_active: false });
    expect(await listed("/core/users/?username=case")).toEqual([]);
    expect((await listed("/core/users/?username=Case&is_active=false")).map((u) => u.pk)).toEqual([one.pk]);
    await made("/core/tokens/", { identifier: "case", user: one.pk, intent: "app_password" });
    expect((await listed("/core/tokens/?user__username=Case")).map((t) => t.identifier)).toEqual(["case"]);
    expect(await listed("/core/brands/?domain=authentik-default")).toHaveLength(1);
    const scope = "goauthentik.io/providers/oauth2/scope-email";
    expect(await listed(`/propertymappings/all/?managed=${scope}`)).toHaveLength(1);
    const [bare] = await listed("/core/groups/?include_users=false");
    expect(bare?.users_obj).toBeNull();
  });

  test("a person's devices are listed over all kinds", async () => {
    const { pk } = await user();
    await call("POST", "/-/sandbox/authenticators/admin/totp/", { name: "phone", user: pk });
    const { body } = await call("GET", `/authenticators/admin/all/?user=${String(pk)}`);
    expect(body).toMatchObject([{ name: "phone", type: "authentik_stages_authenticator_totp.TOTPDevice" }]);
  });

  test("applications the asker may not open are left out unless the full list is asked for", async () => {
    const app = await application();
    await made("/policies/bindings/", { target: app.pk, group: (await group()).pk, order: 0 });
    const query = `?slug=${String(app.slug)}`;
    expect(await listed(`/core/applications/${query}`)).toHaveLength(0);
    expect(await listed(`/core/applications/${query}&superuser_full_list=true`)).toHaveLength(1);
  });
});

describe("recovery", () => {
  test("there is a link once the brand has a recovery flow", async () => {
    const { pk } = await user();
    const none = await call("POST", `/core/users/${String(pk)}/recovery/`);
    expect(none).toEqual({ status: 400, body: { non_field_errors: "No recovery flow set." } });
    const flow = await made("/flows/instances/", {
      name: "r",
      slug: "recover",
      title: "r",
      designation: "recovery",
    });
    const [brand] = await listed("/core/brands/?domain=authentik-default");
    await call("PATCH", `/core/brands/${String(brand?.brand_uuid)}/`, { flow_recovery: flow.pk });
    const { body } = await call("POST", `/core/users/${String(pk)}/recovery/`);
    expect(body.link).toMatch(new RegExp(`^${url()}/if/flow/recover/\\?flow_token=\\w{60}$`));
    await call("DELETE", "/flows/instances/recover/");
    expect((await call("POST", `/core/users/${String(pk)}/recovery/`)).status).toBe(400);
  });
});
