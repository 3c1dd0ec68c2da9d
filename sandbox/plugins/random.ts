import { createHash, randomBytes, randomInt, randomUUID } from "node:crypto";

import { version } from "@pulumi/random/package.json";

import { changes } from "./difference";
import type { Plugin } from "./server";
import { hasUnknown, type Properties, textOf, UNKNOWN, type Value } from "./wire";

/** Inputs of the types that draw characters, with what the real plugin fills in. */
const CHARACTERS: Properties = {
  length: null,
  keepers: null,
  lower: true,
  minLower: 0,
  minNumeric: 0,
  minSpecial: 0,
  minUpper: 0,
  number: true,
  numeric: true,
  overrideSpecial: null,
  special: true,
  upper: true,
};

interface Kind {
  readonly inputs: Properties;
  readonly required: readonly string[];
  readonly secret: readonly string[];
  readonly computed: readonly string[];
  /** Output that an import id is taken for. */
  readonly imported: string;
  readonly draw: (inputs: Properties) => Properties;
}

const KINDS: Readonly<Record<string, Kind>> = {
  "random:index/randomPassword:RandomPassword": {
    inputs: CHARACTERS,
    required: ["length"],
    secret: ["result", "bcryptHash"],
    computed: ["result", "bcryptHash"],
    imported: "result",
    draw: (inputs) => withHash(characters(inputs)),
  },
  "random:index/randomString:RandomString": {
    inputs: CHARACTERS,
    required: ["length"],
    secret: [],
    computed: ["result"],
    imported: "result",
    draw: (inputs) => ({ result: characters(inputs) }),
  },
  "random:index/randomId:RandomId": {
    inputs: { byteLength: null, keepers: null, prefix: null },
    required: ["byteLength"],
    secret: [],
    computed: ["b64Std", "b64Url", "dec", "hex"],
    imported: "b64Url",
    draw: ({ byteLength, prefix }) => encodings(randomBytes(Number(byteLength)), prefix ?? ""),
  },
  "random:index/randomUuid:RandomUuid": {
    inputs: { keepers: null },
    required: [],
    secret: [],
    computed: ["result"],
    imported: "result",
    draw: () => ({ result: randomUUID() }),
  },
};

function withHash(result: string): Properties {
  // Shaped like a bcrypt hash; nothing here checks a password against it.
  return {
    result,
    bcryptHash: `$2a$10$${createHash("sha256").update(result).digest("base64url").slice(0, 53)}`,
  };
}

function encodings(bytes: Buffer, prefix: Value): Properties {
  const before = textOf(prefix);
  return {
    b64Std: before + bytes.toString("base64"),
    b64Url: before + bytes.toString("base64url"),
    hex: before + bytes.toString("hex"),
    dec: before + BigInt(`0x${bytes.toString("hex")}`).toString(),
  };
}

/** Draws a string: first the least number of each kind, then anything allowed, then shuffled. */
function characters(inputs: Properties): string {
  const sets: readonly (readonly [string, Value | undefined, Value | undefined])[] = [
    ["abcdefghijklmnopqrstuvwxyz", inputs.lower, inputs.minLower],
    ["ABCDEFGHIJKLMNOPQRSTUVWXYZ", inputs.upper, inputs.minUpper],
    ["0123456789", inputs.numeric !== false && inputs.number !== false, inputs.minNumeric],
    [textOf(inputs.overrideSpecial) || "!@#$%&*()-_=+[]{}<>:?", inputs.special, inputs.minSpecial],
  ];
  const allowed = sets
    .filter(([, used]) => used !== false)
    .map(([set]) => set)
    .join("");
  const pick = (set: string) => set.charAt(randomInt(set.length));
  const drawn = sets.flatMap(([set, , least]) => Array.from({ length: Number(least ?? 0) }, () => pick(set)));
  while (drawn.length < Number(inputs.length)) drawn.push(pick(allowed));
  return drawn
    .map((character) => ({ character, order: randomInt(2 ** 32) }))
    .sort((a, b) => a.order - b.order)
    .map(({ character }) => character)
    .join("");
}

function kind(token: string): Kind {
  const found = KINDS[token];
  if (!found) throw new Error(`random: no such type ${token}`);
  return found;
}

/** The inputs with the real plugin's defaults. */
function filled(type: string, news: Properties): Properties {
  const defaults = Object.entries(kind(type).inputs).filter(([, value]) => value !== null);
  return { ...Object.fromEntries(defaults), ...news };
}

/** Stand-in for the plugin `random` of the SDK's version. Nothing is stored outside the engine's state. */
export function random(): Plugin {
  return {
    name: "random",
    version,
    checkConfig: () => [],
    configure: () => undefined,
    secrets: (token) => KINDS[token]?.secret ?? [],
    check: ({ type }, news) => {
      const { inputs: known, required } = kind(type);
      const unknown = Object.keys(news).filter((name) => !(name in known));
      const missing = required.filter((name) => !(name in news));
      return {
        inputs: filled(type, news),
        failures: [
          ...unknown.map((property) => ({ property, reason: `${type} has no input "${property}"` })),
          ...missing.map((property) => ({ property, reason: `Missing required property "${property}"` })),
        ],
      };
    },
    // Nothing can be changed in place, `keepers` neither: that is what they are for.
    diff: (_, olds, news) => ({
      changes: changes(news, olds, {}).map((change) => ({ ...change, replace: true })),
    }),
    create: ({ type }, inputs, preview) => {
      const { computed, draw, imported } = kind(type);
      if (preview || hasUnknown(inputs))
        return {
          id: "",
          outputs: { ...inputs, ...Object.fromEntries(computed.map((name) => [name, UNKNOWN])) },
        };
      const drawn = draw(inputs);
      // The real plugin never puts a password into an id.
      const value = textOf(drawn[imported]).slice(textOf(inputs.prefix).length);
      const id = type.endsWith(":RandomPassword") ? "none" : value;
      return { id, outputs: { ...inputs, ...drawn } };
    },
    read: ({ type }, id, state, inputs) => {
      if (inputs) return { id, outputs: state, inputs };
      const password = type.endsWith(":RandomPassword");
      const value: Properties = password ? withHash(id) : { [kind(type).imported]: id };
      // Whatever drew it, an import states the defaults: a program that says otherwise gets a new value.
      const stated: Properties =
        "length" in kind(type).inputs ? { ...filled(type, {}), length: id.length } : {};
      return { id: password ? "none" : id, outputs: { ...stated, ...value }, inputs: stated };
    },
    update: (_, __, olds, news) => ({ ...olds, ...news }),
    delete: () => undefined,
    invoke: (token) => {
      throw new Error(`random: no such function ${token}`);
    },
  };
}
