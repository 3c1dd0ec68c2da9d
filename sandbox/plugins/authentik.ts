import { ApiError, type Connection, connection, request } from "./authentik-api";
import * as fields from "./authentik-fields";
import { lookUp } from "./authentik-lookups";
import { assign, findPermission, unassign } from "./authentik-permission";
import { named } from "./naming";
import type { Plugin } from "./server";
import { objectOf, type Properties, textOf, UNKNOWN, type Value } from "./wire";

/** What the SDK asks the plugin to be. */
const { baseProvider, parameter } = fields.SCHEMA.parameterization;
const ASKED = remoteOf(Buffer.from(parameter, "base64").toString());

/** The provider that a parameter names. */
function remoteOf(parameter: string) {
  const { url, version } = objectOf(objectOf(JSON.parse(parameter) as Value).remote);
  return { url: textOf(url), version: textOf(version) };
}

const CONFIG = ["url", "token", "insecure", "headers"];
/** What the engine itself puts beside a provider's settings. */
const ENGINE = ["version", "pluginDownloadURL", "__internal"];

/** The real plugin looks at the value only: from a state the engine sends its own idea of the version. */
function parameterize(value: string): { name: string; version: string } {
  const { url, version } = remoteOf(value);
  if (url !== ASKED.url || version !== ASKED.version)
    throw new Error(
      `terraform-provider: only ${ASKED.url} ${ASKED.version} is understood here, got ${value}`,
    );
  return { name: fields.SCHEMA.name, version };
}

/** Things the provider does besides writing the object. */
async function around(
  to: Connection,
  type: string,
  id: string,
  state: Properties,
  made: boolean,
): Promise<void> {
  if (type === "User" && made && state.password)
    await request(to, "POST", `core/users/${id}/set_password/`, { password: state.password });
  if (type !== "Token") return;
  const { expires } = objectOf(await request(to, "GET", `core/tokens/${id}/`));
  if (expires) state.expiresIn = Math.round((Date.parse(textOf(expires)) - Date.now()) / 1000);
  if (state.retrieveKey)
    state.key = objectOf(await request(to, "GET", `core/tokens/${id}/view_key/`)).key ?? "";
}

/** Flags without which the provider's client does not understand the settings (provider issue 920). */
const FLAGS = [
  "core_default_app_access",
  "enterprise_audit_include_expanded_diff",
  "flows_continuous_login",
  "flows_refresh_others",
];

function checkSettings(kind: fields.Kind, answer: Properties): void {
  if (!kind.singleton) return;
  const [lacking] = FLAGS.filter((flag) => !(flag in objectOf(answer.flags)));
  if (lacking)
    throw new Error(
      `HTTP Error 'no value given for required property ${lacking}' during request 'GET /api/v3/${kind.path}/': "${JSON.stringify(answer)}"`,
    );
}

/** Stand-in for `terraform-provider` 1.1.3 with the provider goauthentik/authentik 2026.5.0. */
export function authentik(): Plugin {
  let to: Connection | undefined;
  const server = (): Connection => {
    if (!to) throw new Error("authentik: used before it was configured");
    return to;
  };
  const address = (kind: fields.Kind, id: string) =>
    `${kind.path}/${kind.singleton ? "" : `${encodeURIComponent(id)}/`}`;
  const short = (token: string) => token.split(":")[2] ?? "";
  const permission = (token: string) => short(token) === "RbacPermissionRole";

  /** The body; an outpost without settings gets the server's. */
  const body = async (kind: fields.Kind, values: Properties): Promise<Properties> => {
    if (kind.path !== "outposts/instances" || values.config) return fields.bodyOf(kind, values);
    const { config } = objectOf(await request(server(), "GET", "outposts/instances/default_settings/"));
    return { ...fields.bodyOf(kind, values), config: config ?? {} };
  };

  return {
    name: fields.SCHEMA.name,
    version: baseProvider.version,
    schema: () => JSON.stringify(fields.SCHEMA),
    parameterize,
    secrets: fields.secretsOf,
    checkConfig: (config) =>
      Object.keys(config)
        .filter((name) => !CONFIG.includes(name) && !ENGINE.includes(name))
        .map((property) => ({
          property,
          reason: `could not validate provider configuration: Invalid or unknown key "${property}"`,
        })),
    configure: (config) => {
      to = connection(config, process.env);
    },
    check: ({ type, name }, news, olds, seed) => {
      const kind = fields.kindOf(type);
      const inputs = "name" in kind.inputs ? named(news, olds, name, seed.slice(0, 7)) : news;
      return {
        inputs,
        failures: [...fields.refusals(inputs, kind.inputs, kind.required), ...fields.notJson(kind, inputs)],
      };
    },
    diff: ({ type }, olds, news) => ({ changes: fields.differences(fields.kindOf(type), news, olds) }),
    create: async ({ type }, inputs, preview) => {
      const kind = fields.kindOf(type);
      const values = fields.plan(kind, inputs, {});
      if (preview) {
        const later = Object.keys(kind.outputs).filter(
          (name) => !(name in kind.inputs) || kind.computed?.includes(name),
        );
        return {
          id: "",
          outputs: {
            ...Object.fromEntries([...later, kind.alias].map((name) => [name, UNKNOWN])),
            ...values,
          },
        };
      }
      if (permission(type)) return assign(server(), inputs, kind.alias);
      const method = kind.singleton ? "PUT" : "POST";
      const answer = objectOf(await request(server(), method, `${kind.path}/`, await body(kind, values)));
      const id = kind.singleton ?? textOf(answer[kind.id ?? "pk"]);
      const outputs = fields.stateOf(kind, id, answer, values);
      await around(server(), short(type), id, outputs, true);
      return { id, outputs };
    },
    read: async ({ type }, id, state, inputs) => {
      const kind = fields.kindOf(type);
      if (permission(type)) {
        const there = await findPermission(server(), id, state);
        return there ? { id, outputs: state, inputs: inputs ?? fields.inputsOf(kind, state) } : undefined;
      }
      let answer: Value;
      try {
        answer = await request(server(), "GET", address(kind, id));
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) return undefined;
        throw error;
      }
      checkSettings(kind, objectOf(answer));
      const outputs = fields.stateOf(kind, id, objectOf(answer), state);
      await around(server(), short(type), id, outputs, false);
      return { id, outputs, inputs: fields.inputsOf(kind, outputs, inputs) };
    },
    update: async ({ type }, id, olds, news, _, preview) => {
      const kind = fields.kindOf(type);
      const values = fields.plan(kind, news, olds);
      if (preview) {
        const kept = Object.entries(olds).filter(([name]) => !(name in kind.inputs));
        return { ...Object.fromEntries(kept), [kind.alias]: id, ...values };
      }
      const answer = await request(server(), "PUT", address(kind, id), await body(kind, values));
      const outputs = fields.stateOf(kind, id, objectOf(answer), values);
      await around(server(), short(type), id, outputs, false);
      return outputs;
    },
    delete: async ({ type }, id, olds) => {
      const kind = fields.kindOf(type);
      if (kind.singleton) return;
      try {
        if (permission(type)) await unassign(server(), olds);
        else await request(server(), "DELETE", address(kind, id));
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 404) throw error;
      }
    },
    invoke: async (token, args) => {
      const spec = fields.SCHEMA.functions[token];
      if (!spec) throw new Error(`authentik: no such function ${token}`);
      const [refused] = fields.refusals(args, spec.inputs.properties, spec.inputs.required);
      if (refused) throw new Error(`${textOf(token)}: ${refused.property}: ${refused.reason}`);
      return lookUp(server(), short(token), args, Object.keys(spec.outputs.properties));
    },
  };
}
