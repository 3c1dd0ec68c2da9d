import { LiveObjects } from "../../identity/live-objects";
import { Resolver, type Hint, type Resolution } from "../../identity/resolver";
import { RELEASE, UNKNOWN, type Resource } from "../../state/resources";
import type { Json } from "../../live/authentik";

const AK = (type: string) => `authentik:index/${type.charAt(0).toLowerCase()}${type.slice(1)}:${type}`;

function resource(
  type: string,
  name: string,
  inputs: Readonly<Record<string, unknown>>,
  from: Readonly<Record<string, readonly string[]>> = {},
): Resource {
  const urn = `urn::${type}::${name}`;
  return {
    urn,
    type,
    name,
    inputs,
    custom: true,
    protect: false,
    outputs: {},
    propertyDependencies: from,
  };
}

/** A cluster of Secrets by label, as a real one lists them: by name. */
function clusterWith(
  secrets: readonly { readonly name: string; readonly labels: Readonly<Record<string, string>> }[],
) {
  return {
    read: () => Promise.resolve(undefined),
    list: <T>() =>
      Promise.resolve(
        [...secrets]
          .sort((a, b) => (a.name < b.name ? -1 : 1))
          .map((metadata) => ({ apiVersion: "v1", kind: "Secret", metadata }) as T),
      ),
  };
}

interface World {
  readonly lists: Readonly<Record<string, readonly Json[]>>;
  readonly resources: readonly Resource[];
  readonly hints?: readonly Hint[];
  readonly single?: Json;
  readonly cluster?: ReturnType<typeof clusterWith>;
}

function resolverOf({ lists, resources, hints, single, cluster = clusterWith([]) }: World): Resolver {
  const api = {
    list: (path: string) => Promise.resolve([...(lists[path] ?? [])]),
    get: () => Promise.resolve(single),
  };
  return new Resolver({ resources, live: new LiveObjects(api), cluster, hints });
}

async function idsOf(answer: Promise<Resolution>): Promise<string[] | string> {
  const resolution = await answer;
  if (resolution.found === "one") return resolution.candidate.id;
  return resolution.found === "several" ? resolution.candidates.map(({ id }) => id) : resolution.found;
}

const application = (slug: string) =>
  resource(
    AK("Application"),
    slug,
    { slug, protocolProvider: UNKNOWN },
    {
      protocolProvider: [`urn::${AK("ProviderOauth2")}::${slug}`],
    },
  );
const provider = (slug: string, inputs: Readonly<Record<string, unknown>> = {}) =>
  resource(AK("ProviderOauth2"), slug, { name: slug, ...inputs });

test.each([
  ["its client id, whatever its name", [{ pk: 7, name: "By hand", client_id: "c1" }], 9, "7"],
  ["its name", [{ pk: 7, name: "wiki", client_id: "x" }], 9, "7"],
  ["its application", [{ pk: 7, name: "By hand", client_id: "x" }], 7, "7"],
  [
    "its client id, while its application has another one: both are told",
    [
      { pk: 7, name: "By hand", client_id: "c1" },
      { pk: 8, name: "Other", client_id: "x" },
    ],
    8,
    ["7", "8"],
  ],
  [
    "its application, while another one has its name: both are told",
    [
      { pk: 7, name: "wiki", client_id: "x" },
      { pk: 8, name: "Other", client_id: "y" },
    ],
    8,
    ["7", "8"],
  ],
])("a provider is found by %s", async (_, oauth2, live, expected) => {
  const wanted = provider("wiki", { clientId: "c1" });
  const resolver = resolverOf({
    lists: {
      "/providers/oauth2/": oauth2,
      "/core/applications/": [{ pk: "a", slug: "wiki", provider: live }],
    },
    resources: [wanted, application("wiki")],
  });
  expect(await idsOf(resolver.resolve(wanted))).toEqual(expected);
});

test("a number that is written down and belongs to a provider of another type is refused", async () => {
  const type = AK("ProviderOauth2");
  const wanted = provider("matomo");
  const resolver = resolverOf({
    lists: { "/providers/all/": [{ pk: 13, name: "Matomo behind the outpost" }] },
    resources: [wanted],
    hints: [{ type, name: "matomo", id: 13 }],
  });
  expect(await resolver.resolve(wanted)).toMatchObject({
    found: "refused",
    reason: expect.stringContaining('13 is "Matomo behind the outpost"') as string,
  });
});

test("a number that was written down and is another one there is told, and the live one is taken", async () => {
  const type = AK("User");
  const wanted = resource(type, "ada", { username: "ada", email: "ada@plana.solutions" });
  const answer = (users: Json[]) =>
    resolverOf({
      lists: { "/core/users/": users },
      resources: [wanted],
      hints: [{ type, name: "ada", id: 24 }],
    }).resolve(wanted);
  expect(await answer([{ pk: 31, username: "ada" }])).toMatchObject({
    found: "one",
    candidate: { id: "31" },
    notes: ["is 31 there, not 24 as written down; 31 is taken"],
  });
  // Even where that number has become somebody else's.
  expect(
    await answer([
      { pk: 31, username: "ada" },
      { pk: 24, username: "b" },
    ]),
  ).toMatchObject({
    found: "one",
    candidate: { id: "31" },
  });
  expect(await answer([{ pk: 24, username: "b" }])).toMatchObject({ found: "refused" });
  expect(await answer([{ pk: 5, username: "b" }])).toMatchObject({
    found: "none",
    notes: ["was written down as 24, which is not there"],
  });
});

test("people are found by username, else by address, capitals in the address do not matter, and two are two", async () => {
  const wanted = resource(AK("User"), "ada", { username: "ada", email: "ada@plana.solutions" });
  const among = (...users: Json[]) =>
    idsOf(resolverOf({ lists: { "/core/users/": users }, resources: [wanted] }).resolve(wanted));
  expect(await among({ pk: 5, username: "Countess", email: "Ada@Plana.Solutions" })).toBe("5");
  expect(await among({ pk: 5, username: "ada", email: "" }, { pk: 6, username: "b", email: "" })).toBe("5");
  // Nobody else has the username; an address may be written into any account, as into the first administrator's.
  expect(
    await among(
      { pk: 4, username: "akadmin", email: "ADA@plana.solutions" },
      { pk: 5, username: "ada", email: "ada@plana.solutions" },
    ),
  ).toBe("5");
  expect(
    await among(
      { pk: 5, username: "countess", email: "ada@plana.solutions" },
      { pk: 6, username: "x", email: "ADA@plana.solutions" },
    ),
  ).toEqual(["5", "6"]);
  expect(await among({ pk: 6, username: "x", email: "" })).toBe("none");
});

test("bindings are found by target and subject, whatever was said of their order", async () => {
  const group = resource(AK("Group"), "plana-staff", { name: "plana-staff" });
  const target = application("wiki");
  const binding = resource(
    AK("PolicyBinding"),
    "wiki-plana-staff",
    { target: UNKNOWN, group: UNKNOWN, order: 0 },
    { target: [target.urn], group: [group.urn] },
  );
  const lists = {
    "/core/groups/": [{ pk: "g1", name: "plana-staff" }],
    "/core/applications/": [{ pk: "a1", slug: "wiki" }],
    "/policies/bindings/": [
      { pk: "b0", target: "a1", group: "g2", order: 0 },
      { pk: "b1", target: "a1", group: "g1", order: 10 },
      { pk: "b2", target: "a2", group: "g1", order: 0 },
    ],
  };
  const resources = [group, target, binding];
  expect(await idsOf(resolverOf({ lists, resources }).resolve(binding))).toBe("b1");
});

test("the settings, of which there is one, are never an object to import", async () => {
  const wanted = resource(AK("SystemSettings"), "system-settings", { avatars: "initials" });
  const resolver = resolverOf({ lists: {}, resources: [wanted], single: { avatars: "gravatar" } });
  expect(await resolver.resolve(wanted)).toMatchObject({
    found: "the only one",
    candidate: { id: "system_settings", object: { avatars: "gravatar" } },
  });
});

test("the latest record of a release is the one with the highest number, not the last by name", async () => {
  const wanted = resource(RELEASE, "authentik", { name: "authentik", namespace: "authentik" });
  const record = (version: number, status: string) => ({
    name: `sh.helm.release.v1.authentik.v${version}`,
    labels: { version: String(version), status },
  });
  const cluster = clusterWith([
    record(8, "superseded"),
    record(9, "superseded"),
    record(10, "deployed"),
    record(2, "failed"),
  ]);
  expect(await resolverOf({ lists: {}, resources: [wanted], cluster }).resolve(wanted)).toMatchObject({
    found: "one",
    candidate: { id: "authentik/authentik", object: { metadata: { labels: { version: "10" } } } },
  });
});

test("2,000 people and 200 applications are looked at a few times each, not once for each other", async () => {
  let looks = 0;
  /** Counts how often any of its fields is read. */
  const counted = (fields: Json): Json =>
    new Proxy(fields, {
      get: (target, name) => {
        looks += 1;
        return Reflect.get(target, name) as unknown;
      },
    });
  const numbers = (count: number) => [...Array(count).keys()];
  const people = numbers(2_000).map((n) => `person.${n}`);
  const slugs = numbers(200).map((n) => `app-${n}`);
  const group = resource(AK("Group"), "staff", { name: "staff" });
  const resources = [
    group,
    ...people.map((name) => resource(AK("User"), name, { username: name, email: `${name}@x.org` })),
    ...slugs.flatMap((slug) => [
      provider(slug),
      application(slug),
      resource(
        AK("PolicyBinding"),
        slug,
        { target: UNKNOWN, group: UNKNOWN },
        { target: [application(slug).urn], group: [group.urn] },
      ),
    ]),
  ];
  const resolver = resolverOf({
    resources,
    lists: {
      "/core/groups/": [counted({ pk: "g", name: "staff" })],
      "/core/users/": people.map((name, pk) => counted({ pk, username: name, email: `${name}@x.org` })),
      "/providers/oauth2/": slugs.map((slug, pk) => counted({ pk, name: `old ${slug}`, client_id: slug })),
      "/core/applications/": slugs.map((slug, pk) => counted({ pk: `a${pk}`, slug, provider: pk })),
      "/policies/bindings/": slugs.map((_, pk) => counted({ pk: `b${pk}`, target: `a${pk}`, group: "g" })),
    },
  });
  const answers = await Promise.all(resources.map((each) => resolver.resolve(each)));
  expect(answers.filter(({ found }) => found === "one")).toHaveLength(resources.length);
  expect(looks).toBeLessThan(resources.length * 20);
});
