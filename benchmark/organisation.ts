import type { ConsumerName } from "../components/applications/consumers";
import type { Application, Organisation, RosterEntry } from "../stacks/organisation";
import { prod } from "../stacks/prod";

/** People × applications. */
export interface Size {
  readonly people: number;
  readonly applications: number;
}

/** PLANA's own size; an organisation of this size is PLANA's. */
export const PLANA: Size = { people: prod.people.length, applications: prod.applications.length };

/** The sizes that are measured unless told otherwise. */
export const SIZES: readonly Size[] = [
  PLANA,
  { people: 100, applications: 30 },
  { people: 500, applications: 60 },
  { people: 2000, applications: 200 },
];

/** @throws Error for another form than `<people>x<applications>`, or nobody and nothing. */
export function parseSize(text: string): Size {
  const [, people = "", applications = ""] = /^([1-9]\d{0,4})[x×]([1-9]\d{0,3})$/.exec(text) ?? [];
  if (!people) throw new Error(`size ${JSON.stringify(text)}; expected <people>x<applications>, e.g. 100x30`);
  return { people: Number(people), applications: Number(applications) };
}

/** The size as the table names it. */
export const sizeName = ({ people, applications }: Size): string => `${people}x${applications}`;

const CONSUMERS: readonly ConsumerName[] = [
  "forgejo",
  "grafana",
  "penpot",
  "synapse",
  "nextcloud",
  "vaultwarden",
  "generic",
];

/** An organisation of PLANA's kind in another size: same groups and roles, a team per ten applications. */
export function organisation(size: Size): Organisation {
  if (size.people === PLANA.people && size.applications === PLANA.applications) return prod;
  const teams = Array.from({ length: Math.ceil(size.applications / 10) }, (_, index) => `team-${index + 1}`);
  // As people at PLANA have them: whoever may log in to tenants is an administrator, too, as the policy pack demands.
  const roles = prod.people.flatMap((person) => (person.roles ? [person.roles] : []));
  const people = Array.from({ length: size.people }, (_, index): RosterEntry => {
    const team = teams[index % teams.length] ?? prod.staffGroup;
    const own = index % 20 === 0 ? roles[(index / 20) % roles.length] : undefined;
    return {
      first: "Person",
      last: `Number${index + 1}`,
      groups: [team],
      ...(own ? { roles: own } : {}),
    };
  });
  return {
    ...prod,
    groups: [...prod.groups, ...teams.map((name) => ({ name, grants: "the applications of a team" }))],
    people,
    applications: Array.from({ length: size.applications }, (_, index) =>
      application(index, teams[Math.floor(index / 10)] ?? prod.staffGroup),
    ),
  };
}

/** PLANA's own, the only one that the policy pack lets have redirect URIs of many hosts. */
const PLATFORM = prod.applications.find(({ mode }) => mode === "tenants");

/** Every tenth is behind the proxy, the first is the platform of the tenants, the rest log in with OIDC. */
function application(index: number, team: string): Application {
  const slug = `app-${index + 1}`;
  const common = {
    slug,
    name: `Application ${index + 1}`,
    description: "An application of the benchmark",
    namespace: slug,
    access: [prod.adminGroup, team] as const,
  };
  if (index === 0 && PLATFORM) return { ...PLATFORM, existingProviderId: undefined };
  if (index % 10 === 9) {
    return {
      ...common,
      mode: "proxy",
      label: slug,
      service: { name: slug, port: 80 },
      publicPaths: [{ exact: "/health" }, { below: "/static/" }],
      access: [...common.access],
    };
  }
  return {
    ...common,
    mode: "oidc",
    label: slug,
    consumer: CONSUMERS[index % CONSUMERS.length] ?? "generic",
    redirectPaths: ["/login/callback"],
    access: [...common.access],
  };
}

/** The same organisation after a change of one person: the first is leaving. */
export function oneChanged(of: Organisation): Organisation {
  const [first, ...others] = of.people;
  if (!first) throw new Error("an organisation without people");
  return { ...of, people: [{ ...first, leaving: true }, ...others] };
}
