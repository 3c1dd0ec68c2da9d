import { isUnsafe } from "../../review/finding";
import { plain } from "../../review/text";
import { Recording } from "./recording";

// Nothing is done to an object without a word of the report, and nothing ordinary is called unsafe.
let now: Recording;

beforeAll(async () => {
  now = await Recording.make();
}, 900_000);

jest.setTimeout(300_000);

const findings = (changed: Recording, unsafe?: boolean) =>
  changed
    .report()
    .findings.filter((finding) => unsafe === undefined || isUnsafe(finding) === unsafe)
    .map(({ rule, text }) => `${rule}: ${plain(text)}`);
const unsafe = (changed: Recording) => findings(changed, true);
const also = (changed: Recording) => findings(changed, false);

const id = (type: string, name: string) => now.resource(type, name).id ?? "";

describe("the policy of a lock", () => {
  const urn = () => now.urn("PolicyExpression", "plana-totp-missing").replace(/[^:]*$/, "another");
  const swapped = (binding: string) =>
    now
      .update("PolicyExpression", "plana-totp-missing", { name: "old" })
      .add("PolicyExpression", "plana-totp-missing", "another", {
        name: "plana-totp-missing",
        expression: "return False and not ak_user_has_authenticator(request.user)",
      })
      .update("PolicyBinding", binding, { policy: "[unknown]" }, { policy: [urn()] });

  test("is another one of the same name", () => {
    const said = unsafe(swapped("plana-google-totp-missing-for-lack"));
    expect(said).toContainEqual(
      "policy: At the door Google decides what did not before: policy plana-totp-missing. Read it.",
    );
    expect(said.filter((one) => one.includes("loses a lock"))).toEqual([]);
  });

  test("comes beside the others", () => {
    const changed = now.add("PolicyBinding", "plana-google-staff-only", "more", {
      policy: id("PolicyReputation", "plana-lockout"),
    });
    expect(unsafe(changed)).toEqual([
      "policy: At the door Google decides what did not before: policy plana-lockout. Read it.",
    ]);
    expect(also(changed)).toEqual(["door-changed: The door Google gets a lock: only policy plana-lockout."]);
  });


  test("breaks, and people pass", () => {
    const changed = now.update("PolicyBinding", "plana-google-staff-only", { failureResult: true });
    expect(unsafe(changed)).toEqual([
      "lock: The door Google has a lock that holds otherwise than before, as where its policy breaks: only policy plana-google-staff-only.",
      "passes-on-error: The door Google lets people in when policy plana-google-staff-only breaks.",
    ]);
  });

  test("breaks, and nobody is refused", () => {
    const changed = now.update("PolicyBinding", "plana-google-totp-missing-for-lack", {
      failureResult: false,
    });
    expect(unsafe(changed)).toEqual([
      expect.stringMatching(/^lock: The door Google has a lock that holds otherwise than before/),
    ]);
  });
});

test("a door is for one group alone", () => {
  const changed = now.add("PolicyBinding", "plana-google-staff-only", "more", {
    policy: undefined,
    group: id("Group", "plana-admins"),
  });
  expect(unsafe(changed)).toEqual([
    "lock: The door Google shuts out everyone else: it comes to let in only plana-admins.",
  ]);
});

test.each([
  [
    "comes",
    () => now.add("FlowStageBinding", "plana-google-login", "more", { order: 5 }),
    "The door Google gets the step StageUserLogin plana-google-login at 5. Read it.",
  ],
  [
    "is another stage",
    () =>
      now.update("FlowStageBinding", "plana-recovery-prompt", {
        stage: id("StageUserWrite", "plana-recovery-write"),
      }),
    "In the door Recovery link the step StagePrompt plana-recovery-prompt at 10 becomes StageUserWrite plana-recovery-write at 10. Read it.",
  ],
  [
    "comes later",
    () => now.update("FlowStageBinding", "plana-recovery-prompt", { order: 30 }),
    "In the door Recovery link the step StagePrompt plana-recovery-prompt at 10 becomes StagePrompt plana-recovery-prompt at 30. Read it.",
  ],
  [
    "is judged otherwise",
    () => now.update("FlowStageBinding", "plana-recovery-write", { invalidResponseAction: "restart" }),
    "The door Recovery link judges the step StageUserWrite plana-recovery-write at 20 otherwise than before. Read it.",
  ],
  [
    "comes to a flow that is no door",
    () => now.update("FlowStageBinding", "plana-recovery-codes-codes", { order: 11 }),
    "In the flow plana-recovery-codes the step StageAuthenticatorStatic plana-recovery-codes at 10 becomes StageAuthenticatorStatic plana-recovery-codes at 11. Read it.",
  ],
])("a step of a login %s", (_what, changed, said) => {
  expect(unsafe(changed())).toContainEqual(`step: ${said}`);
});

test("a step of a login goes", () => {
  expect(unsafe(now.remove("FlowStageBinding", "plana-google-login"))).toContainEqual(
    "object-deleted: Deletes FlowStageBinding plana-google-login.",
  );
});
