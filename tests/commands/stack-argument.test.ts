import { stackArgument } from "../../commands/stack-argument";

// Every way in which the CLI takes it: what was overlooked would run on the embedded default.
test.each([
  ["--stack prod"],
  ["--stack=prod"],
  ["-s prod"],
  ["-s=prod"],
  ["-sprod"],
  ["--diff --stack=prod"],
  ["-s prod --diff --stack prod"],
])("%j names the stack prod", (line) => {
  const { stack, rest } = stackArgument(line.split(" "));
  expect(stack).toBe("prod");
  expect(rest).toEqual(line.includes("--diff") ? ["--diff"] : []);
});

test("without one it is the embedded default, and other arguments stay as they are", () => {
  const rest = ["--show-sames", "--stackless", "config", "set", "plana-sso:hosts", "--stack-x=y"];
  expect(stackArgument(rest)).toEqual({ stack: "local", rest });
});

test.each([["--stack"], ["--stack="], ["-s"], ["--stack --diff"], ["up -s="]])(
  "%j names none, and is refused",
  (line) => {
    expect(() => stackArgument(line.split(" "))).toThrow("no stack is named; expected its name\n  mend:");
  },
);

test("two stacks are refused", () => {
  expect(() => stackArgument(["--stack", "prod", "-s", "trial"])).toThrow("given for prod and trial");
});
