import { readFileSync } from "node:fs";
import { join } from "node:path";

import { load } from "js-yaml";

import { CONSUMERS } from "../components/applications/consumers";
import { prod } from "../stacks/prod";
import { ROOT } from "./stack-files";

const page = readFileSync(join(ROOT, "docs", "deliver-credentials.md"), "utf8");
const delivered = prod.applications.flatMap((application) =>
  application.mode === "oidc" && typeof application.consumer === "string"
    ? [[application.slug, application.consumer, application.name] as const]
    : [],
);

test.each(delivered)("of %s the page names the Secret and the keys that envFrom skips", (slug, consumer) => {
  expect(page).toContain(`${slug}-oidc`);
  const context = {
    host: "app.example.test",
    authentikUrl: "https://auth.example.test",
    issuer: `https://auth.example.test/application/o/${slug}/`,
    clientId: "id",
    clientSecret: "secret",
    adminGroup: "admins",
  };
  const skipped = Object.keys(CONSUMERS[consumer](context)).filter((key) => !/^[A-Za-z_]\w*$/.test(key));
  const row = page.split("\n").find((line) => line.startsWith("|") && line.toLowerCase().includes(consumer));
  expect(row).toBeDefined();
  expect([...(row ?? "").matchAll(/`([^`]+)`/g)].map(([, key]) => key)).toEqual(skipped);
});

test("every snippet is YAML", () => {
  const snippets = [...page.matchAll(/```yaml\n([^]*?)```/g)].map(([, text = ""]) => text);
  expect(snippets.length).toBeGreaterThan(5);
  for (const snippet of snippets) expect(load(snippet)).toBeInstanceOf(Object);
});
