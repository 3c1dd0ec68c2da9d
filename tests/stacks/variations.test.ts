import { run } from "../../stacks";
import { useMocks, type Configured } from "../mocks";
import type { Application } from "../../stacks/organisation";
import { prod } from "../../stacks/prod";
import {
  ak,
  entriesOf,
  K8S,
  names,
  prodWith,
  productionWith,
  productionWithSecrets,
  runProgram,
} from "../program";
import { PROD_SECRETS, production, stackFile } from "../stack-files";

// The same program with other settings or other data.

const GOOGLE_OFF = { "plana-sso:google": "false", "plana-sso:googleClientId": undefined };

test("without Google there is no trace of it, and the identification stage is left alone", async () => {
  const { recorder } = await runProgram(productionWith(GOOGLE_OFF));
  const traces = recorder.resources.filter(
    ({ type, name, inputs }) =>
      /google/i.test(`${type} ${name}`) || JSON.stringify(inputs).includes("google-"),
  );
  expect(traces).toEqual([]);
  expect(recorder.all(ak("SourceOauth"))).toEqual([]);
  expect(recorder.all(ak("StageIdentification"))).toEqual([]);
  // The other doors keep their locks.
  expect(recorder.all(ak("StageAuthenticatorValidate"))).toHaveLength(1);
  expect(
    recorder
      .all(ak("Flow"))
      .map(({ name }) => name)
      .sort(),
  ).toEqual(["plana-recovery", "plana-recovery-codes"]);
});

test("a person who is leaving is disabled, in no group, and still there", async () => {
  const people = prod.people.map((person) =>
    person.first === "Boyan" ? ({ ...person, leaving: true } as const) : person,
  );
  const { recorder } = await runProgram(production(), prodWith({ people }));
  expect(recorder.one(ak("User"), "boyan.rabchev").inputs).toMatchObject({ isActive: false, groups: [] });
  expect(recorder.all(ak("User"))).toHaveLength(prod.people.length);
  expect(recorder.one(ak("User"), "julian.lubenov").inputs).toMatchObject({ isActive: true });
});

test("reordered data is the same program: same resources, same inputs, whatever the order", async () => {
  const forward = await runProgram();
  const backward = await runProgram(
    production(),
    prodWith({
      people: [...prod.people]
        .reverse()
        .map((person) => ({ ...person, roles: [...(person.roles ?? [])].reverse() })),
      applications: [...prod.applications].reverse(),
    }),
  );
  expect(names(backward.recorder)).toEqual(names(forward.recorder));
  // Ids of providers are drawn in order of registration, so they are left out.
  const told = ({ recorder }: typeof forward) =>
    recorder.resources
      .filter(({ type }) => type !== ak("Application") && type !== ak("Outpost"))
      .map(({ type, name, inputs }) => `${type} ${name} ${JSON.stringify(inputs)}`)
      .sort();
  expect(told(backward)).toEqual(told(forward));
});

test("reordered groups rename nothing", async () => {
  const { recorder } = await runProgram(production(), prodWith({ groups: [...prod.groups].reverse() }));
  const { recorder: before } = await runProgram();
  expect(names(recorder)).toEqual(names(before));
});

test("another domain moves every host but the tenants'", async () => {
  const { recorder, outputs } = await runProgram(productionWith({ "plana-sso:domain": "example.test" }));
  const { launchUrls, told } = {
    launchUrls: Object.values(outputs.applications).map(({ url }) => url),
    told: JSON.stringify([recorder.resources, outputs]),
  };
  expect(told).not.toContain("planapulse.com");
  expect(outputs.authentik.url).toBe("https://auth.example.test");
  expect(launchUrls.filter((url) => !url.endsWith(".example.test"))).toEqual(["https://erp.planapulse.ai"]);
  expect(JSON.stringify(recorder.one(ak("Outpost"), "embedded-outpost").inputs.config)).toContain(
    "https://auth.example.test/",
  );
});

test("a host that differs moves its own application only", async () => {
  const { recorder } = await runProgram(
    productionWith({
      "plana-sso:hosts": '{"matrix": "chat.planapulse.com", "auth": "login.planapulse.com"}',
    }),
  );
  const uris = (slug: string) =>
    JSON.stringify(recorder.one(ak("ProviderOauth2"), slug).inputs.allowedRedirectUris);
  expect(uris("matrix")).toContain("https://chat.planapulse.com/_synapse/client/oidc/callback");
  expect(uris("grafana")).toContain("https://grafana.planapulse.com/login/generic_oauth");
  expect(entriesOf(recorder.one(K8S.secret, "grafana-oidc"))).toMatchObject({
    OIDC_ISSUER: "https://login.planapulse.com/application/o/grafana/",
  });
  expect(JSON.stringify(recorder.resources)).not.toContain("auth.planapulse.com");
});

test("a consumer's namespace is made only when the stack says so, each once", async () => {
  const spaces = async (consumerNamespaces: string) => {
    const { recorder } = await runProgram(
      productionWith({ "plana-sso:consumerNamespaces": consumerNamespaces }),
    );
    return recorder
      .all(K8S.namespace)
      .map(({ name }) => name)
      .sort();
  };
  expect(await spaces("existing")).toEqual(["authentik"]);
  const consumers = new Set(prod.applications.map(({ namespace }) => namespace));
  expect(await spaces("create")).toEqual(["authentik", ...consumers].sort());
});

test("a trial in production's cluster meets nothing of production's", async () => {
  const places = async (changes: Readonly<Record<string, string>>) => {
    const { recorder } = await runProgram(
      productionWith({ "plana-sso:consumerNamespaces": "create", ...changes }),
    );
    return recorder.resources
      .filter(({ type }) => type.startsWith("kubernetes:"))
      .map(({ type, inputs }) => {
        const { namespace = "", name } = (inputs.metadata ?? inputs) as Readonly<Record<string, string>>;
        return `${type} ${namespace}/${name ?? ""}`;
      });
  };
  const production = new Set(await places({}));
  const trial = await places({ "plana-sso:namespacePrefix": "trial-" });
  expect(trial).toHaveLength(production.size);
  expect(trial.filter((place) => production.has(place))).toEqual([]);
  expect(trial).toContain("kubernetes:core/v1:Namespace /trial-authentik");
  expect(trial).toContain("kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding /trial-plana-admins");
  expect(trial).toContain("kubernetes:core/v1:Secret trial-forgejo/forgejo-oidc");
});

test("credentials of clients that exist already are used, and none is generated for them", async () => {
  const existing = JSON.parse(PROD_SECRETS["plana-sso:clients"] ?? "") as object;
  const clients = { forgejo: { clientId: "forgejo-client", clientSecret: "forgejo-secret-of-no-worth" } };
  const { recorder } = await runProgram(
    productionWithSecrets({ "plana-sso:clients": JSON.stringify({ ...existing, ...clients }) }),
  );
  const { inputs, secrets } = recorder.one(ak("ProviderOauth2"), "forgejo");
  expect(inputs).toMatchObject(clients.forgejo);
  expect(secrets).toContain("clientSecret");
  expect(recorder.resources.filter(({ name }) => /^forgejo-client-(?:id|secret)$/.test(name))).toEqual([]);
  expect(entriesOf(recorder.one(K8S.secret, "forgejo-oidc"))).toMatchObject({
    OIDC_CLIENT_SECRET: "forgejo-secret-of-no-worth",
  });
  const holding = recorder.resources.filter((other) =>
    JSON.stringify(other.type === K8S.secret ? entriesOf(other) : other.inputs).includes(
      "forgejo-secret-of-no-worth",
    ),
  );
  expect(holding.map(({ name }) => name).sort()).toEqual(["forgejo", "forgejo-oidc"]);
});

test("what a consumer's form is told by the data reaches its Secret", async () => {
  const applications = prod.applications.map((application): Application =>
    application.slug === "matrix" && application.mode === "oidc"
      ? { ...application, consumer: { name: "synapse", idpId: "oidc", allowExistingUsers: true } }
      : application,
  );
  const { recorder } = await runProgram(production(), prodWith({ applications }));
  const { "oidc.yaml": file = "" } = entriesOf(recorder.one(K8S.secret, "matrix-oidc"));
  expect(JSON.parse(file)).toMatchObject({
    oidc_providers: [{ idp_id: "oidc", allow_existing_users: true }],
  });
});

test("a raised generation reissues one secret and touches nothing else", async () => {
  const applications = prod.applications.map((application): Application =>
    application.slug === "grafana" && application.mode === "oidc"
      ? { ...application, secretGeneration: 2 }
      : application,
  );
  const before = await runProgram();
  const after = await runProgram(production(), prodWith({ applications }));
  const told = ({ recorder }: typeof before) =>
    new Map(recorder.resources.map(({ type, name, inputs }) => [`${type} ${name}`, JSON.stringify(inputs)]));
  const old = told(before);
  const changed = [...told(after)].filter(([key, text]) => old.get(key) !== text).map(([key]) => key);
  expect(changed).toEqual(["random:index/randomPassword:RandomPassword grafana-client-secret"]);
});

test("with Traefik the outpost is asked by a middleware, and no app password is passed on to it", async () => {
  const { recorder } = await runProgram(productionWith({ "plana-sso:ingressController": "traefik" }));
  const traefik = (name: string) => `traefik.ingress.kubernetes.io/${name}`;
  const { metadata, spec } = recorder.one(K8S.ingress, "matomo-admin-protected").inputs;
  expect(spec).toMatchObject({ ingressClassName: "traefik" });
  expect(metadata).toMatchObject({
    annotations: { [traefik("router.middlewares")]: "matomo-matomo-admin-outpost@kubernetescrd" },
  });
  expect(recorder.one(K8S.middleware, "matomo-admin-outpost").inputs).toMatchObject({
    metadata: { name: "matomo-admin-outpost", namespace: "matomo" },
    spec: {
      forwardAuth: {
        address: "http://authentik-proxy.authentik.svc.cluster.local/outpost.goauthentik.io/auth/traefik",
        trustForwardHeader: false,
        authRequestHeaders: ["Cookie", "Accept", "User-Agent"],
      },
    },
  });
  // Everything under the outpost's prefix: it lets such a path through.
  const login = recorder.one(K8S.ingress, "matomo-admin-login").inputs;
  expect(login.spec).toMatchObject({
    rules: [{ http: { paths: [{ path: "/outpost.goauthentik.io", pathType: "Prefix" }] } }],
  });
  expect(login.metadata).toMatchObject({
    annotations: { [traefik("router.middlewares")]: "authentik-matomo-admin-login@kubernetescrd" },
  });
  expect(recorder.one(K8S.middleware, "matomo-admin-login").inputs).toMatchObject({
    metadata: { name: "matomo-admin-login", namespace: "authentik" },
    spec: { headers: { customRequestHeaders: { Authorization: "" } } },
  });
  for (const { inputs } of recorder.all(K8S.ingress)) {
    expect(inputs.metadata).toMatchObject({ annotations: { [traefik("router.tls")]: "true" } });
  }
  expect(recorder.one(K8S.release, "authentik").inputs.values).toMatchObject({
    server: { ingress: { annotations: { [traefik("router.tls")]: "true" } } },
  });
  expect(recorder.all(K8S.configMap)).toEqual([]);
  expect(JSON.stringify(recorder.resources)).not.toContain("nginx");
});

test("a single pod has no disruption budget, and `up` waits only when told", async () => {
  const { recorder } = await runProgram(
    productionWith({
      "plana-sso:serverReplicas": "1",
      "plana-sso:workerReplicas": "3",
      "plana-sso:waitForServer": "false",
    }),
  );
  expect(recorder.one(K8S.release, "authentik").inputs).toMatchObject({
    skipAwait: true,
    values: {
      server: { replicas: 1, pdb: { enabled: false } },
      worker: { replicas: 3, pdb: { enabled: true, minAvailable: 1 } },
    },
  });
});

test("the embedded outpost is adopted by the id that Authentik answers", async () => {
  const live = "10e469fe-81ff-48d1-ac11-0ef2b808855a";
  for (const known of [live, undefined]) {
    const { recorder } = await runProgram(productionWith({ "plana-sso:embeddedOutpostId": known }));
    expect(recorder.one(ak("Outpost"), "embedded-outpost").importId).toBe(live);
  }
});

test("another Authentik than the one whose outpost is known is refused", async () => {
  const other = "00000000-0000-4000-8000-000000000013";
  const recorder = useMocks("prod", productionWith({ "plana-sso:embeddedOutpostId": other }));
  const refused = run({ prod });
  await expect(refused).rejects.toThrow(`plana-sso:embeddedOutpostId: found "${other}"`);
  await expect(refused).rejects.toThrow("the embedded outpost of Authentik at https://auth.planapulse.com");
  expect(recorder.resources).toEqual([]);
});

test("the outpost is reached under the cluster's own DNS domain", async () => {
  const { recorder } = await runProgram(productionWith({ "plana-sso:clusterDomain": "k8s.plana.internal" }));
  const host = "authentik-proxy.authentik.svc.k8s.plana.internal";
  expect(recorder.one(K8S.service, "matomo-admin-outpost").inputs).toMatchObject({
    spec: { externalName: host },
  });
  expect(recorder.one(K8S.ingress, "matomo-admin-protected").inputs.metadata).toMatchObject({
    annotations: {
      "nginx.ingress.kubernetes.io/auth-url": `http://${host}/outpost.goauthentik.io/auth/nginx`,
    },
  });
});

test("the database, the admin role and the tenants' path follow the stack", async () => {
  const { recorder } = await runProgram(
    productionWith({
      "plana-sso:databaseHost": "pg02.internal",
      "plana-sso:databasePort": "6432",
      "plana-sso:databaseName": "sso",
      "plana-sso:databaseUser": "sso-user",
      "plana-sso:clusterAdminRole": "view",
      "plana-sso:tenantRedirectPath": "/login/back",
    }),
  );
  expect(entriesOf(recorder.one(K8S.secret, "authentik-settings"))).toMatchObject({
    AUTHENTIK_POSTGRESQL__HOST: "pg02.internal",
    AUTHENTIK_POSTGRESQL__PORT: "6432",
    AUTHENTIK_POSTGRESQL__NAME: "sso",
    AUTHENTIK_POSTGRESQL__USER: "sso-user",
  });
  expect(recorder.one(K8S.clusterRoleBinding, "plana-admins").inputs).toMatchObject({
    roleRef: { name: "view" },
  });
  const { allowedRedirectUris } = recorder.one(ak("ProviderOauth2"), "odoo-tenants").inputs;
  const uris = allowedRedirectUris as { url: string }[];
  expect(uris.map(({ url }) => url.endsWith("/login/back"))).toEqual([true, true, true]);
});

test("another setting rolls the pods, another secret key breaks the seal", async () => {
  const checksum = async (configured: Configured = production()) => {
    const { recorder } = await runProgram(configured);
    return {
      pods: JSON.stringify(recorder.one(K8S.release, "authentik").inputs.values),
      seal: recorder.one("random:index/randomUuid:RandomUuid", "secret-key-is-write-once").inputs,
    };
  };
  const before = await checksum();
  const rotated = await checksum(
    productionWithSecrets({ "plana-sso:bootstrapToken": "another-token-of-no-worth" }),
  );
  expect(rotated.pods).not.toBe(before.pods);
  expect(rotated.seal).toEqual(before.seal);
  const broken = await checksum(
    productionWithSecrets({ "plana-sso:secretKey": "another-key-".padEnd(60, "k") }),
  );
  expect(broken.seal).not.toEqual(before.seal);
});

test("a server that runs already keeps a secret key and a token that are shorter than new ones may be", async () => {
  const short = { "plana-sso:secretKey": "worthless-key", "plana-sso:bootstrapToken": "old-token" };
  const { values, secrets } = productionWithSecrets(short);
  const { recorder } = await runProgram({ values: { ...values, "plana-sso:adoptRelease": "true" }, secrets });
  expect(entriesOf(recorder.one(K8S.secret, "authentik-settings"))).toMatchObject({
    AUTHENTIK_SECRET_KEY: "worthless-key",
    AUTHENTIK_BOOTSTRAP_TOKEN: "old-token",
  });
});

test("a server that runs already keeps a key that ends in a newline, byte for byte", async () => {
  const { values, secrets } = productionWithSecrets({ "plana-sso:secretKey": "worthless-key\n" });
  const { recorder } = await runProgram({ values: { ...values, "plana-sso:adoptRelease": "true" }, secrets });
  expect(entriesOf(recorder.one(K8S.secret, "authentik-settings"))).toMatchObject({
    AUTHENTIK_SECRET_KEY: "worthless-key\n",
  });
});

test("further settings of the server reach its Secret, as secrets, and roll the pods", async () => {
  const further = { AUTHENTIK_EMAIL__HOST: "mail.example.org", AUTHENTIK_ERROR_REPORTING__ENABLED: "true" };
  const settings = (key: string) =>
    runProgram(productionWithSecrets({ "plana-sso:serverSettings": key })).then(({ recorder }) => ({
      secret: recorder.one(K8S.secret, "authentik-settings"),
      values: JSON.stringify(recorder.one(K8S.release, "authentik").inputs.values),
    }));
  const { secret, values } = await settings(JSON.stringify(further));
  expect(entriesOf(secret)).toMatchObject({ ...further, AUTHENTIK_POSTGRESQL__HOST: "pg01" });
  expect(secret.secrets).toEqual(["data"]);
  expect(values).not.toContain("mail.example.org");
  expect((await settings("{}")).values).not.toBe(values);
});

test("the embedded default runs the same without a secret of its own: they are generated and protected", async () => {
  const { recorder, outputs } = await runProgram(
    {
      values: { ...stackFile("local"), "authentik:url": "http://127.0.0.1:9000" },
      secrets: { "authentik:token": "api-token-of-no-worth" },
    },
    prod,
    "local",
  );
  const generated = ["bootstrap-token", "database-password", "secret-key"];
  for (const name of generated) {
    const { options, inputs } = recorder.one("random:index/randomPassword:RandomPassword", name);
    expect([name, options.protect, inputs.special]).toEqual([name, true, false]);
    expect(Number(inputs.length)).toBeGreaterThanOrEqual(40);
  }
  expect(recorder.one(K8S.secret, "authentik-settings").secrets).toEqual(["data"]);
  expect(outputs.databasePassword).toBeDefined();
  expect(outputs.authentik.url).toBe("https://auth.sso.test");
  expect(recorder.all(ak("User"))).toHaveLength(6);
  expect(recorder.all(ak("SourceOauth"))).toEqual([]);
});

test("what an installation has beside the program's own can be put into the data, and reaches the server", async () => {
  const tile = {
    icon: "https://icons.example.org/forgejo.png",
    publisher: "Codeberg",
    category: "Development",
    sameTab: true,
    launchUrl: "https://forgejo.planapulse.com/user/login",
  } as const;
  const { recorder } = await runProgram(
    production(),
    prodWith({
      applications: prod.applications.map((each) =>
        each.slug === "forgejo" || each.mode === "proxy" ? { ...each, tile } : each,
      ),
      people: prod.people.map((each) =>
        each.first === "Elena" ? { ...each, displayName: "Elena Encheva" } : each,
      ),
      groups: prod.groups.map((each) =>
        each.name === "plana-finance"
          ? { ...each, attributes: { cost_centre: "4711" }, parents: ["tenant-impersonators"] }
          : each,
      ),
    }),
  );
  for (const slug of ["forgejo", "matomo-admin"]) {
    expect(recorder.one(ak("Application"), slug).inputs).toMatchObject({
      metaIcon: tile.icon,
      metaPublisher: "Codeberg",
      group: "Development",
      openInNewTab: false,
      metaLaunchUrl: tile.launchUrl,
    });
  }
  const { inputs } = recorder.one(ak("Application"), "grafana");
  expect(inputs).toMatchObject({ openInNewTab: true, metaLaunchUrl: "https://grafana.planapulse.com" });
  expect(["metaIcon", "metaPublisher", "group"].filter((name) => inputs[name] !== undefined)).toEqual([]);
  expect(recorder.one(ak("User"), "elena.encheva-blagoeva").inputs).toMatchObject({ name: "Elena Encheva" });
  expect(recorder.one(ak("Group"), "plana-finance").inputs).toMatchObject({
    attributes: '{"cost_centre":"4711"}',
    // The parent is defined after its child.
    parents: ["id:tenant-impersonators"],
  });
  expect(recorder.one(ak("Group"), "plana-staff").inputs).toMatchObject({ attributes: "{}" });
});
