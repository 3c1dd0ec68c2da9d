import * as pulumi from "@pulumi/pulumi";
import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks";
import { getMonitor } from "@pulumi/pulumi/runtime/settings";

/**
 * What a program registered, so that a flat program can register the same. Whatever the engine would have answered
 * stands as `⟪<kind> <type> <name> <output>⟫` in the inputs that use it, or as the number of a provider.
 */
export interface Recording {
  readonly lookUps: readonly LookUp[];
  /** In an order in which they can be made. */
  readonly resources: readonly RecordedResource[];
}

export interface LookUp {
  /** By which the references name it. */
  readonly key: string;
  readonly token: string;
  readonly args: Readonly<Record<string, unknown>>;
}

export interface RecordedResource {
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
  readonly importId: string;
  readonly ignoreChanges: readonly string[];
  readonly additionalSecretOutputs: readonly string[];
}

/** Numbers from here on stand for the id of the provider with that place in the recording. */
const NUMBERED_FROM = 900_000_000;

const NUMBERED = new Set([
  "authentik:index/providerOauth2:ProviderOauth2",
  "authentik:index/providerProxy:ProviderProxy",
]);

type Told = Pick<
  RecordedResource,
  "protect" | "retainOnDelete" | "ignoreChanges" | "additionalSecretOutputs"
>;

/** The cheapest mocks that a whole program runs on: they check nothing and answer at once. */
export class Recorder implements pulumi.runtime.Mocks {
  readonly lookUps: LookUp[] = [];
  readonly resources: RecordedResource[] = [];
  components = 0;
  readonly told = new Map<string, Told>();

  newResource({ type, name, inputs, id }: pulumi.runtime.MockResourceArgs) {
    if (type.startsWith("plana:sso:") || type.startsWith("pulumi:")) {
      this.components++;
      return { id: "", state: {} };
    }
    const given = inputs as Record<string, unknown>;
    const told = this.told.get(`${type} ${name}`);
    if (!told) throw new Error(`${type} ${name} was not registered`);
    this.resources.push({ type, name, inputs: given, importId: id ?? "", ...told });
    const reference = (output: string) => `⟪resource ${type} ${name} ${output}⟫`;
    const state: Record<string, unknown> = {
      ...given,
      uuid: reference("uuid"),
      ...(type.startsWith("random:") ? { result: reference("result") } : {}),
    };
    const { metadata } = given;
    if (metadata !== null && typeof metadata === "object") {
      state.metadata = { ...metadata, name: reference("metadata.name") };
    }
    const number = String(NUMBERED_FROM + this.resources.length - 1);
    return { id: NUMBERED.has(type) ? number : reference("id"), state };
  }

  call({ token, inputs }: pulumi.runtime.MockCallArgs): Record<string, unknown> {
    // A question to the engine looks nothing up, and the flat program has none.
    if (token.startsWith("pulumi:")) return {};
    const args = inputs as Record<string, unknown>;
    const key = String(this.lookUps.length);
    this.lookUps.push({ key, token, args });
    const reference = (output: string) => `⟪lookup ${key} ${output}⟫`;
    const brand = token.endsWith(":getBrand") ? BRAND : [];
    return {
      ...args,
      id: reference("id"),
      default: true,
      ...Object.fromEntries(brand.map((field) => [field, reference(field)])),
    };
  }
}

/** Fields of the brand that the program hands on as they are. */
const BRAND = [
  "brandingTitle",
  "brandingLogo",
  "brandingFavicon",
  "brandingCustomCss",
  "brandingDefaultFlowBackground",
  "flowAuthentication",
  "flowInvalidation",
  "flowUserSettings",
];

class RecordingMonitor extends MockMonitor {
  override registerResource(
    request: RegisterResourceRequest,
    callback: (error: unknown, answer: unknown) => void,
  ): Promise<void> {
    if (this.mocks instanceof Recorder) {
      this.mocks.told.set(`${request.getType()} ${request.getName()}`, {
        protect: request.getProtect() ?? false,
        retainOnDelete: request.getRetainondelete() ?? false,
        ignoreChanges: request.getIgnorechangesList(),
        additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
      });
    }
    return super.registerResource(request, callback);
  }
}

/** Installs the mocks for the program that is run next in this process. */
export async function record(project: string, stack: string, config: Config): Promise<Recorder> {
  const recorder = new Recorder();
  await pulumi.runtime.setMocks(recorder, project, stack, false);
  const monitor: unknown = getMonitor();
  if (!(monitor instanceof MockMonitor)) throw new Error("the mocks were not installed");
  // `setMocks` makes the monitor itself and takes no other.
  Object.setPrototypeOf(monitor, RecordingMonitor.prototype);
  pulumi.runtime.setAllConfig({ ...config.values, ...config.secrets }, Object.keys(config.secrets));
  process.env.PULUMI_CONFIG_SECRET_KEYS = JSON.stringify(Object.keys(config.secrets));
  return recorder;
}

/** What the stack of the benchmark is configured with. */
export interface Config {
  readonly values: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
}
