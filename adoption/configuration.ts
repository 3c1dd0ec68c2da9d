import type { Workspace } from "../state/workspace";
import { configuration } from "../live/configuration";
import type { Live } from "../live/connect";
import { Secret } from "../live/secret";
import { LiveObjects } from "../identity/live-objects";
import { Resolver, type Hint } from "../identity/resolver";
import { KEYS, PROJECT, type Key } from "../stacks/config-keys";
import type { Application } from "../stacks/organisation";
import { UNKNOWN, type Resource } from "../state/resources";
import {
  clientToTake,
  FURTHER,
  serverSettings,
  settingsLost,
  settingsToTake,
  settingsUnread,
  type TakenOver,
  type Unread,
} from "./takeover";

/** What the configuration must hold before the first `up`, so that no secret changes. */
export interface Needed {
  /** Still to be written. */
  readonly missing: readonly TakenOver[];
  /** Id of the embedded outpost: as it is there, and as it is written down. */
  readonly outpost: { readonly live?: string; readonly configured?: string };
  /** What the configuration has otherwise than the servers: path and where the servers have it. */
  readonly contrary: readonly { readonly path: string; readonly from: string }[];
  /** What somebody has to write there: the server reads it from a place that cannot be read from here. */
  readonly unread: readonly Unread[];
  /** Settings of the running server that the program does not have. */
  readonly lost: readonly string[];
  /** What was given, where the servers have another value, which is taken. */
  readonly unused: readonly { readonly path: string; readonly from: string }[];
  /** Namespace in which the server runs. */
  readonly namespace: string;
}

export const OUTPOST_KEY = "plana-sso:embeddedOutpostId";

/** What the program takes where the configuration says nothing. */
const DEFAULTS: ReadonlyMap<string, Secret> = new Map(
  Object.entries<Key>(KEYS).flatMap(([name, { default: text }]): [string, Secret][] =>
    text === undefined ? [] : [[`${PROJECT}:${name}`, new Secret(text)]],
  ),
);

/**
 * Compares the configuration with what runs: the server's own settings, the credentials of every OIDC client, the
 * Google client's id.
 *
 * @param given values from elsewhere, e.g. the bootstrap token from the SOPS file.
 */
export async function needed(
  workspace: Workspace,
  live: Live,
  applications: readonly Application[],
  hints: readonly Hint[],
  given: readonly TakenOver[],
): Promise<Needed> {
  const config = await configurationByPath(workspace);
  const prefix = config.get("plana-sso:namespacePrefix")?.reveal() ?? "";
  const namespace = `${prefix}authentik`;
  const settings = await serverSettings(live.cluster, namespace);
  const objects = new LiveObjects(live.authentik);
  const outpost = (await objects.list("/outposts/instances/")).find(
    ({ managed }) => managed === "goauthentik.io/outposts/embedded",
  );
  const google = (await objects.list("/sources/oauth/")).find(({ slug }) => slug === "google");
  const running = [
    ...settingsToTake(settings),
    ...(await clients(objects, live, applications, hints)),
    ...(typeof google?.consumer_key === "string" && config.get("plana-sso:google")?.reveal() === "true"
      ? [
          {
            path: "plana-sso:googleClientId",
            value: new Secret(google.consumer_key),
            secret: false,
            from: "source google",
          },
        ]
      : []),
  ];
  // What is piped in is asked for only where the server itself does not tell it.
  const told = new Map(running.map(({ path, value }) => [path, value]));
  const wanted = [...running, ...given.filter(({ path }) => !told.has(path))];
  const inConfig = (path: string) => config.get(path) ?? DEFAULTS.get(path);
  return {
    missing: wanted.filter(({ path }) => inConfig(path) === undefined),
    contrary: wanted.filter(({ path, value }) => inConfig(path)?.equals(value) === false),
    unread: settingsUnread(settings).filter(
      ({ path }) => !config.has(path) && !given.some((each) => each.path === path),
    ),
    lost: settingsLost(settings),
    unused: given.filter(({ path, value }) => told.get(path)?.equals(value) === false),
    namespace,
    outpost: {
      live: typeof outpost?.pk === "string" ? outpost.pk : undefined,
      configured: config.get(OUTPOST_KEY)?.reveal(),
    },
  };
}

/** Credentials of the clients that run already, found as adoption finds their providers. */
async function clients(
  objects: LiveObjects,
  { cluster }: Live,
  applications: readonly Application[],
  hints: readonly Hint[],
): Promise<TakenOver[]> {
  const sketches = applications.flatMap((application) => {
    if (application.mode === "proxy") return [];
    const { slug } = application;
    const provider = sketch("authentik:index/providerOauth2:ProviderOauth2", slug, {
      name: slug,
      ...(application.mode === "tenants" ? { clientId: application.clientId } : {}),
    });
    const owner = sketch("authentik:index/application:Application", slug, {
      slug,
      protocolProvider: UNKNOWN,
    });
    return [
      { slug, provider, owner: { ...owner, propertyDependencies: { protocolProvider: [provider.urn] } } },
    ];
  });
  const resources = sketches.flatMap(({ provider, owner }) => [provider, owner]);
  const resolver = new Resolver({ resources, live: objects, cluster, hints });
  const taken: TakenOver[] = [];
  for (const { slug, provider } of sketches) {
    const answer = await resolver.resolve(provider);
    if (answer.found === "one") taken.push(...clientToTake(slug, answer.candidate.object));
  }
  return taken;
}

/** As much of a resource as its identity needs, before there is a preview. */
function sketch(type: string, name: string, inputs: Readonly<Record<string, unknown>>): Resource {
  const urn = `${type}::${name}`;
  return { urn, type, name, custom: true, protect: false, inputs, outputs: {}, propertyDependencies: {} };
}

/** The stack's configuration by path, objects taken apart. */
export async function configurationByPath(workspace: Workspace): Promise<ReadonlyMap<string, Secret>> {
  const values = new Map<string, Secret>();
  const put = (path: string, value: unknown) => {
    if (typeof value === "object" && value !== null) {
      for (const [key, inner] of Object.entries(value)) put(`${path}.${key}`, inner);
    } else if (value !== undefined && value !== null) {
      values.set(path, new Secret(typeof value === "string" ? value : JSON.stringify(value)));
    }
  };
  // An object may also stand in one text.
  for (const [key, { value, isObject }] of await configuration(workspace))
    put(key, isObject || OBJECTS.includes(key) ? parsed(value.reveal()) : value.reveal());
  return values;
}

const CLIENTS = "plana-sso:clients";
/** Keys that hold objects. */
const OBJECTS = [CLIENTS, FURTHER];

/** Objects in one value each: dozens of calls of the CLI less, where nobody edits the configuration afterwards. */
export function inOneValue(taken: readonly TakenOver[], config: ReadonlyMap<string, Secret>): TakenOver[] {
  const within = (key: string, path: string) => path.startsWith(`${key}.`);
  const objects = OBJECTS.flatMap((key): TakenOver[] => {
    const added = taken.filter(({ path }) => within(key, path));
    if (added.length === 0) return [];
    const whole: Record<string, unknown> = {};
    const there = [...config].filter(([path]) => within(key, path));
    for (const [path, value] of [...there, ...added.map(({ path, value }) => [path, value] as const)]) {
      const [name = "", inner] = path.slice(key.length + 1).split(".");
      const before = whole[name] as Readonly<Record<string, string>> | undefined;
      whole[name] = inner === undefined ? value.reveal() : { ...before, [inner]: value.reveal() };
    }
    return [{ path: key, value: new Secret(JSON.stringify(whole)), secret: true, from: "" }];
  });
  const others = taken.filter(({ path }) => !OBJECTS.some((key) => within(key, path)));
  return [...others, ...objects];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
