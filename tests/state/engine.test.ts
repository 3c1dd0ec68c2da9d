import type { Finished } from "../../shell/process";
import type { Workspace } from "../../state/workspace";
import { deployment, exportState, preview } from "../../state/engine";

function workspaceThat(ended: Partial<Finished>): Workspace {
  const pulumi = () => Promise.resolve({ code: 0, stdout: "", stderr: "", ...ended });
  return { stack: "prod", pulumi } as unknown as Workspace;
}

const failed = {
  steps: null,
  diagnostics: [
    { severity: "warning", message: "old" },
    { severity: "error", message: "  domain: missing\n" },
    { severity: "error", message: "google: missing" },
  ],
};

test.each([
  ["what the program said", JSON.stringify(failed), "domain: missing\ngoogle: missing"],
  ["what the CLI said, of an answer without errors", '{"changeSummary":{}}', "error: no such stack"],
  ["what the CLI said, of no answer", "", "error: no such stack"],
])("a preview that failed tells %s", async (_, stdout, told) => {
  const workspace = workspaceThat({ code: 255, stdout, stderr: "error: no such stack\n" });
  await expect(preview(workspace)).rejects.toThrow(new Error(`the stack cannot be previewed:\n${told}`));
});

test("a warning of the CLI before its answer is passed over", async () => {
  expect(await preview(workspaceThat({ stdout: 'warning: old\n{"steps":[]}' }))).toEqual([]);
  const exported = workspaceThat({ stdout: 'warning: old\n{"deployment":{}}' });
  expect(await deployment(exported)).toEqual({ resources: [], pending: [] });
});

test("a backend that has nothing of a stack yet tells of no resource", async () => {
  const exported = workspaceThat({ stdout: '{"version":3,"deployment":null}' });
  expect(await deployment(exported)).toEqual({ resources: [], pending: [] });
});

test("a state that cannot be exported is told with what mends it, but not to what mends", async () => {
  const workspace = workspaceThat({ code: 255, stderr: "error: unexpected end of JSON\n" });
  const told = "the state of stack prod cannot be read:\nerror: unexpected end of JSON";
  await expect(exportState(workspace)).rejects.toThrow(new Error(told));
  await expect(deployment(workspace)).rejects.toThrow(
    new Error(`${told}\n  mend: npm run repair -- --stack prod`),
  );
});
