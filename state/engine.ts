import type { Finished } from "../shell/process";
import type { CliOptions, Workspace } from "./workspace";
import { readDeployment, readPreview, readPreviewAnswer, type Deployment, type Step } from "./resources";

/** Asks the engine what it would do, in the form that `readPreview` reads. */
export function previewed(
  workspace: Workspace,
  args: readonly string[],
  options?: CliOptions,
): Promise<Finished> {
  return workspace.pulumi(["preview", "--json", "--show-sames", ...args], options);
}

/** What the engine would do to a stack. @throws Error with what it said. */
export async function preview(workspace: Workspace, args: readonly string[] = []): Promise<Step[]> {
  const { code, stdout, stderr } = await previewed(workspace, args);
  if (code === 0) return readPreview(stdout);
  throw new Error(`the stack cannot be previewed:\n${errorsIn(stdout).join("\n") || stderr.trim()}`);
}

/** What went wrong, out of the answer of a preview that failed; it need not have got as far as to give one. */
function errorsIn(answer: string): string[] {
  try {
    return readPreviewAnswer(answer).errors.map((error) => error.trim());
  } catch {
    return [];
  }
}

/** What the stack holds now. @throws Error with what the CLI said. */
export async function deployment(workspace: Workspace): Promise<Deployment> {
  const mend = `\n  mend: npm run repair -- --stack ${workspace.stack}`;
  return readDeployment(await exportState(workspace, mend));
}

/**
 * The state of a stack as the engine writes it.
 *
 * @param mend what is put after what the CLI said.
 * @throws Error with what the CLI said.
 */
export async function exportState(workspace: Workspace, mend = ""): Promise<string> {
  const { code, stdout, stderr } = await workspace.pulumi(["stack", "export"]);
  if (code === 0) return stdout;
  const said = (stderr || stdout).trim();
  throw new Error(`the state of stack ${workspace.stack} cannot be read:\n${said}${mend}`);
}

/** Writes the state of a stack; the engine leaves out unfinished operations. @throws Error with what the CLI said. */
export async function importState(workspace: Workspace, text: string): Promise<void> {
  const { code, stderr } = await workspace.pulumi(["stack", "import"], { stdin: text });
  if (code !== 0)
    throw new Error(`the state of stack ${workspace.stack} cannot be written:\n${stderr.trim()}`);
}
