import { local } from "./local";
import type { Organisation } from "./organisation";
import { prod } from "./prod";

/**
 * The compositions by name; a stack of another name says in its config which one it runs. Data alone: commands read it,
 * too, which load no component.
 */
export const COMPOSITIONS: Readonly<Record<string, Organisation>> = { prod, local };
