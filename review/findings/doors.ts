import type { Change } from "../model/change";
import type { Door, Lock } from "../model/doors";
import { STRENGTHS, secondFactorText } from "../model/second-factor";
import type { Finding } from "./finding";
import { pairs, type Picture } from "../model/picture";
import { compare, nameOf } from "../model/applications";
import { names, say } from "../../shell/words";

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
        ...(old && !firstTime ? [...elsewhere(old, now), ...decidedBy(old, now, after)] : []),
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

/** Locks of `one` that `other` has not. */
export function beside(one: readonly Lock[], other: readonly Lock[]): Lock[] {
  const left = other.map(({ id }) => id);
  return one.filter(({ id }) => {
    const at = left.indexOf(id);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

/** Policies that come to decide, also under the name of another one; locks for a few; locks that hold otherwise. */
function decidedBy(old: Door, now: Door, after: Picture): Finding[] {
  const findings: Finding[] = [];
  const come = now.policies.filter((policy) => !old.policies.includes(policy));
  if (come.length > 0) {
    const policies = names(come.map((key) => nameOf(after.state.item(key)) ?? key).sort(compare));
    findings.push({
      rule: "policy",
      text: say`At the door ${now.name} decides what did not before: policy ${policies}. Read it.`,
    });
  }
  const won = beside(now.locks, old.locks);
  const few = won.filter(({ only }) => only !== undefined).map(({ text }) => text);
  if (few.length > 0)
    findings.push({
      rule: "lock",
      text: say`The door ${now.name} shuts out everyone else: it comes to let in ${names(few)}.`,
    });
  const lost = beside(old.locks, now.locks).map(({ text }) => text);
  const otherwise = won.filter(({ text }) => lost.includes(text));
  if (otherwise.length > 0 && come.length === 0)
    findings.push({
      rule: "lock",
      text: say`The door ${now.name} has a lock that holds otherwise than before, as where its policy breaks: ${names(otherwise.map(({ text }) => text))}.`,
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
  for (const policy of now.passesOnError) {
    findings.push({
      rule: "passes-on-error",
      text: say`The door ${now.name} lets people in when policy ${policy} breaks.`,
      standing: old?.passesOnError.includes(policy) === true,
    });
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
  const [lost, won] = differing(old.locks, now.locks);
  if (lost.length > 0) {
    findings.push({
      rule: "lock",
      text: say`The door ${now.name} loses a lock: ${names([...new Set(lost)])}.`,
    });
  }
  if (won.length > 0) {
    findings.push({
      rule: "door-changed",
      text: say`The door ${now.name} gets a lock: ${names([...new Set(won)])}.`,
    });
  }
  // Without it people are shut out, and nobody is let in: never unsafe.
  const [unsent, sent] = differing(old.enrolments, now.enrolments);
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

/** What goes and what comes, in words. What is told by the same words is another lock none the less: see `decidedBy`. */
function differing(old: readonly Lock[], now: readonly Lock[]): [string[], string[]] {
  const was = beside(old, now).map(({ text }) => text);
  const is = beside(now, old).map(({ text }) => text);
  return [was.filter((text) => !is.includes(text)), is.filter((text) => !was.includes(text))];
}

/** A policy decides by what is written in it; whether that is looser nobody can tell from outside. */
function policyFindings(after: Picture, changes: ReadonlyMap<string, Change>): Finding[] {
  const used = new Set([
    ...after.doors.flatMap((door) => door.policies),
    ...[...after.applications.values()].flatMap(({ openings }) =>
      openings.filter(({ kind }) => kind === "policy").map(({ key }) => key),
    ),
  ]);
  // What decides nothing.
  const logged = new Set(["executionLogging", "name", "errorMessage"]);
  return after.state.ofTypes("authentik:index/policy").flatMap((item) => {
    const change = changes.get(item.key);
    const differing = [...(change?.differing ?? [])].filter((property) => !logged.has(property)).sort();
    if (!used.has(item.key) || change?.op !== "update" || differing.length === 0) return [];
    const text = say`Policy ${nameOf(item) ?? item.key} decides otherwise than before (${names(differing)}): read the change.`;
    return [{ rule: "policy" as const, text }];
  });
}
