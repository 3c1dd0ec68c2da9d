import { markdown } from "../../review/formats/markdown";
import { readRefusals } from "../../review/findings/refusals";
import { reportOf } from "../../review/report";
import { generated } from "./generated";

/** A line of the engine's log of events, as the engine writes it. */
const event = (policyName: string, what: string, enforcementLevel = "mandatory") =>
  JSON.stringify({
    sequence: 1,
    timestamp: 1795558836,
    policyEvent: {
      resourceUrn: "urn:pulumi:prod::plana-sso::authentik:index/group:Group::staff",
      message: `Why the rule is there.\n${what}\nmend: what to do about it\n`,
      color: "never",
      policyName,
      policyPackName: "plana-sso",
      policyPackVersion: "1.0.0",
      enforcementLevel,
    },
  });

const OTHER = JSON.stringify({ sequence: 2, summaryEvent: { maybeCorrupt: false } });
const NAMED = JSON.stringify({ sequence: 3, resourcePreEvent: { metadata: { type: "policyEventMatcher" } } });

test("what the pack says is read from the log of events, and nothing else", () => {
  const log = [event("superuser-groups", "group a administers"), OTHER, NAMED, ""].join("\n");
  expect(readRefusals(log)).toEqual([
    { rule: "superuser-groups", mandatory: true, what: "group a administers" },
  ]);
  expect(readRefusals("")).toEqual([]);
});

test("a rule is told once, with what it found; it makes the change unsafe, a warning does not", () => {
  const steps = generated(6, 3);
  const told = (...events: string[]) =>
    markdown(reportOf({ stack: "big", steps, refusals: readRefusals(events.join("\n")) })).split(
      "\n\n<details>",
    )[0];
  const six = ["f", "e", "d", "c", "b", "a"].map((name) => event("people-of-staff-domain", name));
  expect(told(...six, event("superuser-groups", "x"))).toBe(
    [
      "### Access on `big`: unsafe",
      "**Nobody gains or loses access; no object changes.**",
      "**Unsafe**",
      "- The policy `people-of-staff-domain` refuses it: `a`, `b`, `c`, `d` and 2 more.\n- The policy `superuser-groups` refuses it: `x`.",
    ].join("\n\n"),
  );
  expect(told(event("leavers-in-no-group", "x", "advisory"))).toBe(
    "### Access on `big`: unchanged\n\n**Nothing changes: 6 active people, 3 applications.**\n\n**Also**\n\n- The policy `leavers-in-no-group` warns: `x`.\n",
  );
});

test("what the pack quotes does not break out of the comment", () => {
  const refusals = readRefusals(
    event("redirect-uris-narrow", 'URI "`</details> @everyone | [x](javascript:1)" is wide'),
  );
  const text = markdown(reportOf({ stack: "big", steps: generated(6, 3), refusals }));
  expect(text).toContain('refuses it: `` URI "`</details> @everyone | [x](javascript:1)" is wide ``.');
});
