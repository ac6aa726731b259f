import type { BackupDiff, ObjectDiff } from "../../catalog/diff/diff-backup.ts";
import type { FieldChange } from "../../domain/diff/field-change.ts";
import { type JsonValue, stringifyJson } from "../../lib/json-text.ts";
import { objectPath } from "../object-path.ts";
import { count, counted } from "./amounts.ts";
import type { Painter } from "./painter.ts";

/** A backup compared with a cluster or with another backup. */
export interface NamedDiff {
  readonly from: string;
  readonly to: string;
  /** What else is to be known, one sentence each. */
  readonly notes: readonly string[];
  readonly diff: BackupDiff;
}

export interface DiffStyle {
  readonly painter: Painter;
  /** Long values whole. */
  readonly details: boolean;
}

/** Of a value, without `--details`. */
const shownLength = 100;

export function isDifferent({ added, removed, changed }: BackupDiff): boolean {
  return added + removed + changed > 0;
}

/** Each object with its fields, then what was not compared, then the counts. */
export function objectDiffText({ from, to, notes, diff }: NamedDiff, style: DiffStyle): string {
  const { added, removed, changed, unchanged, objects, unread } = diff;
  const { painter } = style;
  const untold = added + removed + changed - objects.length;
  return [
    ...objects.flatMap((object) => objectLines(object, style)),
    ...(untold > 0
      ? [`and ${counted(untold, "more object")} (-o json or --details tells more)`]
      : []),
    ...[...unread].map(([resource, why]) => painter.warn(`? ${resource}: not compared: ${why}`)),
    ...notes.map((note) => `note: ${note}`),
    `from ${from} to ${to}: ${count(added)} added, ${count(removed)} removed, ${count(changed)} changed, ${count(unchanged)} equal`,
  ]
    .map((line) => `${line}\n`)
    .join("");
}

function objectLines(object: ObjectDiff, style: DiffStyle): string[] {
  const { painter } = style;
  const path = objectPath(object);
  switch (object.change) {
    case "added":
      return [painter.good(`+ ${path}`)];
    case "removed":
      return [painter.bad(`- ${path}`)];
    case "changed":
      return [
        painter.warn(`~ ${path}`),
        ...(object.fields ?? []).map((field) => fieldLine(field, style)),
      ];
  }
}

/** `    data.mode: "blue" -> "green"` */
export function fieldLine(
  { path, change, before, after }: FieldChange,
  { painter, details }: DiffStyle,
): string {
  const [old, now] = [before, after].map((value) => valueText(value, details));
  const head = `    ${path === "" ? "object" : path}:`;
  switch (change) {
    case "added":
      return `${head} ${painter.good(`added ${now}`)}`;
    case "removed":
      return `${head} ${painter.bad(`removed ${old}`)}`;
    case "changed":
      return `${head} ${painter.bad(old ?? "")} -> ${painter.good(now ?? "")}`;
    case "reordered":
      return `${head} ${painter.warn(`order ${old} -> ${now}`)}`;
  }
}

function valueText(value: JsonValue | undefined, whole: boolean): string {
  if (value === undefined) return "";
  const text = stringifyJson(value);
  return whole || text.length <= shownLength ? text : `${text.slice(0, shownLength)}…`;
}

/** The same for json and yaml. */
export function objectDiffJson({ from, to, notes, diff }: NamedDiff): unknown {
  const { objects, unread, ...counts } = diff;
  const untold = diff.added + diff.removed + diff.changed - objects.length;
  return {
    from,
    to,
    ...(notes.length > 0 && { notes }),
    ...counts,
    objects,
    ...(untold > 0 && { untold }),
    notCompared: [...unread].map(([resource, reason]) => ({ resource, reason })),
  };
}
