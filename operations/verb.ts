import type { Command } from "commander";

import type { Context, Result } from "./context";

/** Runs a verb in the context of the command line's options. */
export type Run = (act: (context: Context) => Promise<Result>) => Promise<void>;

/** Adds one verb, or a noun with its verbs, to the command line. */
export type AddVerb = (program: Command, run: Run) => void;
