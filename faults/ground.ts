import { copyFileSync, cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { copyProject } from "../sandbox/copy-project";
import { FaultProxy } from "../sandbox/fault-proxy";
import { SECRETS, SETTINGS } from "../sandbox/trial";
import { Site, STACK, type Doors } from "./site";

/** Where an attempt begins: a stack before its first `up`, after it, or with servers that it knows nothing of. */
export type Start = "empty" | "whole" | "unknown";

/** Who is offboarded, and so must hold nothing afterwards. */
export const LEAVER = "boyan.rabchev";

const HALF = "half.json";

/** A stack and its servers in three copies, from which each attempt gets its own. */
export class Ground {
  private attempts = 0;
  private readonly opened: Site[] = [];

  private constructor(
    readonly root: string,
    private readonly folder: string,
    private readonly doors: Doors,
  ) {}

  static async prepare(root: string): Promise<Ground> {
    const folder = mkdtempSync(join(tmpdir(), "plana-sso-faults-"));
    const ground = new Ground(root, folder, {
      authentik: await FaultProxy.start(),
      kubernetes: await FaultProxy.start(),
    });
    process.once("exit", ground.abandon);
    try {
      await ground.lay();
    } catch (error) {
      // Its doors would keep the process alive.
      await ground.close();
      throw error;
    }
    return ground;
  }

  /** A fresh copy for one attempt; the servers are not started. */
  fresh(from: Start): string {
    this.attempts += 1;
    const name = `attempt-${this.attempts}`;
    this.copy(from, name);
    return this.place(name);
  }

  async open(folder: string): Promise<Site> {
    const site = await Site.open(this.root, folder, this.doors);
    this.opened.push(site);
    return site;
  }

  /** The state file of the emulated Authentik as it was when the first application was made. */
  get half(): string {
    return join(this.folder, HALF);
  }

  async close(): Promise<void> {
    process.off("exit", this.abandon);
    await Promise.all([this.doors.authentik.close(), this.doors.kubernetes.close()]);
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Of a run that is ended from outside nothing is to be left: no command of it, in a group of its own, and no copy. */
  private readonly abandon = (): void => {
    for (const site of this.opened) site.kill();
    rmSync(this.folder, { recursive: true, force: true });
  };

  private async lay(): Promise<void> {
    copyProject(this.root, this.place("empty"));
    await this.at("empty", configure);
    this.copy("empty", "whole");
    await this.at("whole", (site) => this.bringUp(site));
    this.copy("whole", "unknown");
    await this.at("unknown", forgetState);
  }

  private place(name: string): string {
    return join(this.folder, name);
  }

  private copy(from: string, to: string): void {
    cpSync(this.place(from), this.place(to), { recursive: true, verbatimSymlinks: true });
  }

  private async at(name: Start, act: (site: Site) => Promise<void>): Promise<void> {
    const site = await this.open(this.place(name));
    try {
      await act(site);
    } finally {
      await site.close();
    }
  }

  private async bringUp(site: Site): Promise<void> {
    let half = false;
    site.watch(({ method, path }) => {
      // Some of everything is there by then.
      if (!half && method === "POST" && path.startsWith("/api/v3/core/applications/")) {
        half = true;
        copyFileSync(join(site.directory, "authentik.json"), this.half);
      }
      return undefined;
    });
    const { code, said } = await site.run(["up", "--stack", STACK]);
    if (code !== 0) throw new Error(`the stack that is to be harmed does not come up:\n${said}`);
    await plantHoldings(site);
  }
}

async function configure(site: Site): Promise<void> {
  await must(site, ["stack", "init"]);
  for (const [key, value] of Object.entries({ ...SETTINGS, "authentik:url": site.authentik.url })) {
    await must(site, ["config", "set", key, value]);
  }
  for (const [key, value] of Object.entries({ ...SECRETS, "authentik:token": site.sandbox.token })) {
    await must(site, ["config", "set", "--secret", key], value);
  }
}

async function forgetState(site: Site): Promise<void> {
  await must(site, ["stack", "rm", "--force", "--yes", "--preserve-config"]);
  await must(site, ["stack", "init"]);
}

/** What the leaver holds: a session and a token, which only an offboarding takes away. */
async function plantHoldings(site: Site): Promise<void> {
  const { url } = site.sandbox.authentik;
  const headers = { authorization: `Bearer ${site.sandbox.token}`, "content-type": "application/json" };
  const ask = async (method: string, path: string, body?: unknown) => {
    const answer = await fetch(url + path, { method, headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as { readonly results: readonly { readonly pk: number }[] };
  };
  const { results } = await ask("GET", `/api/v3/core/users/?username=${LEAVER}`);
  const user = results[0]?.pk;
  await ask("POST", "/-/sandbox/core/authenticated_sessions/", { user });
  await ask("POST", "/api/v3/core/tokens/", { identifier: "leaver-password", intent: "app_password", user });
}

async function must(site: Site, args: readonly string[], stdin?: string): Promise<void> {
  const { code, stdout, stderr } = await site.pulumi(args, stdin);
  if (code !== 0) throw new Error(`pulumi ${args.join(" ")}: exit ${code}\n${stdout}${stderr}`);
}
