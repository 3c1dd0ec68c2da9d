/** The stack that arguments name, as the CLI reads them, and what else they hold. */
export interface Named {
  readonly stack: string;
  readonly rest: readonly string[];
}

/** `--stack=prod`, `-s=prod` and `-sprod`; alone, the name follows. */
const FLAG = /^(?:--stack(?:=(.*))?|-s=?(.*))$/s;

/**
 * Takes the stack out of a command's arguments: every way of writing it that the CLI knows. One that was overlooked
 * would open the embedded default, and run there what is meant for another stack.
 *
 * @throws Error when the name is missing, or two are given.
 */
export function stackArgument(args: readonly string[]): Named {
  const names: string[] = [];
  const rest: string[] = [];
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] ?? "";
    const flag = FLAG.exec(arg);
    if (!flag) {
      rest.push(arg);
      continue;
    }
    const name = (flag[1] ?? flag[2]) || (arg.includes("=") ? "" : args[(at += 1)]);
    if (!name || name.startsWith("-")) {
      throw new Error(`${arg}: no stack is named; expected its name\n  mend: --stack prod`);
    }
    names.push(name);
  }
  const [stack = "local", ...others] = new Set(names);
  if (others.length > 0) {
    throw new Error(
      `--stack is given for ${[stack, ...others].join(" and ")}; expected one stack\n  mend: --stack ${stack}`,
    );
  }
  return { stack, rest };
}
