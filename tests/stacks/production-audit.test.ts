import { textOf } from "../../sandbox/plugins/wire";
import { ak, runProgram, type Program } from "../program";

let program: Program;

beforeAll(async () => {
  program = await runProgram();
});

const inputs = (type: string, name: string) => program.recorder.one(ak(type), name).inputs;

/** What is bound to an event rule. */
function bound(target: string): unknown[] {
  return program.recorder
    .all(ak("PolicyBinding"))
    .filter((binding) => binding.inputs.target === target)
    .map((binding) => binding.inputs.policy ?? binding.inputs.group)
    .sort();
}

describe("audit", () => {
  test("events are kept a year, nobody changes their own address, and no application is open by default", () => {
    const { flags, ...settings } = inputs("SystemSettings", "system-settings");
    expect(JSON.parse(textOf(flags))).toMatchObject({ core_default_app_access: false });
    expect(settings).toEqual({
      eventRetention: "days=365",
      defaultUserChangeEmail: false,
      defaultUserChangeName: false,
      defaultUserChangeUsername: false,
      gdprCompliance: true,
      impersonation: true,
      avatars: "initials",
      reputationLowerLimit: -20,
      reputationUpperLimit: 0,
      defaultTokenDuration: "days=1",
      defaultTokenLength: 60,
    });
  });

  const WATCHED = {
    "plana-impersonation": {
      severity: "alert",
      events: [["impersonation_ended"], ["impersonation_started"]],
    },
    "plana-administration": {
      severity: "warning",
      events: [
        ["model_deleted", "authentik_core.user"],
        ["model_deleted", "authentik_stages_authenticator_static.staticdevice"],
        ["model_deleted", "authentik_stages_authenticator_totp.totpdevice"],
        ["model_updated", "authentik_core.group"],
        ["model_updated", "authentik_core.user"],
        ["model_updated", "authentik_stages_authenticator_validate.authenticatorvalidatestage"],
        ["policy_exception"],
        ["secret_view"],
      ],
    },
  } as const;

  test.each(Object.entries(WATCHED))("%s notifies the administrators", (rule, { severity, events }) => {
    expect(inputs("EventRule", rule)).toEqual({
      name: rule,
      severity,
      transports: ["id:plana-administrators"],
      destinationGroup: "id:plana-admins",
      destinationEventUser: false,
    });
    const matchers = bound(`id:${rule}`).map((policy) =>
      inputs("PolicyEventMatcher", String(policy).replace(/^id:/, "")),
    );
    expect(
      matchers.map(({ action, model }) => (model === undefined ? [action] : [action, model])).sort(),
    ).toEqual(events.map((event) => [...event]));
    for (const { executionLogging } of matchers) expect(executionLogging).toBe(false);
  });

  test("every matcher belongs to one rule", () => {
    const all = program.recorder.all(ak("PolicyEventMatcher")).map(({ name }) => `id:${name}`);
    expect(
      Object.keys(WATCHED)
        .flatMap((rule) => bound(`id:${rule}`))
        .sort(),
    ).toEqual(all.sort());
  });

  test("notifications are local", () => {
    expect(inputs("EventTransport", "plana-administrators")).toMatchObject({
      name: "plana-administrators",
      mode: "local",
      sendOnce: false,
    });
  });
});
