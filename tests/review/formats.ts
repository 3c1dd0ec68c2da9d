import { html } from "../../review/formats/html";
import { json } from "../../review/formats/json";
import { markdown } from "../../review/formats/markdown";
import type { Report } from "../../review/report";
import { svg } from "../../review/formats/svg";

/** The report in every format, by its name. */
export function formats(report: Report): Record<"markdown" | "html" | "svg" | "json", string> {
  return { markdown: markdown(report), html: html(report), svg: svg(report), json: json(report) };
}
