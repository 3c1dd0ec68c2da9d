import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { rehearsal } from "../../adoption/rehearsal";
import type { Workspace } from "../../state/workspace";

const folder = mkdtempSync(join(tmpdir(), "rehearsal-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("a stack whose secrets only its backend can read is refused before anything is rehearsed", async () => {
  writeFileSync(join(folder, "Pulumi.yaml"), "name: plana-sso\nruntime: nodejs\n");
  writeFileSync(join(folder, "Pulumi.cloud.yaml"), "config:\n  plana-sso:secretKey:\n    secure: AAA\n");
  const none = () => {
    throw new Error("not needed here");
  };
  const workspace: Workspace = {
    folder,
    stack: "cloud",
    directory: join(folder, ".local"),
    env: {},
    sandboxed: false,
    cli: none,
    pulumi: none,
    select: none,
    configFile: () => join(folder, "Pulumi.cloud.yaml"),
    elsewhere: none,
    close: () => Promise.resolve(),
  };
  await expect(rehearsal(workspace)).rejects.toThrow(
    "mend: npx pulumi stack change-secrets-provider passphrase --stack cloud",
  );
});
