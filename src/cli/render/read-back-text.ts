import type { Difference, ReadBack } from "../../api/read-back.ts";
import { count } from "./amounts.ts";
import type { DescriptionLine } from "./description.ts";

/** Differences shown without `--details`. */
const shownDifferences = 10;

/** `read back: 398 of 398 as planned, less 14 fields set by the API server …` */
export function readBackText(readBack: ReadBack): string {
  return `read back: ${summary(readBack)}`;
}

function summary({ compared, asPlanned, vanished, unread, fields, differences }: ReadBack): string {
  const all = compared + vanished;
  const changed = [
    fieldsText(fields["api-server"], "by the API server"),
    fieldsText(fields.webhook, `by ${whoOf(differences, "webhook", "webhook")}`),
    fieldsText(fields.writer, `by ${whoOf(differences, "writer", "writer")}`),
  ].filter((text) => text !== "");
  return [
    `${count(asPlanned)} of ${count(all)} as planned`,
    ...(changed.length > 0 ? [`other fields: ${changed.join(", ")}`] : []),
    ...(vanished > 0 ? [`${count(vanished)} gone`] : []),
    ...(unread > 0 ? [`${count(unread)} not compared`] : []),
  ].join("; ");
}

function fieldsText(fields: number, by: string): string {
  return fields === 0 ? "" : `${count(fields)} ${by}`;
}

/** The names where they are few. */
function whoOf(differences: readonly Difference[], by: string, noun: string): string {
  const names = new Set(differences.filter((one) => one.by === by).flatMap(({ who }) => who));
  const few = names.size > 0 && names.size <= 3;
  return few ? `${noun} ${[...names].join(", ")}` : `${noun}s`;
}

export function readBackLines(
  readBack: ReadBack | undefined,
  details: boolean,
): readonly DescriptionLine[] {
  if (readBack === undefined) return [];
  const { differences } = readBack;
  const shown = details ? differences : differences.slice(0, shownDifferences);
  const left = differences.length - shown.length;
  return [
    { key: "Read back", value: summary(readBack) },
    ...shown.map((difference) => ({ text: differenceText(difference), indent: 2 })),
    ...(left > 0 ? [{ text: `... and ${left} more (--details)`, indent: 2 }] : []),
    "",
  ];
}

function differenceText({ resource, path, change, by, who, objects, names }: Difference): string {
  const more = objects > names.length ? `, ${count(objects - names.length)} more` : "";
  const author =
    by === "api-server" ? "the API server" : `${by}${who.length > 0 ? ` ${who.join(" or ")}` : ""}`;
  return `${resource} ${names.join(", ")}${more}: ${path} ${change} by ${author}`;
}
