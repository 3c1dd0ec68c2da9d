import { createHash } from "node:crypto";

import { html as tag } from "htm/preact";
import type { VNode } from "preact";
import { render } from "preact-render-to-string";

import { matrix } from "./matrix";
import { visible } from "./escape";
import { findingsOf, type Report } from "../report";
import { SCRIPT } from "./script";
import { sharedChanges, wayText, type Way } from "./shared-changes";
import { STYLE } from "./style";
import { drawing } from "./svg";
import { names, type Text } from "../../shell/words";

/** No request leaves the page, and no other script than ours runs in it. */
const POLICY = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  `script-src 'sha256-${createHash("sha256").update(SCRIPT).digest("base64")}'`,
].join("; ");

/** The report as one page that needs nothing else. */
export function html(report: Report): string {
  return `<!doctype html>\n${render(page(report))}\n`;
}

function page(report: Report): VNode {
  const { stack, verdict } = report;
  return tag`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta http-equiv="Content-Security-Policy" content=${POLICY} />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>Access on ${visible(stack)}: ${verdict}</title>
      <style dangerouslySetInnerHTML=${{ __html: STYLE }}></style>
    </head>
    <body>
      <header>
        <h1>Access on ${visible(stack)} <span class=${`verdict ${verdict}`}>${verdict}</span></h1>
        <p>${report.headline}</p>
      </header>
      <main>
        ${findings("Unsafe", "unsafe", findingsOf(report, true))}
        ${changes(report)}
        ${findings("Also", "notice", findingsOf(report, false))}
        <h2>Who may enter what</h2>
        ${matrix(report)}
        <h2>People, groups, applications</h2>
        <div class="scroll graph" tabindex="0" role="region" aria-label="Graph">${drawing(report)}</div>
        <h2>Applications</h2>
        ${applications(report)}
        <h2>Ways to log in</h2>
        ${doors(report)} ${objects(report)}
      </main>
      <footer>Of the objects that the program manages. Accounts made by hand in Authentik are not in it.</footer>
      <script dangerouslySetInnerHTML=${{ __html: SCRIPT }}></script>
    </body>
  </html>`;
}

function said(text: Text) {
  return text.map((part) => (typeof part === "string" ? part : tag`<code>${visible(part.name)}</code>`));
}

function findings(title: string, kind: string, texts: readonly Text[]) {
  if (texts.length === 0) return null;
  return tag`<h2>${title}</h2>
    <ul class=${`findings ${kind}`}>
      ${texts.map((text) => tag`<li>${said(text)}</li>`)}
    </ul>`;
}

function table(head: readonly string[], rows: readonly (readonly unknown[])[], kind = "plain") {
  return tag`<div class="scroll"><table class=${kind}>
    <thead><tr>${head.map((name) => tag`<th scope="col">${name}</th>`)}</tr></thead>
    <tbody>
      ${rows.map(
        (row) =>
          tag`<tr>${row.map((cell, index) => tag`<td data-head=${index === 0 ? undefined : head[index]}>${cell}</td>`)}</tr>`,
      )}
    </tbody>
  </table></div>`;
}

function changes({ people }: Report) {
  const shared = sharedChanges(people);
  if (shared.length === 0) return null;
  const rows = shared.map((one) => [said(names(one.people, 12)), ways(one.gained), ways(one.lost)]);
  return tag`<h2>Who gains, who loses</h2>
    ${table(["Person", "Gains", "Loses"], rows, "plain even")}`;
}

function ways(some: readonly Way[]) {
  if (some.length === 0) return "–";
  return some.map((way) => tag`<div>${said([...names(way.applications, 60), ...wayText(way)])}</div>`);
}

function applications({ applications: all }: Report) {
  const rows = all.map(
    ({ slug, presence, openings, unbound, engine, people, claims, redirectUris, publicPaths, mode }) => {
      const open = openings.filter(({ change }) => change !== "lost").map(({ name }) => name);
      const uris = redirectUris.map(
        ({ url, matching, logout }) =>
          tag`<li><code>${visible(url)}</code>${matching === "regex" ? " (regex)" : ""}${logout ? " (logging out)" : ""}</li>`,
      );
      const paths = publicPaths.map((path) => tag`<li><code>${visible(path)}</code> without a login</li>`);
      return [
        tag`<code>${visible(slug)}</code>${presence === "same" ? "" : ` ${presence}`}`,
        unbound
          ? tag`<strong>nobody bound</strong>`
          : [engine === "all" && open.length > 1 ? "all of " : "", ...said(names(open))],
        people,
        mode,
        said(names(claims, 12)),
        tag`<ul class="uris">${uris}${paths}</ul>`,
      ];
    },
  );
  return table(["Application", "Open to", "People", "Mode", "Claims", "Addresses"], rows);
}

function doors({ doors: all }: Report) {
  const rows = all.map(({ name, presence, secondFactor, domains, people, locks }) => [
    visible(name),
    presence === "removed" ? "closed" : visible(secondFactor),
    domains.length > 0 ? said(names(domains)) : "everyone active",
    people,
    tag`<ul class="uris">${locks.map((lock) => tag`<li>${visible(lock)}</li>`)}</ul>`,
  ]);
  return table(["Door", "Second factor", "For", "People", "Locks"], rows);
}

function objects({ changes: all, objects: counted }: Report) {
  if (all.length === 0) return null;
  const { create, update, replace, delete: gone, same } = counted;
  return tag`<h2>Objects</h2>
    <details>
      <summary>${create} created, ${update} updated, ${replace} replaced, ${gone} deleted, ${same} the same</summary>
      <ul>
        ${all.map(({ op, object, properties }) => tag`<li>${op} <code>${visible(object)}</code>${op === "update" ? `: ${visible(properties.join(", "))}` : ""}</li>`)}
      </ul>
    </details>`;
}
