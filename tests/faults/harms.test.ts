import { harm } from "../../faults";
import type { Row } from "../../faults/table";
import { ROOT } from "../stack-files";

// Copies the project, brings a stack up and runs commands on it again and again.
jest.setTimeout(900_000);

test("a change that is killed, or begins with a damaged state or lost seconds, loses nothing", async () => {
  const said: string[] = [];
  const rows = harm(
    ROOT,
    {
      seed: 4711,
      first: 1,
      times: 1,
      subjects: ["change"],
      harms: ["killed", "damaged-state", "lost-seconds"],
    },
    (text) => said.push(text),
    (name, text) => said.push(name, text),
  );
  const had: Row[] = [];
  for await (const row of rows) had.push(row);
  const well = { subject: "change", tried: 1, struck: 1, converged: 1, told: 1, lost: 0, surplus: 0, in: 0 };
  expect({ rows: had, said }).toMatchObject({
    rows: ["killed", "damaged-state", "lost-seconds"].map((name) => ({ ...well, harm: name })),
  });
});
