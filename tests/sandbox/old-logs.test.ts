import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { dropOldLogs } from "../../sandbox/old-logs";

test("logs of a day and less are kept, and nothing but logs is taken away", () => {
  const home = mkdtempSync(join(tmpdir(), "plana-sso-logs-"));
  try {
    dropOldLogs(home);
    mkdirSync(join(home, "logs", "folder"), { recursive: true });
    const hoursAgo = (file: string, hours: number) => {
      writeFileSync(join(home, file), "");
      const then = Date.now() / 1000 - hours * 3600;
      utimesSync(join(home, file), then, then);
    };
    hoursAgo("logs/old.log", 25);
    hoursAgo("logs/new.log", 23);
    hoursAgo("engine.stamp", 25);
    dropOldLogs(home);
    expect(readdirSync(home).sort()).toEqual(["engine.stamp", "logs"]);
    expect(readdirSync(join(home, "logs")).sort()).toEqual(["folder", "new.log"]);
  } finally {
    rmSync(home, { recursive: true });
  }
});
