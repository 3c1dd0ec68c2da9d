import * as pulumi from "@pulumi/pulumi";
import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks";
import { getMonitor } from "@pulumi/pulumi/runtime/settings";

import { authentik } from "../sandbox/plugins/authentik";
import { kubernetes } from "../sandbox/plugins/kubernetes";
import { random } from "../sandbox/plugins/random";
import type { Plugin } from "../sandbox/plugins/server";
import { isSecret, reveal, type Properties } from "../sandbox/plugins/wire";

/** A resource that a program registered under mocks, with its resolved inputs. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Properties;
  /** Names of the inputs that the program marked as secret. */
  readonly secrets: readonly string[];
  readonly importId?: string;
  /** What the provider answers. */
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly options: Options;
}

/** What the program tells the engine about a resource, beside its inputs. */
export interface Options {
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
  /** Type and name of the parent; empty for a resource on top. */
  readonly parent: string;
  readonly additionalSecretOutputs: readonly string[];
  readonly ignoreChanges: readonly string[];
  readonly urn: string;
  /** URNs of the resources that an input came from, by input. */
  readonly dependencies: Readonly<Record<string, readonly string[]>>;
}

const PLUGINS: Readonly<Record<string, Plugin>> = {
  authentik: authentik(),
  kubernetes: kubernetes(),
  random: random(),
};

/** Answers to the look-ups that the program makes; any other token fails. */
const LOOK_UPS: Readonly<Record<string, (args: Record<string, unknown>) => Record<string, unknown>>> = {
  "authentik:index/getFlow:getFlow": ({ slug }) => ({ id: `flow:${String(slug)}`, slug }),
  "authentik:index/getStage:getStage": ({ name }) => ({ id: `stage:${String(name)}`, name }),
  "authentik:index/getPropertyMappingProviderScope:getPropertyMappingProviderScope": ({ managed }) => ({
    id: `scope:${String(managed)}`,
    managed,
  }),
  "authentik:index/getCertificateKeyPair:getCertificateKeyPair": ({ name }) => ({
    id: `certificate:${String(name)}`,
  }),
  "authentik:index/getOutpost:getOutpost": ({ name }) => ({
    id: "10e469fe-81ff-48d1-ac11-0ef2b808855a",
    name,
  }),
  "authentik:index/getBrand:getBrand": ({ domain }) => ({
    id: `brand:${String(domain)}`,
    domain,
    brandingTitle: "authentik",
    brandingLogo: "/static/dist/assets/icons/icon_left_brand.svg",
    brandingFavicon: "/static/dist/assets/icons/icon.png",
    brandingCustomCss: "",
    brandingDefaultFlowBackground: "/static/dist/assets/images/flow_background.jpg",
    flowAuthentication: "flow:default-authentication-flow",
    flowInvalidation: "flow:default-invalidation-flow",
    flowUserSettings: "flow:default-user-settings-flow",
    flowRecovery: "",
    flowUnenrollment: "",
    flowDeviceCode: "",
    defaultApplication: "",
    webCertificate: "",
    default: true,
  }),
};

/** Numbers for the types whose id is one; the engine hands them on as strings. */
const NUMBERED = new Set([
  "authentik:index/providerOauth2:ProviderOauth2",
  "authentik:index/providerProxy:ProviderProxy",
]);

/**
 * Mocks that refuse what the real plugins refuse: unknown types, unknown or missing properties, unknown look-ups. The
 * checks are those of the stand-in plugins, so there is one idea of what is right.
 */
export class Recorder implements pulumi.runtime.Mocks {
  readonly resources: Registered[] = [];
  readonly lookUps: string[] = [];
  /** What the stack's last update told; of a stack that was never brought up, nothing. */
  stackOutputs: object = {};
  /** Resources of the stack's state, by URN. */
  held: Readonly<Record<string, object>> = {};
  /** By type and name: mocks are told the inputs only. */
  readonly options = new Map<string, Options>();
  private readonly ids = new Map<string, string>();
  private numbers = 100;

  newResource(args: pulumi.runtime.MockResourceArgs): { id: string; state: Record<string, unknown> } {
    const given = args.inputs as Properties;
    const secrets = Object.keys(given).filter((key) => isSecret(given[key]));
    const inputs = reveal(given) as Properties;
    const options = this.options.get(`${args.type} ${args.name}`);
    if (!options) throw new Error(`${args.type} ${args.name} was not registered, only read`);
    // Pulumi's own bookkeeping of components has no plugin.
    if (args.type.startsWith("plana:sso:") || args.type.startsWith("pulumi:")) {
      this.resources.push({ type: args.type, name: args.name, inputs, secrets, outputs: {}, options });
      return { id: "", state: {} };
    }
    const plugin = PLUGINS[args.type.split(":")[0] ?? ""];
    if (!plugin) throw new Error(`no plugin for ${args.type}`);
    const { failures } = plugin.check({ type: args.type, name: args.name }, inputs, {}, "");
    if (failures.length > 0) {
      const reasons = failures.map(({ property, reason }) => `${property}: ${reason}`).join("; ");
      throw new Error(`${args.type} ${args.name}: ${reasons}`);
    }
    if (this.resources.some(({ type, name }) => type === args.type && name === args.name)) {
      throw new Error(`${args.type} ${args.name} is registered twice`);
    }
    const id = NUMBERED.has(args.type) ? String(++this.numbers) : `id:${args.name}`;
    this.ids.set(`${args.type} ${args.name}`, id);
    const state = { ...inputs, uuid: `uuid:${args.name}`, ...generated(args.type, args.name) };
    this.resources.push({
      type: args.type,
      name: args.name,
      inputs,
      secrets,
      importId: args.id || undefined,
      outputs: { ...state, id },
      options,
    });
    return { id, state };
  }

  call(args: pulumi.runtime.MockCallArgs): Record<string, unknown> {
    if (args.token === "pulumi:pulumi:readStackOutputs") return { outputs: this.stackOutputs };
    if (args.token === "pulumi:pulumi:readStackResourceOutputs") {
      // The engine itself ends where there is none.
      if (Object.keys(this.held).length === 0) throw new Error("the stack has no resource");
      return { outputs: this.held };
    }
    const answer = LOOK_UPS[args.token];
    if (!answer) throw new Error(`unknown look-up ${args.token}`);
    this.lookUps.push(`${args.token} ${JSON.stringify(args.inputs)}`);
    return answer(args.inputs as Record<string, unknown>);
  }

  /** The one resource of that type and name. */
  one(type: string, name: string): Registered {
    const found = this.resources.filter((resource) => resource.type === type && resource.name === name);
    const [resource] = found;
    if (!resource || found.length > 1) {
      const names = this.resources.filter((other) => other.type === type).map((other) => other.name);
      throw new Error(
        `${found.length} resources ${type} ${name}; of that type there are: ${names.join(", ")}`,
      );
    }
    return resource;
  }

  /** Number that a provider was given. */
  numberOf(type: string, name: string): number {
    return Number(this.ids.get(`${type} ${name}`));
  }

  /** Every resource of a type. */
  all(type: string): Registered[] {
    return this.resources.filter((resource) => resource.type === type);
  }
}

function generated(type: string, name: string): Record<string, unknown> {
  return type.startsWith("random:") ? { result: `generated-${name}-${"x".repeat(60)}` } : {};
}

/** What a stack file and the operator's secrets say, for one run. */
export interface Configured {
  readonly values: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
}

/** Hands every request to the recorder of the run before the mock answers it: the options stand only there. */
class RecordingMonitor extends MockMonitor {
  override registerResource(
    request: RegisterResourceRequest,
    callback: (error: unknown, answer: unknown) => void,
  ): Promise<void> {
    const [, , types = "", ...name] = request.getParent().split("::");
    // As the mock monitor names them: the type of the nearest parent alone.
    const above = types ? `${types.slice(types.lastIndexOf("$") + 1)}$` : "";
    const dependencies: Record<string, readonly string[]> = {};
    request.getPropertydependenciesMap().forEach((sources, property: string) => {
      dependencies[property] = sources.getUrnsList();
    });
    if (this.mocks instanceof Recorder) {
      this.mocks.options.set(`${request.getType()} ${request.getName()}`, {
        protect: request.getProtect() ?? false,
        retainOnDelete: request.getRetainondelete() ?? false,
        parent: types ? `${types.slice(types.lastIndexOf("$") + 1)} ${name.join("::")}` : "",
        additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
        ignoreChanges: request.getIgnorechangesList(),
        urn: `urn:pulumi:${pulumi.getStack()}::${pulumi.getProject()}::${above}${request.getType()}::${request.getName()}`,
        dependencies,
      });
    }
    return super.registerResource(request, callback);
  }
}

/** Installs mocks and configuration for the next program. */
export function useMocks(stack: string, { values, secrets }: Configured): Recorder {
  const recorder = new Recorder();
  void pulumi.runtime.setMocks(recorder, "plana-sso", stack, false);
  // `setMocks` makes the monitor itself and takes no other.
  const monitor: unknown = getMonitor();
  if (!(monitor instanceof MockMonitor)) throw new Error("the mocks were not installed");
  Object.setPrototypeOf(monitor, RecordingMonitor.prototype);
  pulumi.runtime.setAllConfig({ ...values, ...secrets }, Object.keys(secrets));
  process.env.PULUMI_CONFIG_SECRET_KEYS = JSON.stringify(Object.keys(secrets));
  return recorder;
}
