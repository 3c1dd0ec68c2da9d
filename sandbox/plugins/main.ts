import { serve, type Plugin } from "./server";

/** Each stand-in is loaded only when asked for: start-up counts in every engine run. */
const PLUGINS: Readonly<Record<string, () => Promise<Plugin>>> = {
  authentik: async () => (await import("./authentik")).authentik(),
  kubernetes: async () => (await import("./kubernetes")).kubernetes(),
  random: async () => (await import("./random")).random(),
};

async function main(): Promise<void> {
  const name = process.argv[2] ?? "";
  const load = PLUGINS[name];
  if (!load) throw new Error(`unknown plugin "${name}", expected one of ${Object.keys(PLUGINS).join(", ")}`);
  const { port } = await serve(await load());
  process.stdout.write(`${port}\n`);
  // An engine that was killed cannot stop its plugins: they go when they are orphaned.
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && process.exit(0), 1000).unref();
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
