import { html } from "htm/preact";

import { seen, visible } from "./escape";
import type { Report } from "../report";
import type { ApplicationRow, Cell, PersonRow } from "../rows";
import { count } from "../../shell/words";

/** More people than this are shown as one row for each lot of the same access. */
const SINGLE = 60;

/** People down, applications across. */
export function matrix({ people, applications }: Report) {
  const lots = people.length <= SINGLE ? people.map((person) => [person]) : lotsOf(people);
  const changing = new Set(
    people.flatMap(({ access }) =>
      access.flatMap(({ change, application }) => (change === "same" ? [] : [application])),
    ),
  );
  return html`<div class="tools" id="tools" hidden>
      <input
        type="search"
        id="find-people"
        placeholder="Find people or groups"
        aria-label="Find people or groups"
      />
      <input
        type="search"
        id="find-applications"
        placeholder="Find applications"
        aria-label="Find applications"
      />
      <label><input type="checkbox" id="only-changes" /> Only what changes</label>
      <span id="found" class="soft" role="status"></span>
    </div>
    <p class="legend">
      <span><b>●</b> may enter</span>
      <span><b>◐</b> may enter if a policy says so</span>
      <span><b class="gained">+</b> gains</span>
      <span><b class="lost">−</b> loses</span>
      <span><b class="rerouted">●</b> in through something else than before</span>
    </p>
    <div class="scroll matrix-box" tabindex="0" role="region" aria-label="People and applications">
      <table class="matrix" id="matrix">
        <thead>
          <tr>
            <th scope="col">${count(people.length, "person", "people")}</th>
            ${applications.map((application) => head(application, changing.has(application.slug)))}
          </tr>
        </thead>
        <tbody>
          ${lots.map((lot) => row(lot, applications))}
        </tbody>
      </table>
    </div>`;
}

function head({ slug, name, presence, unbound }: ApplicationRow, changes: boolean) {
  const kind = unbound ? "alert" : presence === "added" ? "gained" : presence === "removed" ? "lost" : "";
  const shown = `${unbound ? "⚠ " : ""}${visible(slug)}`;
  return html`<th
    scope="col"
    class=${kind}
    title=${visible(name)}
    data-find=${searched(slug, name)}
    data-changes=${changes || presence !== "same" ? "" : undefined}
  >
    <span>${shown}</span>
  </th>`;
}

/** People who may do the same and are the same but for their names. */
function lotsOf(people: readonly PersonRow[]): PersonRow[][] {
  const byAccess = new Map<string, PersonRow[]>();
  for (const person of people) {
    const { access, groups, roles, doors, active, presence } = person;
    const key = JSON.stringify([groups, roles, doors, active, presence, access]);
    const known = byAccess.get(key);
    if (known) known.push(person);
    else byAccess.set(key, [person]);
  }
  const changing = ([person]: readonly PersonRow[]) => Number(person !== undefined && changes(person));
  return [...byAccess.values()].sort((a, b) => changing(b) - changing(a) || b.length - a.length);
}

function row(lot: readonly PersonRow[], applications: readonly ApplicationRow[]) {
  const [person] = lot;
  if (!person) return null;
  const cells = new Map(person.access.map((cell) => [cell.application, cell]));
  const own = lot.length === 1 ? find(person) : searched(...person.groups);
  return html`<tr data-find=${own} data-changes=${changes(person) ? "" : undefined}>
    <th scope="row">
      ${lot.length === 1 ? single(person) : several(lot)}
      <div class="tags">${tags(person)} ${person.groups.map(visible).join(", ") || "in no group"}</div>
      ${person.doors.length > 0 && html`<div class="tags">by ${person.doors.map(visible).join(", ")}</div>`}
    </th>
    ${applications.map(({ slug }) => field(cells.get(slug), slug))}
  </tr>`;
}

/** What the search fields look through. */
function searched(...names: readonly string[]): string {
  return seen(names.join(" ")).toLowerCase();
}

function changes({ access, presence }: PersonRow): boolean {
  return presence !== "same" || access.some(({ change }) => change !== "same");
}

function find({ username, name, email, groups, roles }: PersonRow): string {
  return searched(username, name, email, ...groups, ...roles);
}

function single({ name, username, active }: PersonRow) {
  return html`<span class=${active ? "who" : "who off"} title=${visible(username)}
    >${visible(name || username)}</span
  >`;
}

function several(lot: readonly PersonRow[]) {
  return html`<details class="lot">
    <summary>
      <span class=${lot[0]?.active ? "who" : "who off"}>${count(lot.length, "person", "people")}</span>
    </summary>
    <ul>
      ${lot.map((one) => html`<li data-find=${searched(one.username, one.name, one.email)}>${visible(one.username)}</li>`)}
    </ul>
  </details>`;
}

function tags({ roles, presence, active }: PersonRow) {
  const told = [
    ...(presence === "same" ? [] : [presence]),
    ...(active || presence === "removed" ? [] : ["disabled"]),
    ...roles,
  ];
  return told.map((one) => html`<span class=${`tag ${one}`}>${one}</span>`);
}

function field(cell: Cell | undefined, slug: string) {
  if (!cell) return html`<td></td>`;
  const { entry, change, through } = cell;
  const ways = through.length > 0 ? through.map(visible).join(", ") : "no binding";
  const sign = change === "gained" ? "+" : change === "lost" ? "−" : entry === "maybe" ? "◐" : "●";
  return html`<td
    class=${change === "same" ? entry : change}
    title=${`${visible(slug)}: ${WORD[change]} ${ways}`}
  >
    ${sign}
  </td>`;
}

const WORD = { same: "through", gained: "now through", lost: "was through", rerouted: "now through" };
