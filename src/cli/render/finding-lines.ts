import type { Finding } from "../../api/results.ts";
import { counted } from "./amounts.ts";
import type { Painter } from "./painter.ts";

/** Labels of a report stand in a column of this width. */
export const labelWidth = 10;

/** `  label     text`; further lines of the text under it. */
export function reportLine(label: string, text: string, paint?: (text: string) => string): string {
  const [first = "", ...more] = text.split("\n");
  const head = label.padEnd(labelWidth);
  const indent = " ".repeat(labelWidth + 2);
  return [
    `  ${paint === undefined ? head : paint(head)}${first}`,
    ...more.map((line) => indent + line),
  ]
    .join("\n")
    .concat("\n");
}

/** The object or kind of a finding, such as `secrets shop/db`; empty for the run as a whole. */
export function findingPlace({ resource, namespace, name }: Finding): string {
  const path = [namespace, name].filter((part) => part !== undefined && part !== "").join("/");
  return [resource, path].filter((part) => part !== undefined && part !== "").join(" ");
}

/** What went wrong, errors first, as many as fit a screen. */
export function findingLines(
  findings: readonly Finding[],
  painter: Painter,
  more: string,
  limit = 12,
): string {
  const ordered = [
    ...findings.filter(({ severity }) => severity === "error"),
    ...findings.filter(({ severity }) => severity === "warning"),
  ];
  const lines = ordered.slice(0, limit).map((finding) => findingLine(finding, painter));
  const left = ordered.length - lines.length;
  if (left > 0) lines.push(reportLine("", `and ${counted(left, "more finding")}: ${more}`));
  return lines.join("");
}

function findingLine(finding: Finding, painter: Painter): string {
  const place = findingPlace(finding);
  const named = place === "" || mentions(finding.message, finding);
  const advice = finding.advice === undefined ? "" : `\n${finding.advice}`;
  const text = `${named ? "" : `${place}: `}${finding.message}   ${painter.dim(`(${finding.code})`)}${advice}`;
  return finding.severity === "error"
    ? reportLine("error", text, painter.bad)
    : reportLine("warning", text, painter.warn);
}

const mentions = (message: string, { name, resource }: Finding): boolean =>
  name === undefined || name === ""
    ? resource === undefined || message.includes(resource)
    : message.includes(name);
