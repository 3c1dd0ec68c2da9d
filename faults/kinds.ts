import { copyFileSync } from "node:fs";
import { join } from "node:path";

import { FAULTS, type Fault } from "../sandbox/fault-proxy";
import type { Ended, Ground, Site } from "./ground";

/** Patience with an engine that a fault holds up, in milliseconds; an operator's is about as long. */
const PATIENCE = 120_000;

/** A way to be harmed. */
export interface Kind {
  /** Where it begins: before the first `up` of a stack, or after it. */
  readonly from: "empty" | "whole";
  /** Does harm to what is on disk, before the servers start. */
  readonly before?: (ground: Ground, directory: string) => void;
  /** Does harm while an engine runs. What that one said. */
  readonly during?: (ground: Ground, site: Site, chance: (most: number) => number) => Promise<Ended>;
}

/** How many requests in a row meet a fault of the server: more than any client tries again. */
const ROW = 12;

function answer(fault: Fault): Kind {
  return {
    from: "empty",
    during: async (ground, site, chance) => {
      const first = chance(ground.requests);
      site.proxy.fail((_, number) => (number >= first && number < first + ROW ? fault : undefined));
      return ground.up(site, () => undefined, PATIENCE);
    },
  };
}

const named = (name: string): Fault => {
  const fault = FAULTS[name];
  if (!fault) throw new Error(`no fault "${name}"`);
  return fault;
};

/** Every kind by its name. */
export const KINDS: Readonly<Record<string, Kind>> = {
  killed: {
    from: "empty",
    during: (ground, site, chance) =>
      ground.up(
        site,
        (kill) => {
          const last = chance(ground.requests);
          site.proxy.fail((_, number) => {
            if (number === last) kill();
            return undefined;
          });
        },
        PATIENCE,
      ),
  },
  "answer-500": answer(named("500")),
  "answer-502": answer(named("502")),
  "answer-429": answer({ status: 429, body: "", headers: { "retry-after": "1" } }),
  "reset-before": answer(named("cut before")),
  "reset-after": answer(named("cut after")),
  truncated: answer({ half: true }),
  slow: answer({ delay: 2_000 }),
  silent: answer({ silent: true }),
  "lost-seconds": {
    from: "whole",
    before: (ground, directory) => copyFileSync(ground.half, join(directory, "authentik.json")),
  },
  "two-at-once": {
    from: "empty",
    during: async (ground, site) => {
      const both = await Promise.all([
        ground.up(site, () => undefined, PATIENCE),
        ground.up(site, () => undefined, PATIENCE),
      ]);
      return both.find(({ code }) => code !== 0) ?? both[0];
    },
  },
};
