import { connect } from "./connect";
import type { Finished } from "../shell/process";
import type { CliOptions, Workspace } from "../state/workspace";

/**
 * Asks Authentik for the token's own user, before the engine runs with a refresh: that one comes before the program,
 * and answers an unreachable server or a refused token with one raw error of the provider for each object.
 *
 * @returns undefined when Authentik answers; else how the program ended, which says what is wrong with the
 *   configuration or the server.
 */
export async function unreachable(
  workspace: Workspace,
  options: Pick<CliOptions, "show"> = { show: true },
): Promise<Finished | undefined> {
  try {
    const { authentik } = await connect(workspace);
    await authentik.get("/core/users/me/");
    return undefined;
  } catch {
    const said = await workspace.pulumi(["preview"], options);
    // It answers by now.
    return said.code === 0 ? undefined : said;
  }
}
