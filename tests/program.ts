import type { Organisation } from "../stacks/organisation";
import type { Outputs } from "../stacks/compose";
import { run } from "../stacks";
import { prod } from "../stacks/prod";
import { useMocks, type Configured, type Recorder, type Registered } from "./mocks";
import { production } from "./stack-files";

// The whole program takes seconds to load and run, more on a busy machine.
jest.setTimeout(60_000);

/** A program that ran under mocks. */
export interface Program {
  readonly recorder: Recorder;
  readonly outputs: Outputs;
}

/** Runs the whole program as a stack: production as committed, unless told otherwise. */
export async function runProgram(
  configured: Configured = production(),
  organisation: Organisation = prod,
  stack = "prod",
): Promise<Program> {
  const recorder = useMocks(stack, configured);
  const outputs = await run({ prod: organisation, local: organisation });
  await settled(recorder);
  return { recorder, outputs };
}

/** Registrations that hang on outputs come a few turns later. */
export async function settled({ resources }: Recorder): Promise<void> {
  let before = -1;
  for (let quiet = 0; quiet < 3; quiet = before === resources.length ? quiet + 1 : 0) {
    before = resources.length;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** Entries of a Kubernetes Secret in clear, as a pod gets them. */
export function entriesOf({ inputs }: Pick<Registered, "inputs">): Record<string, string> {
  const data = Object.entries(inputs.data as Readonly<Record<string, string>>);
  return Object.fromEntries(data.map(([key, text]) => [key, Buffer.from(text, "base64").toString("utf8")]));
}

/** The same organisation with some of its data changed. */
export function prodWith(changes: Partial<Organisation>): Organisation {
  return { ...prod, ...changes };
}

/** Production with other plain values; an undefined one is taken out. */
export function productionWith(changes: Readonly<Record<string, string | undefined>>): Configured {
  const { values, secrets } = production();
  return { values: defined({ ...values, ...changes }), secrets };
}

/** Production with other secrets; an undefined one is taken out. */
export function productionWithSecrets(changes: Readonly<Record<string, string | undefined>>): Configured {
  const { values, secrets } = production();
  return { values, secrets: defined({ ...secrets, ...changes }) };
}

function defined(entries: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(entries).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}

/** What a program that must be refused said; fails when it was not refused, or registered anything. */
export async function refusal(
  configured: Configured = production(),
  organisation: Organisation = prod,
  stackName = "prod",
): Promise<string> {
  const recorder = useMocks(stackName, configured);
  let message: string | undefined;
  let stack: string | undefined;
  try {
    await run({ prod: organisation, local: organisation });
  } catch (error) {
    message = error instanceof Error ? error.message : String(error);
    stack = error instanceof Error ? error.stack : undefined;
  }
  await settled(recorder);
  if (message === undefined) throw new Error("the program was not refused");
  if (stack) throw new Error(`refused, but with a stack, which takes the host up to a minute: ${stack}`);
  if (recorder.resources.length > 0 || recorder.lookUps.length > 0) {
    throw new Error(`refused, but after ${recorder.resources.length} resources: ${message}`);
  }
  return message;
}

/** Every resource as `type name`, in no order. */
export function names({ resources }: Pick<Recorder, "resources">): string[] {
  return resources.map(({ type, name }: Registered) => `${type} ${name}`).sort();
}

/** Type token of an Authentik resource. */
export function ak(type: string): string {
  return `authentik:index/${type.charAt(0).toLowerCase()}${type.slice(1)}:${type}`;
}

/** Type tokens of the Kubernetes resources. */
export const K8S = {
  namespace: "kubernetes:core/v1:Namespace",
  secret: "kubernetes:core/v1:Secret",
  service: "kubernetes:core/v1:Service",
  configMap: "kubernetes:core/v1:ConfigMap",
  ingress: "kubernetes:networking.k8s.io/v1:Ingress",
  release: "kubernetes:helm.sh/v3:Release",
  clusterRoleBinding: "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding",
  middleware: "kubernetes:traefik.io/v1alpha1:Middleware",
} as const;
