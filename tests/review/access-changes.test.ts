import { UNKNOWN } from "../../state/resources";
import { markdown } from "../../review/formats/markdown";
import { comment, told } from "./comment";
import { Recording } from "./recording";

// Each test changes the recorded preview of production's composition as the engine would tell it.
let now: Recording;

beforeAll(async () => {
  now = await Recording.make();
}, 900_000);

const group = (name: string) => now.resource("Group", name).id ?? "";

test("nothing", () => {
  const changed = now;
  expect(comment(changed.report())).toBe(
    told("unchanged", "**Nothing changes: 6 active people, 9 applications.**"),
  );
});

test("a person is added", () => {
  const changed = now.add("User", "elena.encheva-blagoeva", "new.person", {
    username: "new.person",
    name: "New Person",
    email: "new.person@plana.solutions",
    groups: [group("plana-staff"), group("plana-finance")],
  });
  expect(comment(changed.report())).toBe(
    told(
      "changed",
      "**1 person gains access; objects: 1 created.**",
      "",
      "| Person | Gains | Loses |",
      "| --- | --- | --- |",
      "| `new.person` | `forgejo`, `grafana`, `matomo-admin`, `matrix`, `nextcloud`, `penpot`, `vaultwarden` through `plana-staff`; `matomo` through `plana-finance` | – |",
      "",
      "**Also**",
      "",
      "- Adds `new.person` to `plana-finance`, `plana-staff`.",
      "- Comes to finance: `new.person`.",
    ),
  );
});

test("a person is moved", () => {
  const changed = now.update("User", "martin.kotrulev", {
    groups: [group("plana-staff"), group("plana-admins")],
  });
  expect(comment(changed.report())).toBe(
    told(
      "changed",
      "**Nobody gains or loses access; objects: 1 updated.**",
      "",
      "**Also**",
      "",
      "- `martin.kotrulev` joins `plana-admins` and leaves `plana-finance`.",
      "- May now administer Authentik: `martin.kotrulev`.",
      "- Leaves finance: `martin.kotrulev`.",
    ),
  );
});

test("a person is moved into a group that is made in the same change", () => {
  const changed = now.add("Group", "plana-staff", "plana-design", { name: "plana-design" }).update(
    "User",
    "elena.encheva-blagoeva",
    { groups: [group("plana-staff"), UNKNOWN] },
    {
      groups: [
        now.urn("Group", "plana-staff"),
        now.urn("Group", "plana-staff").replace(/[^:]*$/, "plana-design"),
      ],
    },
  );
  expect(comment(changed.report())).toBe(
    told(
      "changed",
      "**Nobody gains or loses access; objects: 1 created, 1 updated.**",
      "",
      "**Also**",
      "",
      "- `elena.encheva-blagoeva` joins `plana-design`.",
      "- Adds group `plana-design`.",
    ),
  );
});

test("a person is disabled", () => {
  const changed = now.update("User", "julian.lubenov", { isActive: false, groups: [] });
  expect(comment(changed.report())).toBe(
    told(
      "changed",
      "**1 person loses access; objects: 1 updated.**",
      "",
      "| Person | Gains | Loses |",
      "| --- | --- | --- |",
      "| `julian.lubenov` | – | `forgejo`, `grafana`, `matomo`, `matomo-admin`, `matrix`, `nextcloud`, `penpot`, `vaultwarden` |",
      "",
      "**Also**",
      "",
      "- Disables `julian.lubenov`.",
      "- May no longer administer Authentik: `julian.lubenov`.",
    ),
  );
});

test("a person is deleted", () => {
  const changed = now.remove("User", "julian.lubenov");
  expect(comment(changed.report())).toBe(
    told(
      "unsafe",
      "**1 person loses access; objects: 1 deleted.**",
      "",
      "**Unsafe**",
      "",
      "- Deletes `User julian.lubenov`.",
      "",
      "| Person | Gains | Loses |",
      "| --- | --- | --- |",
      "| `julian.lubenov` | – | `forgejo`, `grafana`, `matomo`, `matomo-admin`, `matrix`, `nextcloud`, `penpot`, `vaultwarden` |",
      "",
      "**Also**",
      "",
      "- May no longer administer Authentik: `julian.lubenov`.",
    ),
  );
});

test("an address changes", () => {
  const changed = now.update("User", "julian.lubenov", { email: "j.lubenov@plana.solutions" });
  expect(comment(changed.report())).toBe(
    told(
      "changed",
      "**Nobody gains or loses access; objects: 1 updated.**",
      "",
      "**Also**",
      "",
      "- Changes the address of `julian.lubenov` to `j.lubenov@plana.solutions`.",
    ),
  );
});

test("an application is opened to another group", () => {
  const changed = now.add(
    "PolicyBinding",
    "odoo-tenants-tenant-impersonators",
    "odoo-tenants-plana-finance",
    {
      group: group("plana-finance"),
    },
  );
  expect(comment(changed.report())).toBe(
    told(
      "changed",
      "**2 people gain access; objects: 1 created.**",
      "",
      "| Person | Gains | Loses |",
      "| --- | --- | --- |",
      "| `martin.kotrulev`, `ramona.gospodinova` | `odoo-tenants` through `plana-finance` | – |",
      "",
      "**Also**",
      "",
      "- Opens `odoo-tenants` to `plana-finance`.",
    ),
  );
});

test("an application is closed to a group", () => {
  const changed = now.remove("PolicyBinding", "matomo-plana-finance");
  expect(comment(changed.report())).toBe(
    told(
      "changed",
      "**2 people lose access; objects: 1 deleted.**",
      "",
      "| Person | Gains | Loses |",
      "| --- | --- | --- |",
      "| `martin.kotrulev`, `ramona.gospodinova` | – | `matomo` |",
      "",
      "**Also**",
      "",
      "- Closes `matomo` to `plana-finance`.",
    ),
  );
});

test("an application loses its last binding", () => {
  const changed = now.remove("PolicyBinding", "grafana-plana-staff");
  expect(comment(changed.report())).toBe(
    told(
      "unsafe",
      "**6 people lose access; objects: 1 deleted.**",
      "",
      "**Unsafe**",
      "",
      "- Application `grafana` has no group bound to it: only the server's setting core_default_app_access keeps everyone out.",
      "",
      "| Person | Gains | Loses |",
      "| --- | --- | --- |",
      "| `boyan.rabchev`, `chudomir.monevski`, `elena.encheva-blagoeva`, `julian.lubenov`, `martin.kotrulev`, `ramona.gospodinova` | – | `grafana` |",
      "",
      "**Also**",
      "",
      "- Closes `grafana` to `plana-staff`.",
    ),
  );
});

test("a binding is negated", () => {
  const changed = now.update("PolicyBinding", "odoo-tenants-tenant-impersonators", { negate: true });
  expect(comment(changed.report())).toBe(
    told(
      "unsafe",
      "**4 people gain access, 2 people lose access; objects: 1 updated.**",
      "",
      "**Unsafe**",
      "",
      "- Application `odoo-tenants` is open to `everyone but tenant-impersonators`, accounts that are not on the roster included.",
      "",
      "| Person | Gains | Loses |",
      "| --- | --- | --- |",
      "| `boyan.rabchev`, `chudomir.monevski` | – | `odoo-tenants` |",
      "| `elena.encheva-blagoeva`, `julian.lubenov`, `martin.kotrulev`, `ramona.gospodinova` | `odoo-tenants` through `everyone but tenant-impersonators` | – |",
      "",
      "**Also**",
      "",
      "- Opens `odoo-tenants` to `everyone but tenant-impersonators`.",
      "- Closes `odoo-tenants` to `tenant-impersonators`.",
    ),
  );
});

test("a binding is disabled", () => {
  const changed = now.update("PolicyBinding", "matomo-plana-admins", { enabled: false });
  expect(comment(changed.report())).toBe(
    told(
      "changed",
      "**3 people lose access; objects: 1 updated.**",
      "",
      "| Person | Gains | Loses |",
      "| --- | --- | --- |",
      "| `boyan.rabchev`, `chudomir.monevski`, `julian.lubenov` | – | `matomo` |",
      "",
      "**Also**",
      "",
      "- Closes `matomo` to `plana-admins`.",
    ),
  );
});

test("an application comes to need all of its groups", () => {
  const changed = now.update("Application", "matomo", { policyEngineMode: "all" });
  expect(comment(changed.report())).toBe(
    told(
      "changed",
      "**5 people lose access; objects: 1 updated.**",
      "",
      "| Person | Gains | Loses |",
      "| --- | --- | --- |",
      "| `boyan.rabchev`, `chudomir.monevski`, `julian.lubenov` | – | `matomo` |",
      "| `martin.kotrulev`, `ramona.gospodinova` | – | `matomo` |",
      "",
      "**Also**",
      "",
      "- All of `plana-admins`, `plana-finance` are now needed for `matomo`.",
    ),
  );
});

test("a redirect URI is added", () => {
  const changed = now.update("ProviderOauth2", "forgejo", {
    allowedRedirectUris: [
      ...(now.resource("ProviderOauth2", "forgejo").inputs.allowedRedirectUris as unknown[]),
      {
        matching_mode: "strict",
        url: "https://git.trial.example.org/callback",
        redirect_uri_type: "authorization",
      },
    ],
  });
  expect(comment(changed.report())).toBe(
    told(
      "changed",
      "**Nobody gains or loses access; objects: 1 updated.**",
      "",
      "**Also**",
      "",
      "- Lets `forgejo` send people to `https://git.trial.example.org/callback`.",
    ),
  );
});

test("a redirect URI is widened", () => {
  const changed = now.update("ProviderOauth2", "forgejo", {
    allowedRedirectUris: [
      { matching_mode: "regex", url: "https://.*/callback", redirect_uri_type: "authorization" },
    ],
  });
  expect(comment(changed.report())).toBe(
    told(
      "unsafe",
      "**Nobody gains or loses access; objects: 1 updated.**",
      "",
      "**Unsafe**",
      "",
      "- Lets `forgejo` send people to whatever matches `https://.*/callback`; it has a dot that is not escaped, so it matches any character.",
      "",
      "**Also**",
      "",
      "- No longer lets `forgejo` send people to `https://forgejo.trial.example.org/user/oauth2/authentik/callback`.",
    ),
  );
});

test("a redirect URI without TLS", () => {
  const changed = now.update("ProviderOauth2", "forgejo", {
    allowedRedirectUris: [{ matching_mode: "strict", url: "http://forgejo.trial.example.org/callback" }],
  });
  expect(comment(changed.report())).toBe(
    told(
      "unsafe",
      "**Nobody gains or loses access; objects: 1 updated.**",
      "",
      "**Unsafe**",
      "",
      "- Lets `forgejo` send people to `http://forgejo.trial.example.org/callback`, which is not https.",
      "",
      "**Also**",
      "",
      "- No longer lets `forgejo` send people to `https://forgejo.trial.example.org/user/oauth2/authentik/callback`.",
    ),
  );
});

test("a provider is shared", () => {
  const changed = now.update("Application", "penpot", {
    protocolProvider: now.resource("Application", "grafana").inputs.protocolProvider,
  });
  expect(comment(changed.report())).toBe(
    told(
      "unsafe",
      "**Nobody gains or loses access; objects: 1 updated.**",
      "",
      "**Unsafe**",
      "",
      "- Provider `grafana` serves `grafana`, `penpot`: what lets into one lets into the others.",
      "- Changes the client id of `penpot`: its logins fail until it knows the new one.",
      "",
      "**Also**",
      "",
      "- Application `penpot` moves to provider `grafana`.",
      "- Lets `penpot` send people to `https://grafana.trial.example.org/login/generic_oauth`.",
      "- No longer lets `penpot` send people to `https://penpot.trial.example.org/api/auth/oidc/callback`.",
    ),
  );
});

test("a client id changes", () => {
  const changed = now.update("ProviderOauth2", "odoo-tenants", { clientId: "another" });
  expect(comment(changed.report())).toBe(
    told(
      "unsafe",
      "**Nobody gains or loses access; objects: 1 updated.**",
      "",
      "**Unsafe**",
      "",
      "- Changes the client id of `odoo-tenants`: its logins fail until it knows the new one.",
    ),
  );
});

test("a client secret is reissued", () => {
  const changed = now.update("ProviderOauth2", "grafana", { clientSecret: UNKNOWN });
  expect(comment(changed.report())).toBe(
    told(
      "changed",
      "**Nobody gains or loses access; objects: 1 updated.**",
      "",
      "**Also**",
      "",
      "- Reissues the client secret of `grafana`: it logs nobody in until it has the new one.",
    ),
  );
});

test("a grant is added", () => {
  const changed = now.update("ProviderOauth2", "grafana", {
    grantTypes: ["authorization_code", "client_credentials", "refresh_token"],
  });
  expect(comment(changed.report())).toBe(
    told(
      "unsafe",
      "**Nobody gains or loses access; objects: 1 updated.**",
      "",
      "**Unsafe**",
      "",
      "- Application `grafana` grants `client_credentials`, a login without a browser and without a second factor.",
    ),
  );
});

test("a claim is left out", () => {
  const changed = now.update("ProviderOauth2", "grafana", {
    propertyMappings: (now.resource("ProviderOauth2", "grafana").inputs.propertyMappings as string[]).filter(
      (id) => id !== now.resource("PropertyMappingProviderScope", "plana-groups").id,
    ),
  });
  expect(comment(changed.report())).toBe(
    told(
      "changed",
      "**Nobody gains or loses access; objects: 1 updated.**",
      "",
      "**Also**",
      "",
      "- No longer tells `grafana` the claims `groups`.",
    ),
  );
});

test("a claim tells something else", () => {
  const changed = now.update("PropertyMappingProviderScope", "plana-groups", {
    expression: 'return {"groups": ["plana-admins"]}',
  });
  expect(comment(changed.report())).toBe(
    told(
      "unsafe",
      "**Nobody gains or loses access; objects: 1 updated.**",
      "",
      "**Unsafe**",
      "",
      "- Scope mapping `plana-groups` tells something else to `forgejo`, `grafana`, `matomo`, `matrix`, `nextcloud`, `odoo-tenants`, `penpot`, `vaultwarden`: read the change.",
    ),
  );
});

test("a further mapping tells about a scope that is told already", () => {
  const urn = now.urn("PropertyMappingProviderScope", "plana-groups").replace(/[^:]*$/, "more");
  const mappings = now.resource("ProviderOauth2", "grafana");
  const changed = now
    .add("PropertyMappingProviderScope", "plana-groups", "more", {
      name: "more",
      scopeName: "profile",
      expression: 'return {"groups": ["plana-admins"]}',
    })
    .update(
      "ProviderOauth2",
      "grafana",
      { propertyMappings: [...(mappings.inputs.propertyMappings as string[]), UNKNOWN] },
      { propertyMappings: [...(mappings.propertyDependencies.propertyMappings ?? []), urn] },
    );
  expect(comment(changed.report())).toBe(
    told(
      "unsafe",
      "**Nobody gains or loses access; objects: 1 created, 1 updated.**",
      "",
      "**Unsafe**",
      "",
      "- A further scope mapping, `more`, tells `grafana` about `profile`: read the change.",
    ),
  );
});

test.each([
  [{ signingKey: undefined }, "signs its tokens with the client secret alone"],
  [{ clientType: "public" }, "gives tokens to whoever has a code (public client)"],
  [{ issuerMode: "global" }, "gives tokens that name no application"],
  [{ jwtFederationProviders: [13] }, "takes tokens of others for a login"],
  [{ grantTypes: ["refresh_token"] }, "grants no authorization code, so nobody logs in"],
])("a provider is weakened: %j", (inputs, said) => {
  expect(comment(now.update("ProviderOauth2", "grafana", inputs).report())).toBe(
    told(
      "unsafe",
      "**Nobody gains or loses access; objects: 1 updated.**",
      "",
      "**Unsafe**",
      "",
      `- Application \`grafana\` ${said}.`,
    ),
  );
});

test("tokens last longer", () => {
  const changed = now
    .update("ProviderOauth2", "grafana", { accessTokenValidity: "days=100" })
    .update("ProviderOauth2", "forgejo", { accessTokenValidity: "days=100" })
    .update("ProviderProxy", "matomo-admin", { refreshTokenValidity: "days=100" });
  expect(comment(changed.report())).toBe(
    told(
      "changed",
      "**Nobody gains or loses access; objects: 3 updated.**",
      "",
      "**Also**",
      "",
      "- Changes `accessTokenValidity` of the provider of `forgejo`, `grafana`.",
      "- Changes `refreshTokenValidity` of the provider of `matomo-admin`.",
    ),
  );
});

test("a redirect URI is for logging out", () => {
  const { inputs } = now.resource("ProviderOauth2", "grafana");
  const url = "https://grafana.trial.example.org/out";
  const changed = now.update("ProviderOauth2", "grafana", {
    allowedRedirectUris: [
      ...(inputs.allowedRedirectUris as unknown[]),
      { matching_mode: "strict", redirect_uri_type: "logout", url },
    ],
  });
  expect(comment(changed.report())).toBe(
    told(
      "changed",
      "**Nobody gains or loses access; objects: 1 updated.**",
      "",
      "**Also**",
      "",
      "- Lets `grafana` send people to `https://grafana.trial.example.org/out` after logging out.",
    ),
  );
});

test("a person of another domain is added", () => {
  const changed = now.add("User", "elena.encheva-blagoeva", "eve", {
    username: "eve",
    name: "Eve",
    email: "eve@example.org",
    groups: [group("tenant-impersonators")],
  });
  expect(comment(changed.report())).toBe(
    told(
      "unsafe",
      "**1 person gains access; objects: 1 created.**",
      "",
      "**Unsafe**",
      "",
      "- The address of `eve` is of another domain than all before: `eve@example.org`.",
      "",
      "| Person | Gains | Loses |",
      "| --- | --- | --- |",
      "| `eve` | `odoo-tenants` through `tenant-impersonators` | – |",
      "",
      "**Also**",
      "",
      "- Adds `eve` to `tenant-impersonators`.",
      "- May now log in to customer tenants: `eve`.",
    ),
  );
});

test("a group is renamed", () => {
  const changed = now.update("Group", "plana-finance", { name: "plana-money" });
  expect(comment(changed.report())).toBe(
    told(
      "unsafe",
      "**Nobody gains or loses access; objects: 1 updated.**",
      "",
      "**Unsafe**",
      "",
      "- Renames group `plana-finance` to `plana-money`: applications and the cluster know groups by name.",
      "",
      "**Also**",
      "",
      "- Leaves finance: `martin.kotrulev`, `ramona.gospodinova`.",
    ),
  );
});

test("a group comes to administer", () => {
  const changed = now.update("Group", "plana-staff", { isSuperuser: true });
  expect(comment(changed.report())).toBe(
    told(
      "unsafe",
      "**Nobody gains or loses access; objects: 1 updated.**",
      "",
      "**Unsafe**",
      "",
      "- Group `plana-staff` comes to administer Authentik.",
      "",
      "**Also**",
      "",
      "- May now administer Authentik: `elena.encheva-blagoeva`, `martin.kotrulev`, `ramona.gospodinova`.",
    ),
  );
});

test("a group comes under another", () => {
  const changed = now.update("Group", "plana-finance", { parents: [group("tenant-impersonators")] });
  expect(comment(changed.report())).toBe(
    told(
      "changed",
      "**2 people gain access; objects: 1 updated.**",
      "",
      "| Person | Gains | Loses |",
      "| --- | --- | --- |",
      "| `martin.kotrulev`, `ramona.gospodinova` | `odoo-tenants` through `tenant-impersonators` | – |",
      "",
      "**Also**",
      "",
      "- May now log in to customer tenants: `martin.kotrulev`, `ramona.gospodinova`.",
      "- Whoever is in group `plana-finance` comes to be in `tenant-impersonators`, too.",
    ),
  );
});

test("a group comes to administer through another", () => {
  const changed = now.update("Group", "plana-finance", { parents: [group("plana-admins")] });
  expect(comment(changed.report())).toBe(
    told(
      "unsafe",
      "**Nobody gains or loses access; objects: 1 updated.**",
      "",
      "**Unsafe**",
      "",
      "- Group `plana-finance` comes to administer Authentik.",
      "",
      "**Also**",
      "",
      "- May now administer Authentik: `martin.kotrulev`, `ramona.gospodinova`.",
      "- Whoever is in group `plana-finance` comes to be in `plana-admins`, too.",
    ),
  );
});

test("an application that was open already", () => {
  const changed = now
    .without("PolicyBinding", "grafana-plana-staff")
    .standing("SystemSettings", "system-settings", { flags: "{}" })
    .update("User", "julian.lubenov", { name: "Julian L." });
  expect(comment(changed.report())).toBe(
    told(
      "unsafe",
      "**Nobody gains or loses access; objects: 1 updated.**",
      "",
      "**Unsafe**",
      "",
      "- Application `grafana` is OPEN TO EVERYONE: no group is bound to it. (So already.)",
    ),
  );
});

test("an application is added", () => {
  const changed = now
    .add("ProviderOauth2", "grafana", "wiki", {
      name: "wiki",
      clientId: UNKNOWN,
      clientSecret: UNKNOWN,
      allowedRedirectUris: [{ matching_mode: "strict", url: "https://wiki.trial.example.org/callback" }],
    })
    .add(
      "Application",
      "grafana",
      "wiki",
      { slug: "wiki", name: "Wiki", protocolProvider: UNKNOWN },
      { protocolProvider: [now.urn("ProviderOauth2", "grafana").replace(/[^:]*$/, "wiki")] },
    )
    .add(
      "PolicyBinding",
      "grafana-plana-staff",
      "wiki-plana-finance",
      { group: group("plana-finance"), target: UNKNOWN },
      { target: [now.urn("Application", "grafana").replace(/[^:]*$/, "wiki")] },
    );
  expect(comment(changed.report())).toBe(
    told(
      "changed",
      "**2 people gain access; objects: 3 created.**",
      "",
      "| Person | Gains | Loses |",
      "| --- | --- | --- |",
      "| `martin.kotrulev`, `ramona.gospodinova` | `wiki` through `plana-finance` | – |",
      "",
      "**Also**",
      "",
      "- Adds application `wiki`, open to `plana-finance`.",
      "- Lets `wiki` send people to `https://wiki.trial.example.org/callback`.",
    ),
  );
});

test("a person is bound to an application", () => {
  const changed = now.add("PolicyBinding", "odoo-tenants-tenant-impersonators", "odoo-tenants-elena", {
    group: undefined,
    user: Number(now.resource("User", "elena.encheva-blagoeva").id),
  });
  expect(comment(changed.report())).toBe(
    told(
      "changed",
      "**1 person gains access; objects: 1 created.**",
      "",
      "| Person | Gains | Loses |",
      "| --- | --- | --- |",
      "| `elena.encheva-blagoeva` | `odoo-tenants` through `person elena.encheva-blagoeva` | – |",
      "",
      "**Also**",
      "",
      "- Opens `odoo-tenants` to `person elena.encheva-blagoeva`.",
    ),
  );
});

test("an expression decides", () => {
  const changed = now.update("PolicyBinding", "odoo-tenants-tenant-impersonators", {
    group: undefined,
    policy: now.resource("PolicyExpression", "plana-totp-missing").id,
    failureResult: true,
  });
  expect(comment(changed.report())).toBe(
    told(
      "unsafe",
      "**4 people gain access, 2 people lose access; objects: 1 updated.**",
      "",
      "**Unsafe**",
      "",
      "- Application `odoo-tenants` lets people in when policy `plana-totp-missing` breaks.",
      "",
      "| Person | Gains | Loses |",
      "| --- | --- | --- |",
      "| `boyan.rabchev`, `chudomir.monevski` | – | `odoo-tenants`, save through `policy plana-totp-missing` if the policy says so |",
      "| `elena.encheva-blagoeva`, `julian.lubenov`, `martin.kotrulev`, `ramona.gospodinova` | `odoo-tenants` through `policy plana-totp-missing`, if the policy says so | – |",
      "",
      "**Also**",
      "",
      "- Opens `odoo-tenants` to `policy plana-totp-missing`.",
      "- Closes `odoo-tenants` to `tenant-impersonators`.",
    ),
  );
});

test("a slug changes", () => {
  const changed = now.update("Application", "forgejo", { slug: "git" });
  expect(comment(changed.report())).toBe(
    told(
      "unsafe",
      "**Nobody gains or loses access; objects: 1 updated.**",
      "",
      "**Unsafe**",
      "",
      "- Renames application `forgejo` to `git`: its addresses change at once.",
    ),
  );
});

test("an application is deleted", () => {
  const changed = now
    .remove("Application", "penpot")
    .remove("ProviderOauth2", "penpot")
    .remove("PolicyBinding", "penpot-plana-staff")
    .remove("RandomPassword", "penpot-client-secret")
    .remove("Secret", "penpot-oidc");
  expect(comment(changed.report())).toBe(
    told(
      "unsafe",
      "**6 people lose access; objects: 5 deleted.**",
      "",
      "**Unsafe**",
      "",
      "- Deletes `Application penpot`, `ProviderOauth2 penpot`.",
      "",
      "| Person | Gains | Loses |",
      "| --- | --- | --- |",
      "| `boyan.rabchev`, `chudomir.monevski`, `elena.encheva-blagoeva`, `julian.lubenov`, `martin.kotrulev`, `ramona.gospodinova` | – | `penpot` |",
    ),
  );
});

test("what is folded away: who may enter, the doors, the objects", () => {
  const changed = now.update("ProviderOauth2", "grafana", { clientSecret: UNKNOWN });
  const report = changed.report();
  const [, ...folded] = markdown(report).split("\n\n<details>");
  expect(`<details>${folded.join("\n\n<details>")}`.split("\n")).toEqual([
    "<details><summary>Who may enter what (9 applications)</summary>",
    "",
    "| Application | Open to | People | Claims |",
    "| --- | --- | --- | --- |",
    "| `forgejo` | `plana-staff` | 6 | `email`, `groups`, `offline_access`, `openid`, `profile` |",
    "| `grafana` | `plana-staff` | 6 | `email`, `groups`, `offline_access`, `openid`, `profile` |",
    "| `matomo` | `plana-admins`, `plana-finance` | 5 | `email`, `groups`, `offline_access`, `openid`, `profile` |",
    "| `matomo-admin` | `plana-staff` | 6 | `email`, `entitlements`, `openid`, `profile`, `proxy` |",
    "| `matrix` | `plana-staff` | 6 | `email`, `groups`, `offline_access`, `openid`, `profile` |",
    "| `nextcloud` | `plana-staff` | 6 | `email`, `groups`, `offline_access`, `openid`, `profile` |",
    "| `odoo-tenants` | `tenant-impersonators` | 2 | `email`, `groups`, `offline_access`, `openid`, `profile` |",
    "| `penpot` | `plana-staff` | 6 | `email`, `groups`, `offline_access`, `openid`, `profile` |",
    "| `vaultwarden` | `plana-staff` | 6 | `email`, `groups`, `offline_access`, `openid`, `profile` |",
    "",
    "</details>",
    "",
    "<details><summary>How people log in (3 doors)</summary>",
    "",
    "| Door | Second factor | For |",
    "| --- | --- | --- |",
    "| `Password` | `TOTP, recovery codes; refused without TOTP` | everyone active |",
    "| `Recovery link` | `TOTP, recovery codes; refused without TOTP` | everyone active |",
    "| `Google` | `TOTP, recovery codes; refused without TOTP` | `plana.solutions` |",
    "",
    "</details>",
    "",
    `<details><summary>Objects: 0 created, 1 updated, 0 replaced, 0 deleted, ${report.objects.same} the same</summary>`,
    "",
    "- update `ProviderOauth2 grafana`: `clientSecret`",
    "",
    "</details>",
    "",
  ]);
});
