import { hostname } from "node:os";

import { isGone, lockOwners, nameOf } from "../../repair/lock";

const SAID =
  "error: the stack is currently locked by 2 lock(s). Either wait for the other process(es) to end or delete the lock file with `pulumi cancel`.\n" +
  "  file:///state/.pulumi/locks/organization/plana-sso/prod/a.json: created by ci@runner-7 (pid 4711) at 2026-05-28T09:00:00Z\n" +
  "  file:///state/.pulumi/locks/organization/plana-sso/prod/b.json: created by anna@desk (pid 12) at 2026-05-28T09:01:00+02:00";

test("every owner of a lock is read from what the engine says", () => {
  expect(lockOwners(SAID)).toEqual([
    { user: "ci", host: "runner-7", pid: 4711, since: "2026-05-28T09:00:00Z" },
    { user: "anna", host: "desk", pid: 12, since: "2026-05-28T09:01:00+02:00" },
  ]);
  expect(lockOwners(SAID).map(nameOf)).toEqual(["ci@runner-7:4711", "anna@desk:12"]);
});

test("another failure names no owner", () => {
  expect(lockOwners("error: preview failed: created by x@y (pid 1) at now")).toEqual([]);
});

test("an owner is gone only where that can be known", () => {
  const here = { user: "ci", host: hostname(), since: "" };
  // Above the largest number that Linux gives.
  expect(isGone({ ...here, pid: 4_194_305 })).toBe(true);
  expect(isGone({ ...here, host: "another-machine", pid: 4_194_305 })).toBe(false);
  // A number that was given to another program since: this one is no engine.
  expect(isGone({ ...here, pid: process.pid })).toBe(!process.argv.join(" ").includes("pulumi"));
});
