import type { Finding } from "../api/results.ts";
import { compressMember, inflateFile } from "./gzip-member.ts";
import { createShape, parseJson, type Shape } from "./json-shape.ts";

/** One object of the backup; a namespace by its name in the target. */
export interface JournalItem {
  readonly resource: string;
  /** Empty: cluster-scoped. */
  readonly namespace: string;
  readonly name: string;
}

export const intendedWrites = ["create", "patch"] as const;
export type IntendedWrite = (typeof intendedWrites)[number];

/** Written before the object is: for `create` it was not there, for `patch` it differed. */
export interface RestoreIntent extends JournalItem {
  readonly write: IntendedWrite;
}

export const settledActions = ["created", "updated", "skipped", "unselected"] as const;

/** What became of an object, once nothing more is to be done about it. */
export interface RestoreOutcome extends JournalItem {
  readonly action: (typeof settledActions)[number];
  readonly version: string;
  readonly kind: string;
  /** Of the object that was created. */
  readonly uid?: string;
  readonly ownersDropped?: boolean;
  /** What there was to say of it. */
  readonly findings?: readonly Finding[];
}

/**
 * `metadata/ark-ts/runs/<uid>/<number>` of a restore: what is new since its last record. Numbered
 * from 1, never rewritten; docs/format.md specifies it.
 */
export interface JournalRecord {
  readonly number: number;
  /** RFC 3339. */
  readonly at: string;
  /** In one record of a run: what planning had to say. */
  readonly planned?: readonly Finding[];
  readonly intents: readonly RestoreIntent[];
  readonly outcomes: readonly RestoreOutcome[];
}

/** Bounds of a reader. */
const maxRecordBytes = 256 * 1024 * 1024;
const maxFindings = 1_000_000;
const maxNameLength = 1024;
const code = "ARK_BACKUP_DAMAGED";

/** Lines of JSON: a header, then one for each intent and outcome; compressed. */
export async function encodeJournalRecord(record: JournalRecord): Promise<Buffer> {
  const { intents, outcomes, ...header } = record;
  const lines = [header, ...intents, ...outcomes].map((line) => `${JSON.stringify(line)}\n`);
  return await compressMember(Buffer.from(lines.join("")), 6);
}

/** Errors: ARK_BACKUP_DAMAGED. */
export async function decodeJournalRecord(bytes: Uint8Array, key: string): Promise<JournalRecord> {
  const subject = `journal record ${key}`;
  const shape = createShape(code, subject);
  const text = (await inflateFile(bytes, maxRecordBytes)).toString("utf8");
  const rows = text.split("\n").slice(0, -1);
  const [first, ...others] = rows.map((row, at) =>
    shape.record(parseJson(Buffer.from(row), code, subject), `line ${at + 1}`),
  );
  if (first === undefined) throw shape.fail("it", "has no header");
  const intents: RestoreIntent[] = [];
  const outcomes: RestoreOutcome[] = [];
  others.forEach((row, at) => {
    const where = `line ${at + 2}`;
    if (row["write"] === undefined) outcomes.push(decodeOutcome(shape, row, where));
    else intents.push(decodeIntent(shape, row, where));
  });
  const { planned } = first;
  return {
    number: shape.count(first["number"], "number"),
    at: shape.text(first["at"], "at"),
    ...(planned === undefined ? {} : { planned: decodeFindings(shape, planned, "planned") }),
    intents,
    outcomes,
  };
}

type Row = Readonly<Record<string, unknown>>;

function decodeItem(shape: Shape, row: Row, where: string): JournalItem {
  return {
    resource: shape.text(row["resource"], where, maxNameLength),
    namespace: shape.text(row["namespace"], where, maxNameLength),
    name: shape.text(row["name"], where, maxNameLength),
  };
}

function decodeIntent(shape: Shape, row: Row, where: string): RestoreIntent {
  return {
    ...decodeItem(shape, row, where),
    write: shape.oneOf(row["write"], where, intendedWrites),
  };
}

function decodeOutcome(shape: Shape, row: Row, where: string): RestoreOutcome {
  const { uid, ownersDropped, findings } = row;
  return {
    ...decodeItem(shape, row, where),
    action: shape.oneOf(row["action"], where, settledActions),
    version: shape.text(row["version"], where, maxNameLength),
    kind: shape.text(row["kind"], where, maxNameLength),
    ...(uid === undefined ? {} : { uid: shape.text(uid, where) }),
    ...(ownersDropped === undefined ? {} : { ownersDropped: shape.flag(ownersDropped, where) }),
    ...(findings === undefined ? {} : { findings: decodeFindings(shape, findings, where) }),
  };
}

function decodeFindings(shape: Shape, value: unknown, where: string): readonly Finding[] {
  return shape.list(value, where, maxFindings, (one, place) => {
    const row = shape.record(one, place);
    const texts = ["resource", "namespace", "name", "advice"].filter(
      (key) => row[key] !== undefined,
    );
    return {
      severity: shape.oneOf(row["severity"], place, ["warning", "error"] as const),
      code: shape.text(row["code"], place) as Finding["code"],
      message: shape.text(row["message"], place, maxRecordBytes),
      ...Object.fromEntries(texts.map((key) => [key, shape.text(row[key], place, maxRecordBytes)])),
    };
  });
}
