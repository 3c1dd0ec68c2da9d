import { openingText } from "../model/access";
import { compare, nameOf } from "../model/applications";
import type { Change } from "../model/change";
import { beside } from "./doors";
import type { Door, Lock } from "../model/doors";
import type { Finding } from "./finding";
import type { Step } from "../model/flows";
import { pairs, type Pair, type Picture } from "../model/picture";
import { secondFactorText } from "../model/second-factor";
import { TYPES } from "../model/snapshot";
import { names, say, type Text } from "../../shell/words";

/**
 * Steps of flows that come, go or change, where no lock, enrolment or second factor tells it. Of a flow that comes or
 * goes as a whole, and of steps that are deleted, the objects are told.
 *
 * @param explained steps whose loss is believed to be told as that of a lock or a second factor.
 */
export function stepFindings(
  before: Picture,
  after: Picture,
  changes: ReadonlyMap<string, Change>,
  explained: ReadonlySet<string>,
): Finding[] {
  const findings: Finding[] = [];
  for (const flow of [...new Set([...before.steps.keys(), ...after.steps.keys()])].sort(compare)) {
    const made = changes.get(flow)?.op;
    if (made === "create" || made === "delete") continue;
    const doors = pairs(
      before.doors.filter((door) => door.flow === flow),
      after.doors.filter((door) => door.flow === flow),
      ({ name }) => name,
    );
    const called = doors.map(({ before: old, after: now }) => (now ?? old)?.name ?? "");
    const item = after.state.item(flow) ?? before.state.item(flow);
    const where = called.length > 0 ? say`door ${names(called)}` : say`flow ${nameOf(item) ?? flow}`;
    for (const step of pairs(before.steps.get(flow) ?? [], after.steps.get(flow) ?? [], ({ key }) => key)) {
      const { before: old, after: now } = step;
      if (old?.signature === now?.signature) continue;
      const key = (now ?? old)?.key ?? "";
      if (!now && changes.get(key)?.op === "delete" && !explained.has(key)) continue;
      if (doors.length > 0 && doors.every((door) => isTold(step, door))) continue;
      findings.push({ rule: "step", text: stepText(step, where) });
    }
  }
  return findings;
}

function isTold({ before: old, after: now }: Pair<Step>, { before: was, after: is }: Pair<Door>): boolean {
  // A door that opens or closes is told as such; through which steps, is not.
  if (!was || !is) return false;
  const step = now ?? old;
  if (!step) return false;
  const ofStep = (kind: "locks" | "enrolments") => {
    const own = (locks: readonly Lock[]) => locks.filter((lock) => lock.step === step.key);
    return [own(beside(was[kind], is[kind])), own(beside(is[kind], was[kind]))] as const;
  };
  if (step.stage?.type === TYPES.deny)
    return ofStep("locks").flat().length > 0 || was.refusesAll.join("\n") !== is.refusesAll.join("\n");
  const first = was.enrolsFirst !== is.enrolsFirst;
  if (step.enrols) {
    // The same words are not told twice.
    const [lost, won] = ofStep("enrolments").map((locks) => locks.map(({ text }) => text).join("\n"));
    return first || lost !== won;
  }
  if (step.stage?.type === TYPES.validate)
    return first || secondFactorText(was.secondFactor) !== secondFactorText(is.secondFactor);
  return false;
}

function stepText({ before: old, after: now }: Pair<Step>, where: Text): Text {
  if (!now) return say`The ${where} loses the step ${old ? description(old) : ""}. Read it.`;
  if (!old) return say`The ${where} gets the step ${description(now)}. Read it.`;
  const [was, is] = [description(old), description(now)];
  return JSON.stringify(was) === JSON.stringify(is)
    ? say`The ${where} judges the step ${is} otherwise than before. Read it.`
    : say`In the ${where} the step ${was} becomes ${is}. Read it.`;
}

function description({ stage, stageKey, order, guards }: Step): Text {
  const type = stage?.type.slice(stage.type.lastIndexOf(":") + 1) ?? "stage";
  const who = guards.length > 0 ? say`, for ${names(guards.map(openingText))}` : [];
  return say`${`${type} ${nameOf(stage) ?? stageKey}`} at ${order}${who}`;
}
