import type { Report } from "./report";
import { count } from "../shell/words";

type Seen = Pick<Report, "people" | "applications" | "objects" | "findings" | "verdict">;

/** The one sentence a reviewer must read: who gains, who loses, and what happens to the objects. */
export function headline(report: Seen): string {
  const { people, applications, objects, verdict } = report;
  const gaining = people.filter(({ access }) => access.some(({ change }) => change === "gained")).length;
  const losing = people.filter(({ access }) => access.some(({ change }) => change === "lost")).length;
  if (verdict === "unchanged") {
    const staying = people.filter(({ active }) => active).length;
    return `Nothing changes: ${count(staying, "active person", "active people")}, ${count(applications.length, "application")}.`;
  }
  const access =
    gaining + losing === 0
      ? "Nobody gains or loses access"
      : [
          ...(gaining > 0 ? [`${count(gaining, "person gains", "people gain")} access`] : []),
          ...(losing > 0 ? [`${count(losing, "person loses", "people lose")} access`] : []),
        ].join(", ");
  const done = [
    ...(objects.create > 0 ? [`${objects.create} created`] : []),
    ...(objects.update > 0 ? [`${objects.update} updated`] : []),
    ...(objects.replace > 0 ? [`${objects.replace} replaced`] : []),
    ...(objects.delete > 0 ? [`${objects.delete} deleted`] : []),
    ...(objects.unprotected > 0 ? [`${objects.unprotected} no longer protected`] : []),
  ];
  const told = done.length > 0 ? `objects: ${done.join(", ")}` : "no object changes";
  return `${access}; ${told}.`;
}
