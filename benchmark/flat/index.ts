// The floor: the same resources with the same inputs, from a recording of the whole program, in one loop.
import { readFileSync } from "node:fs";
import { join } from "node:path";

import * as authentik from "@pulumi/authentik";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

import { sparePromiseTraces } from "../../stacks/promise-traces";
import type { LookUp, RecordedResource, Recording } from "../recording";

// As the program does, so that what stands beside the floor is the price of its components alone.
sparePromiseTraces();

type Class = new (name: string, args: never, opts: pulumi.CustomResourceOptions) => pulumi.CustomResource;

// As large as recording.ts says; not imported, since only its types are there when this runs.
const NUMBERED_FROM = 900_000_000;
const SECRET = "4dabf18193072939515e22adb298388d";

const PACKAGES: Readonly<Record<string, unknown>> = {
  "authentik:index": authentik,
  "random:index": random,
  "kubernetes:core": kubernetes.core.v1,
  "kubernetes:networking.k8s.io": kubernetes.networking.v1,
  "kubernetes:rbac.authorization.k8s.io": kubernetes.rbac.v1,
  "kubernetes:helm.sh": kubernetes.helm.v3,
};

function member(token: string): unknown {
  const [, from = "", name = ""] = /^([^/]+)\/[^:]+:(.+)$/.exec(token) ?? [];
  const found = (PACKAGES[from] as Record<string, unknown> | undefined)?.[name];
  if (typeof found !== "function") throw new Error(`the flat program has no ${token}`);
  return found;
}

async function run(): Promise<void> {
  const text = readFileSync(join(__dirname, "recording.json"), "utf8");
  const { lookUps, resources } = JSON.parse(text) as Recording;
  const answers = new Map<string, Record<string, unknown>>();
  await Promise.all(
    lookUps.map(async ({ key, token, args }: LookUp) => {
      const lookUp = member(token) as (args: unknown) => Promise<Record<string, unknown>>;
      answers.set(key, await lookUp(args));
    }),
  );
  const made = new Map<string, pulumi.CustomResource>();

  function referred(reference: string): unknown {
    const [kind, ...rest] = reference.split(" ");
    if (kind === "lookup") return answers.get(rest[0] ?? "")?.[rest[1] ?? ""];
    const [type = "", name = "", path = ""] = rest;
    return path
      .split(".")
      .reduce<unknown>((of, key) => (of as Record<string, unknown>)[key], made.get(`${type} ${name}`));
  }

  function resolved(value: unknown): unknown {
    if (typeof value === "number" && value >= NUMBERED_FROM) {
      const { type, name } = resources[value - NUMBERED_FROM] ?? { type: "", name: "" };
      return made.get(`${type} ${name}`)?.id.apply(Number);
    }
    if (typeof value === "string") {
      const pieces = value.split(/⟪([^⟫]+)⟫/);
      if (pieces.length === 1) return value;
      const [before, reference = "", after] = pieces;
      if (pieces.length === 3 && before === "" && after === "") return referred(reference);
      return pulumi.concat(...pieces.map((piece, at) => (at % 2 ? (referred(piece) as string) : piece)));
    }
    if (Array.isArray(value)) return value.map(resolved);
    if (value === null || typeof value !== "object") return value;
    const fields = value as Record<string, unknown>;
    if (SECRET in fields) return pulumi.secret(resolved(fields.value));
    return Object.fromEntries(Object.entries(fields).map(([key, inner]) => [key, resolved(inner)]));
  }

  for (const resource of resources) {
    const { type, name, inputs, importId, ...options } = resource satisfies RecordedResource;
    const Made = member(type) as Class;
    const args = resolved(inputs) as never;
    const imported = importId ? (resolved(importId) as string) : undefined;
    const opts = {
      ...options,
      import: imported,
      ignoreChanges: [...options.ignoreChanges],
      additionalSecretOutputs: [...options.additionalSecretOutputs],
    };
    made.set(`${type} ${name}`, new Made(name, args, opts));
  }
}

export = run;
