import type { Organisation } from "../organisation";
import { prod } from "../prod";

/** What the embedded default runs: all of PLANA, so that a change of production is tried whole. */
export const local: Organisation = prod;
