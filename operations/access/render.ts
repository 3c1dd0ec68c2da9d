import { visible } from "../../stacks/visible";
import type { Difference } from "./differences";

/** That a person may enter an application. */
export interface Line {
  readonly person: string;
  readonly application: string;
  /** `maybe` where a policy decides. */
  readonly entry: "yes" | "maybe" | "no";
  /** What it is just now. */
  readonly enters: boolean;
  readonly through: string;
}

export interface Told {
  /** Username or slug that was asked for; absent for all. */
  readonly asked?: string;
  readonly people: readonly {
    readonly username: string;
    readonly name: string;
    readonly active: boolean;
    readonly administers: boolean;
    readonly groups: readonly string[];
  }[];
  readonly access: readonly Line[];
  readonly differences: readonly Difference[];
}

/** For people to read: person by person, or, for one application, who enters it. */
export function render({ asked, people, access, differences }: Told): string {
  const ofApplication = asked !== undefined && !people.some(({ username }) => username === asked);
  const lines = ofApplication
    ? [
        `${asked} may be entered by:`,
        ...(access.length === 0
          ? ["  nobody"]
          : access.map((line) => `  ${line.person}  through ${line.through}${policy(line)}`)),
      ]
    : people.flatMap(({ username, name, active, administers, groups }) => {
        const state = [active ? "" : "disabled", administers ? "administers Authentik" : ""].filter(Boolean);
        return [
          `${username}${name ? ` (${name})` : ""}${state.length > 0 ? `: ${state.join(", ")}` : ""}`,
          `  groups: ${groups.join(", ") || "none"}`,
          ...entriesOf(access.filter(({ person }) => person === username)),
        ];
      });
  const told =
    differences.length === 0
      ? ["The server is as the program says."]
      : [
          "Otherwise than the program says:",
          ...differences.map(({ of, kind, text }) => `  ${SIGN[kind]} ${of} ${text}`),
        ];
  return [...lines, "", ...told].map(visible).join("\n");
}

const SIGN = { more: "+", less: "-", other: "~" };

/** Applications with the same way in, on one line. */
function entriesOf(access: readonly Line[]): string[] {
  if (access.length === 0) return ["  may enter nothing"];
  const ways = new Map<string, string[]>();
  for (const line of access) {
    const way = `${line.through}${policy(line)}`;
    ways.set(way, [...(ways.get(way) ?? []), line.application]);
  }
  return [...ways].map(([way, slugs]) => `  through ${way}: ${slugs.join(", ")}`);
}

function policy({ entry, enters }: Line): string {
  return entry === "maybe" ? ` (a policy decides; just now ${enters ? "yes" : "no"})` : "";
}
