import { annotations } from "../api/labels.ts";
import { authors, type Difference, type ReadBack } from "../api/read-back.ts";
import type { Restore } from "../api/restore.ts";
import { hasCode } from "../lib/errors.ts";
import { createShape, parseJson, type Shape } from "./json-shape.ts";

const code = "ARK_BACKUP_FORMAT";
const maxText = 4096;
const changes = ["added", "removed", "changed", "reordered"] as const;

/** What the record of a restore says of its reading back; undefined when it says nothing readable. */
export function readBackOf({ metadata }: Restore): ReadBack | undefined {
  const text = metadata.annotations?.[annotations.readBack];
  if (text === undefined) return undefined;
  const subject = `annotation ${annotations.readBack}`;
  try {
    const shape = createShape(code, subject);
    return decode(shape, shape.record(parseJson(Buffer.from(text), code, subject), "it"));
  } catch (thrown) {
    if (hasCode(thrown, code)) return undefined;
    throw thrown;
  }
}

type Row = Readonly<Record<string, unknown>>;

function decode(shape: Shape, row: Row): ReadBack {
  const fields = shape.record(row["fields"], "fields");
  const count = (value: unknown, where: string): number => shape.count(value, where);
  return {
    compared: count(row["compared"], "compared"),
    asPlanned: count(row["asPlanned"], "asPlanned"),
    vanished: count(row["vanished"], "vanished"),
    unread: count(row["unread"], "unread"),
    fields: {
      "api-server": count(fields["api-server"], "fields"),
      webhook: count(fields["webhook"], "fields"),
      writer: count(fields["writer"], "fields"),
    },
    differences: shape.list(row["differences"], "differences", 1000, (one, at) =>
      decodeDifference(shape, shape.record(one, at), at),
    ),
  };
}

function decodeDifference(shape: Shape, row: Row, at: string): Difference {
  const texts = (value: unknown): string[] =>
    shape.list(value, at, 100, (one, where) => shape.text(one, where, maxText));
  return {
    resource: shape.text(row["resource"], at, maxText),
    path: shape.text(row["path"], at, maxText),
    change: shape.oneOf(row["change"], at, changes),
    by: shape.oneOf(row["by"], at, authors),
    who: texts(row["who"]),
    objects: shape.count(row["objects"], at),
    names: texts(row["names"]),
  };
}
