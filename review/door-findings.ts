import type { Change } from "./change";
import type { Door } from "./doors";
import { STRENGTHS, secondFactorText } from "./second-factor";
import type { Finding } from "./finding";
import { pairs, type Picture } from "./picture";
import { nameOf } from "./applications";
import { names, say } from "./text";

/** What becomes of the ways to log in, and of what guards them. */
export function doorFindings(
  before: Picture,
  after: Picture,
  changes: ReadonlyMap<string, Change>,
  firstTime: boolean,
): Finding[] {
  const findings = pairs(before.doors, after.doors, ({ name }) => name).flatMap(
    ({ before: old, after: now }) => {
      if (!now)
        return old ? [{ rule: "door-changed" as const, text: say`Closes the door ${old.name}.` }] : [];
      return [
        ...stateFindings(now, old),
        ...(old ? differences(old, now) : firstTime ? [] : opened(now)),
        ...(old && !firstTime ? elsewhere(old, now) : []),
      ];
    },
  );
  return [...findings, ...policyFindings(after, changes)];
}

/** What is no looser or stricter, but another thing: only who reads the change can tell. */
function elsewhere(old: Door, now: Door): Finding[] {
  const findings: Finding[] = [];
  if (old.flow !== now.flow)
    findings.push({ rule: "door", text: say`The door ${now.name} leads through another flow than before.` });
  if (old.identity !== now.identity && now.identity !== "")
    findings.push({
      rule: "door",
      text: say`The door ${now.name} asks another identity provider, or at other addresses.`,
    });
  if (old.matching !== now.matching && now.matching !== "")
    findings.push({
      rule: "door",
      text: say`The door ${now.name} matches people by ${now.matching}, no longer by ${old.matching}.`,
    });
  return findings;
}

/** What may not be, whether it is new or not. */
function stateFindings(now: Door, old: Door | undefined): Finding[] {
  const findings: Finding[] = [];
  const { strength } = now.secondFactor;
  // One that was stricter is told as a difference.
  if (strength !== "required" && (!old || old.secondFactor.strength === strength)) {
    findings.push({
      rule: "second-factor",
      text: say`The door ${now.name} does not insist on a second factor: ${secondFactorText(now.secondFactor)}.`,
      standing: old !== undefined,
    });
  }
  if (now.enrols) {
    const text = say`The door ${now.name} makes accounts for strangers.`;
    findings.push({ rule: "door", text, standing: old?.enrols === true });
  }
  if (now.enrolsFirst) {
    const text = say`The door ${now.name} lets people enrol a device before it asks for one.`;
    findings.push({ rule: "door", text, standing: old?.enrolsFirst === true });
  }
  if (now.refusesAll.length > 0) {
    findings.push({
      rule: "door",
      text: say`The door ${now.name} refuses everyone: no policy is bound to ${names(now.refusesAll)}.`,
      standing: (old?.refusesAll.length ?? 0) > 0,
    });
  }
  if (now.key.startsWith("source ") && now.domains.length === 0) {
    const text = say`The door ${now.name} does not look at the mail domain.`;
    findings.push({ rule: "domain", text, standing: old?.domains.length === 0 });
  }
  return findings;
}

function opened(now: Door): Finding[] {
  return [
    {
      rule: "door-changed",
      text: say`Opens the door ${now.name}, second factor: ${secondFactorText(now.secondFactor)}.`,
    },
  ];
}

function differences(old: Door, now: Door): Finding[] {
  const findings: Finding[] = [];
  const [was, is] = [old.secondFactor, now.secondFactor];
  const rank = STRENGTHS.indexOf(is.strength) - STRENGTHS.indexOf(was.strength);
  const devices = is.devices.filter((device) => !was.devices.includes(device));
  const looser =
    rank < 0 ||
    (was.refusedWithout && !is.refusedWithout) ||
    (is.remembered !== "" && is.remembered !== was.remembered) ||
    (rank === 0 && devices.length > 0);
  const texts = [secondFactorText(was), secondFactorText(is)] as const;
  if (looser) {
    const text = say`The second factor of the door ${now.name} is loosened: ${texts[0]} becomes ${texts[1]}.`;
    findings.push({ rule: "second-factor", text });
  } else if (texts[0] !== texts[1]) {
    const text = say`The second factor of the door ${now.name} becomes ${texts[1]}.`;
    findings.push({ rule: "door-changed", text });
  }
  const lost = old.locks.filter((lock) => !now.locks.includes(lock));
  const won = now.locks.filter((lock) => !old.locks.includes(lock));
  if (lost.length > 0) {
    findings.push({ rule: "lock", text: say`The door ${now.name} loses a lock: ${names(lost)}.` });
  }
  if (won.length > 0) {
    findings.push({ rule: "door-changed", text: say`The door ${now.name} gets a lock: ${names(won)}.` });
  }
  // Without it people are shut out, and nobody is let in: never unsafe.
  const unsent = old.enrolments.filter((who) => !now.enrolments.includes(who));
  const sent = now.enrolments.filter((who) => !old.enrolments.includes(who));
  if (unsent.length > 0) {
    const text = say`The door ${now.name} no longer sends to enrol: ${names(unsent)}.`;
    findings.push({ rule: "door-changed", text });
  }
  if (sent.length > 0) {
    findings.push({ rule: "door-changed", text: say`The door ${now.name} sends to enrol: ${names(sent)}.` });
  }
  const admitted = now.domains.filter((domain) => !old.domains.includes(domain));
  const refused = old.domains.filter((domain) => !now.domains.includes(domain));
  if (admitted.length > 0)
    findings.push({
      rule: "domain",
      text: say`The door ${now.name} may let in another mail domain: ${names(admitted)}.`,
    });
  if (refused.length > 0 && now.domains.length > 0)
    findings.push({
      rule: "door-changed",
      text: say`The door ${now.name} no longer names the mail domain ${names(refused)}.`,
    });
  return findings;
}

/** A policy decides by what is written in it; whether that is looser nobody can tell from outside. */
function policyFindings(after: Picture, changes: ReadonlyMap<string, Change>): Finding[] {
  const used = new Set([
    ...after.doors.flatMap((door) => door.policies),
    ...[...after.applications.values()].flatMap(({ openings }) =>
      openings.filter(({ kind }) => kind === "policy").map(({ key }) => key),
    ),
  ]);
  const logged = new Set(["executionLogging"]);
  return after.state.ofTypes("authentik:index/policy").flatMap((item) => {
    const change = changes.get(item.key);
    const differing = [...(change?.differing ?? [])].filter((property) => !logged.has(property)).sort();
    if (!used.has(item.key) || change?.op !== "update" || differing.length === 0) return [];
    const text = say`Policy ${nameOf(item) ?? item.key} decides otherwise than before (${names(differing)}): read the change.`;
    return [{ rule: "policy" as const, text }];
  });
}
