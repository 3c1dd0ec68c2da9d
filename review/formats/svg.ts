import { html } from "htm/preact";
import type { VNode } from "preact";
import { render } from "preact-render-to-string";

import { graphOf, type Graph, type Mark, type Node } from "./graph";
import { visible } from "./escape";
import type { Report } from "../report";

const NODE = { width: 250, height: 24, gap: 6 };
const GAP = 150;
const TOP = 34;
const LONGEST = 33;
/** Height of the line that says what the colours mean. */
const LEGEND = 40;

/** Colours follow the reader's preference; the same as the page's (see style.ts). */
const STYLE = `
.g-back{fill:#fff}
.g-text{font:13px system-ui,sans-serif;fill:#1c2024}
.g-head{font:600 12px system-ui,sans-serif;fill:#5b6470}
.g-node{fill:#f4f5f7;stroke:#c9cfd6}
.g-edge{fill:none;stroke:#9aa4b0;stroke-width:1.2;opacity:.75}
.g-node.gained{fill:#e3f5e8;stroke:#1a7f37}.g-edge.gained{stroke:#1a7f37;stroke-width:2;opacity:1}
.g-node.lost{fill:#fdecea;stroke:#c4281c;stroke-dasharray:4 3}
.g-edge.lost{stroke:#c4281c;stroke-width:2;stroke-dasharray:5 4;opacity:1}
.g-node.alert{stroke:#9a6700;stroke-width:2}
@media (prefers-color-scheme:dark){
.g-back{fill:#14181d}.g-text{fill:#e6e9ed}.g-head{fill:#9aa4b0}.g-node{fill:#1f252c;stroke:#414a55}.g-edge{stroke:#6b7683}
.g-node.gained{fill:#12301c;stroke:#4ac26b}.g-edge.gained{stroke:#4ac26b}
.g-node.lost{fill:#3a1714;stroke:#ff7b72}.g-edge.lost{stroke:#ff7b72}
.g-node.alert{stroke:#d4a72c}}
`;

/** The graph as a file of its own. */
export function svg(report: Report): string {
  return `${render(drawing(report))}\n`;
}

/** People, groups and applications side by side, with an edge for each membership and each binding. */
export function drawing(report: Report): VNode {
  const graph = graphOf(report);
  const rows = Math.max(1, ...graph.columns.map((column) => column.length));
  const step = NODE.height + NODE.gap;
  const height = TOP + rows * step + LEGEND;
  const width = 3 * NODE.width + 2 * GAP + 20;
  const places = placesOf(graph, rows * step);
  const title = `People, groups and applications of ${visible(report.stack)}`;
  return html`<svg
    xmlns="http://www.w3.org/2000/svg"
    viewBox="0 0 ${width} ${height}"
    width=${width}
    height=${height}
    role="img"
    aria-label=${title}
  >
    <title>${title}</title>
    <style dangerouslySetInnerHTML=${{ __html: STYLE }}></style>
    <rect class="g-back" width=${width} height=${height} />
    ${["People", "Groups", "Applications"].map(
      (name, column) => html`<text class="g-head" x=${left(column)} y="18">${name}</text>`,
    )}
    ${[...graph.edges]
      .sort((a, b) => WEIGHT[a.mark] - WEIGHT[b.mark])
      .map(({ from, to, mark }) => {
        const start = places.get(from);
        const end = places.get(to);
        if (!start || !end) return null;
        const x = start.x + NODE.width;
        const bend = (end.x - x) / 2;
        const path = `M${x} ${start.y}C${x + bend} ${start.y} ${end.x - bend} ${end.y} ${end.x} ${end.y}`;
        return html`<path class=${`g-edge ${mark}`} d=${path} />`;
      })}
    ${graph.columns.flat().map((node) => nodeOf(node, places))} ${legend(height - 16)}
  </svg>`;
}

/** What the colours and strokes mean, at the bottom. */
function legend(y: number) {
  const signs = [
    { x: 10, sign: html`<path class="g-edge gained" d="M10 ${y}h24" />`, text: "comes" },
    { x: 110, sign: html`<path class="g-edge lost" d="M110 ${y}h24" />`, text: "goes" },
    {
      x: 210,
      sign: html`<rect class="g-node alert" x="210" y=${y - 7} width="24" height="14" rx="3" />`,
      text: "group that administers Authentik, or application that no group is bound to",
    },
  ];
  return signs.map(
    ({ x, sign, text }) => html`${sign}<text class="g-head" x=${x + 32} y=${y + 4}>${text}</text>`,
  );
}

/** What changes is drawn over what does not. */
const WEIGHT: Readonly<Record<Mark, number>> = { same: 0, lost: 1, gained: 2 };

interface Place {
  readonly x: number;
  /** Of the node's middle. */
  readonly y: number;
}

const left = (column: number) => 10 + column * (NODE.width + GAP);

/** Every column is spread over the whole height, though not further apart than is easily followed. */
function placesOf({ columns }: Graph, height: number): Map<string, Place> {
  const places = new Map<string, Place>();
  for (const [column, nodes] of columns.entries()) {
    const step = Math.min(height / Math.max(1, nodes.length), 4 * (NODE.height + NODE.gap));
    const start = TOP + (height - step * nodes.length) / 2 + step / 2;
    for (const [row, { id }] of nodes.entries()) places.set(id, { x: left(column), y: start + row * step });
  }
  return places;
}

const SIGN: Readonly<Record<Mark, string>> = { same: "", gained: "+ ", lost: "− " };

function nodeOf({ id, label, title, mark, alert }: Node, places: ReadonlyMap<string, Place>) {
  const place = places.get(id);
  if (!place) return null;
  const shown = Array.from(`${SIGN[mark]}${visible(label)}`);
  const cut = shown.length > LONGEST ? `${shown.slice(0, LONGEST - 1).join("")}…` : shown.join("");
  return html`<g>
    <title>${visible(title)}</title>
    <rect
      class=${`g-node ${mark}${alert ? " alert" : ""}`}
      x=${place.x}
      y=${place.y - NODE.height / 2}
      width=${NODE.width}
      height=${NODE.height}
      rx="4"
    />
    <text class="g-text" x=${place.x + 9} y=${place.y + 4.5}>${cut}</text>
  </g>`;
}
