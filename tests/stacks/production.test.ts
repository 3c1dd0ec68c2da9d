import { run } from "../../stacks";
import { useMocks, type Recorder } from "../mocks";
import { production } from "../stack-files";

let program: Recorder;

beforeAll(async () => {
  program = useMocks("prod", production());
  await run();
  await settle();
});

/** Registrations that hang on outputs come a few turns later. */
async function settle(): Promise<void> {
  let before = -1;
  while (before !== program.resources.length) {
    before = program.resources.length;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

test("registers something", () => {
  console.log(program.resources.map((r) => `${r.type} ${r.name}`).join("\n"));
  expect(program.resources.length).toBeGreaterThan(100);
});
