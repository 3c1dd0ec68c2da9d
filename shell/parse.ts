import { CommanderError, type Command } from "commander";

/**
 * Reads the arguments of one command, which has `exitOverride`.
 *
 * @returns the exit code where there is nothing to run: 0 after help, 2 wrong use, which has been said.
 */
export function parse(command: Command, args: readonly string[]): 0 | 2 | undefined {
  try {
    command.parse([...args], { from: "user" });
    return undefined;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
}
