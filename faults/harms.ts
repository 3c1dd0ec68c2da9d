import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { FAULTS, type Fault } from "../sandbox/fault-proxy";
import type { Ground } from "./ground";
import { STATE_FILE, type Ended, type Site } from "./site";
import type { Subject } from "./subjects";

/** Gives a whole number from 1 to `most`. */
export type Chance = (most: number) => number;

/** What an undisturbed run needs. */
export interface Undisturbed {
  /** Requests that both servers get. */
  readonly requests: number;
  readonly milliseconds: number;
}

/** A way to be harmed. */
export interface Harm {
  /** Which subjects it is for; all unless told. */
  readonly subjects?: readonly string[];
  /** Why it cannot be tried on this machine. */
  readonly impossible?: () => string | undefined;
  /** Harms what is on disk, before the servers start. */
  readonly before?: (ground: Ground, folder: string, chance: Chance) => void;
  /** Runs the subject and harms it meanwhile; unless told, it just runs. */
  readonly during?: (site: Site, subject: Subject, chance: Chance, usual: Undisturbed) => Promise<Ended>;
}

const DEPLOYMENTS = ["up", "change", "adopt"];

/** A command with fewer requests than this does most of its work between them: it is killed by the clock. */
const FEW = 50;

/** How many requests in a row meet a fault of the server: more than any client tries again. */
const ROW = 12;

function answer(fault: Fault): Harm {
  return {
    during: async (site, subject, chance, { requests }) => {
      const first = chance(requests);
      let met = 0;
      site.watch((_, number, server) => {
        if (server !== "authentik" || number < first || met === ROW) return undefined;
        met += 1;
        return fault;
      });
      return { ...(await site.run(subject.args)), struck: met > 0 };
    },
  };
}

const named = (name: string): Fault => {
  const fault = FAULTS[name];
  if (!fault) throw new Error(`no fault "${name}"`);
  return fault;
};

/** Every harm by its name. */
export const HARMS: Readonly<Record<string, Harm>> = {
  killed: {
    during: async (site, subject, chance, { requests, milliseconds }) => {
      const ended = await site.run(subject.args, {
        begin: (kill) => {
          if (requests < FEW) {
            setTimeout(kill, chance(milliseconds));
            return;
          }
          const last = chance(requests);
          site.watch((_, number) => {
            if (number === last) kill();
            return undefined;
          });
        },
      });
      return { ...ended, struck: ended.code === undefined };
    },
  },
  "answers-500": answer(named("500")),
  "answers-502": answer(named("502")),
  "answers-429": answer({ status: 429, body: "", headers: { "retry-after": "1" } }),
  "resets-before": answer(named("cut before")),
  "resets-after": answer(named("cut after")),
  "resets-inside": answer(named("cut inside")),
  truncates: answer({ half: true }),
  slow: answer({ delay: 1_000 }),
  silent: answer({ silent: true }),
  restarts: {
    during: (site, subject, chance, { requests }) => {
      const at = chance(requests);
      let down = false;
      const restart = async () => {
        await site.sandbox.restartAuthentik();
        await new Promise((resolve) => setTimeout(resolve, 1_500));
        site.authentik.target = site.sandbox.authentik.url;
        down = false;
      };
      site.watch((_, number, server) => {
        if (number === at) {
          down = true;
          void restart();
        }
        return down && server === "authentik" ? { cut: "before" } : undefined;
      });
      return site.run(subject.args);
    },
  },
  "two-at-once": {
    subjects: ["up", "change"],
    during: async (site, { args }) => {
      const both = await Promise.all([site.run(args), site.run(args)]);
      return both.find(({ code }) => code !== 0) ?? both[0];
    },
  },
  "full-disk": {
    subjects: DEPLOYMENTS,
    impossible: () => {
      const { status } = spawnSync("unshare", [...OWN_MOUNTS, "true"]);
      return status === 0 ? undefined : "`unshare` may not mount here";
    },
    during: async (site, { args }, chance, { requests }) => {
      const state = join(site.directory, "state");
      const full = chance(requests);
      site.watch((_, number) => {
        if (number === full) writeFileSync(`${state}.fill`, "");
        return undefined;
      });
      const ended = await site.run(args, {
        within: (command) => ["unshare", ...OWN_MOUNTS, "sh", "-c", ON_OWN_DISK, "sh", state, ...command],
      });
      if (!existsSync(`${state}.after`)) throw new Error(`the disk did not work:\n${ended.said}`);
      rmSync(state, { recursive: true });
      cpSync(`${state}.after`, state, { recursive: true });
      rmSync(`${state}.after`, { recursive: true });
      return ended;
    },
  },
  "damaged-state": {
    subjects: ["change"],
    before: (_, folder, chance) => {
      const file = join(folder, STATE_FILE);
      const whole = readFileSync(file);
      const damage = [whole.subarray(0, chance(whole.length - 1)), Buffer.alloc(0), Buffer.alloc(4096)];
      writeFileSync(file, damage[chance(3) - 1] ?? "");
      // Half of the times the copy beside it is lost, too.
      if (chance(2) === 1) rmSync(`${file}.bak`, { force: true });
    },
  },
  "lost-seconds": {
    subjects: ["change"],
    before: (ground, folder) => copyFileSync(ground.half, join(folder, ".sandbox/authentik.json")),
  },
};

const OWN_MOUNTS = ["--user", "--map-root-user", "--mount"];

/**
 * Runs a command while its state lies on a disk of its own, which is filled when a file says so. The engine tries each
 * write again for half a minute, and then the next: somebody who watches it presses Ctrl-C.
 */
const ON_OWN_DISK = `
state=$1; shift
cp -a "$state" "$state.before"
mount -t tmpfs -o size=150m tmpfs "$state" && cp -a "$state.before/." "$state/" || exit 99
rm -rf "$state.before"
(while [ ! -e "$state.fill" ]; do sleep 0.02; done; cat /dev/zero > "$state/ballast") 2>/dev/null &
filler=$!
timeout --signal INT --kill-after 60 60 "$@"; code=$?
kill $filler; wait $filler 2>/dev/null
rm -f "$state/ballast" "$state.fill"; cp -a "$state" "$state.after"
exit $code`;
