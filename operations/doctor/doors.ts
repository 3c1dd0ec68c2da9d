import type { Json } from "../../live/authentik";
import { applyAgain, ofType, type Check, type Examination, type Finding } from "./examination";

/** A flow through which somebody can get in. */
interface Door {
  readonly flow: string;
  /** As `the brand's login`. */
  readonly through: string;
}

const LOGIN = "ak-stage-user-login-form";
const WRITE = "ak-stage-user-write-form";
/** Stages in which a person enrols a device. */
const SETUP = /^ak-stage-authenticator-(?!validate-)/;
/** The policy that Authentik ships on the second factor: skips it after a passwordless WebAuthn login. */
const SHIPPED = "default-authentication-flow-authenticator-validate-stage";

/** On every door, the second factor comes before the login, before a password is written, and before any enrolment. */
export const doors: Check = {
  name: "second factor on every door",
  async run(examination) {
    const { objects } = examination;
    const mend = applyAgain(examination);
    const [stage] = ofType(examination, "StageAuthenticatorValidate");
    const live = (await objects.list("/stages/authenticator/validate/")).find(({ pk }) => pk === stage?.id);
    if (!live) {
      const meaning = "the stage that asks for the second factor is gone: a password alone lets in";
      return [{ severity: "error", subject: "second factor", meaning, mend }];
    }
    const found: Finding[] = [];
    const fault = (subject: string, meaning: string) =>
      found.push({ severity: "error", subject, meaning, mend });
    const subject = `stage ${String(live.name)}`;
    if (!["configure", "deny"].includes(String(live.not_configured_action)))
      fault(
        subject,
        `not_configured_action is ${String(live.not_configured_action)}: who has no TOTP is let in`,
      );
    if (!list(live.device_classes).includes("totp"))
      fault(subject, "device_classes has no totp: no code is asked");
    if (live.not_configured_action === "configure" && list(live.configuration_stages).length === 0)
      fault(subject, "configuration_stages is empty: nobody without TOTP can enrol");
    const flows = await objects.list("/flows/instances/");
    for (const { flow, through } of await doorsOf(examination)) {
      const name = flows.find(({ pk }) => pk === flow)?.slug;
      for (const meaning of await faultsOf(examination, flow, String(live.pk)))
        fault(`flow ${typeof name === "string" ? name : flow} (${through})`, meaning);
    }
    return found;
  },
};

/** The flows that brands, sources of any kind, providers and the identification stages lead to. */
async function doorsOf({ objects }: Examination): Promise<Door[]> {
  const doorways: [unknown, string][] = [];
  for (const brand of await objects.list("/core/brands/")) {
    const name = `brand ${String(brand.domain)}`;
    doorways.push(
      [brand.flow_authentication, `login of ${name}`],
      [brand.flow_recovery, `recovery of ${name}`],
    );
  }
  for (const source of await objects.list("/sources/all/")) {
    if (source.enabled !== true) continue;
    const name = `source ${String(source.slug)}`;
    doorways.push(
      [source.authentication_flow, `login of ${name}`],
      [source.enrollment_flow, `enrolment of ${name}`],
    );
  }
  for (const stage of await objects.list("/stages/identification/")) {
    const name = `stage ${String(stage.name)}`;
    doorways.push(
      [stage.passwordless_flow, `passwordless login of ${name}`],
      [stage.recovery_flow, `recovery of ${name}`],
      [stage.enrollment_flow, `enrolment of ${name}`],
    );
  }
  for (const provider of await objects.list("/providers/all/")) {
    // Of an application that is opened without a session; where it is empty, the brand's.
    doorways.push([provider.authentication_flow, `login of provider ${String(provider.name)}`]);
  }
  const unique = new Map<string, Door>();
  for (const [flow, through] of doorways) {
    if (typeof flow === "string" && !unique.has(flow)) unique.set(flow, { flow, through });
  }
  return [...unique.values()];
}

async function faultsOf({ objects }: Examination, flow: string, stage: string): Promise<string[]> {
  const bindings = (await objects.list("/flows/bindings/"))
    .filter(({ target }) => target === flow)
    .sort((a, b) => Number(a.order) - Number(b.order));
  const component = (binding: Json) => (binding.stage_obj as Json | undefined)?.component;
  const factor = bindings.find((binding) => binding.stage === stage);
  const opening = bindings.find((binding) => [LOGIN, WRITE].includes(String(component(binding))));
  if (!opening) return [];
  if (!factor) return ["does not ask for the second factor"];
  const faults: string[] = [];
  if (Number(factor.order) >= Number(opening.order)) {
    const what = component(opening) === WRITE ? "a password is written" : "the login";
    faults.push(
      `asks for the second factor (${String(factor.order)}) after ${what} (${String(opening.order)})`,
    );
  }
  for (const setup of bindings.filter((binding) => SETUP.test(String(component(binding))))) {
    if (Number(setup.order) > Number(factor.order)) continue;
    faults.push(
      `lets people enrol a device (${String(setup.order)}) before the second factor is asked (${String(factor.order)}): the password alone is enough`,
    );
  }
  for (const bound of await objects.list("/policies/bindings/")) {
    if (bound.enabled === false) continue;
    if (bound.target !== factor.policybindingmodel_ptr_id && bound.target !== factor.pk) continue;
    const name = (bound.policy_obj as Json | null | undefined)?.name;
    if (name === SHIPPED && bound.negate !== true) continue;
    faults.push(
      `asks for the second factor only where ${typeof name === "string" ? name : "a group or a person"} passes`,
    );
  }
  return faults;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
