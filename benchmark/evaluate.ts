import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";

import { runtime } from "@pulumi/pulumi";

import { CONFIG, STACK } from "./config";
import { record } from "./recording";

/** What an evaluation in a process of its own says of itself, as one line of JSON. */
export interface Evaluated {
  /** From the start of the process until the SDK is there, until the program is loaded, until all is registered. */
  readonly milliseconds: { readonly sdk: number; readonly loaded: number; readonly registered: number };
  readonly peakBytes: number;
  readonly resources: number;
  readonly components: number;
  readonly lookUps: number;
  /** How many of the look-ups are of another object than all others. */
  readonly distinctLookUps: number;
}

async function evaluate(folder: string, recordTo: string | undefined): Promise<void> {
  process.env.AUTHENTIK_URL ??= "http://127.0.0.1:1";
  process.env.AUTHENTIK_TOKEN ??= "benchmark-token";
  process.chdir(folder);
  const recorder = await record("plana-sso", STACK, CONFIG);
  const sdk = performance.now();
  const program = (await import(join(folder, "index.ts"))) as { readonly default: () => Promise<unknown> };
  const loaded = performance.now();
  await program.default();
  await runtime.disconnect();
  const registered = performance.now();
  if (recordTo) writeFileSync(recordTo, JSON.stringify(recorder));
  const said: Evaluated = {
    milliseconds: { sdk, loaded, registered },
    peakBytes: process.resourceUsage().maxRSS * 1024,
    resources: recorder.resources.length,
    components: recorder.components,
    lookUps: recorder.lookUps.length,
    distinctLookUps: new Set(recorder.lookUps.map(({ token, args }) => token + JSON.stringify(args))).size,
  };
  console.log(JSON.stringify(said));
}

const [folder = "", recordTo] = process.argv.slice(2);
evaluate(folder, recordTo).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
