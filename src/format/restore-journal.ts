import type { OwnerReference } from "../api/owner-reference.ts";
import type { Finding } from "../api/results.ts";
import { createTextBuffer } from "../lib/text-buffer.ts";
import { compressMember, inflateFile } from "./gzip-member.ts";
import { createShape, parseJson, type Shape } from "./json-shape.ts";

/** One object of the backup; a namespace by its name in the target. */
export interface JournalItem {
  readonly resource: string;
  /** Empty: cluster-scoped. */
  readonly namespace: string;
  readonly name: string;
}

export const intendedWrites = ["create", "patch", "recreate", "delete"] as const;
export type IntendedWrite = (typeof intendedWrites)[number];

/**
 * Written before the object is: for `create` it was not there, for `patch` and `recreate` it
 * differed, for `delete` the backup has none of it.
 */
export interface RestoreIntent extends JournalItem {
  readonly write: IntendedWrite;
  /** Of the object that is to be patched or deleted. */
  readonly uid?: string;
}

export const settledActions = [
  "created",
  "updated",
  "recreated",
  "deleted",
  "skipped",
  "unselected",
] as const;

/** How an object stood right after it was written, so that undoing can tell whether it changed. */
export interface WrittenForm {
  /** SHA-256 of its normalised form. */
  readonly sha256: string;
  /** `metadata.generation`, where the kind has one. */
  readonly generation?: number;
}

/** What became of an object, once nothing more is to be done about it. */
export interface RestoreOutcome extends JournalItem {
  readonly action: (typeof settledActions)[number];
  readonly version: string;
  readonly kind: string;
  /** The filters do not take it: an item action asked for it. */
  readonly additional?: boolean;
  /** Of the object that was created, updated or deleted. */
  readonly uid?: string;
  readonly written?: WrittenForm;
  /** Of an object that was created without them; by their uids in the backup. */
  readonly owners?: readonly OwnerReference[];
  readonly ownersManager?: string;
  /** It was created so that it does nothing. */
  readonly passive?: boolean;
  /** Titles of the mappings and modifiers that applied to it. */
  readonly changedBy?: readonly string[];
  /** Of a pod that was created: it has commands to run. */
  readonly hooks?: boolean;
  /** What it is in the target, where that is another kind or name; its namespace is the mapped one. */
  readonly standsAs?: StandsAs;
  /** What there was to say of it. */
  readonly findings?: readonly Finding[];
}

export interface StandsAs {
  readonly resource: string;
  /** `apiVersion`. */
  readonly version: string;
  readonly kind: string;
  readonly name: string;
}

export const hookStages = ["begun", "done", "failed"] as const;

/** One command of a restored pod; `begun` is durable before it runs. */
export interface HookRecord {
  readonly hook: (typeof hookStages)[number];
  /** See restoreHookKey(). */
  readonly key: string;
  /** In a sentence, where it failed. */
  readonly why?: string;
  readonly exitCode?: number;
  readonly lines?: readonly string[];
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
  readonly hooks: readonly HookRecord[];
}

/** Bounds of a reader. */
const maxRecordBytes = 256 * 1024 * 1024;
const maxFindings = 1_000_000;
const maxTitles = 10_000;
const maxNameLength = 1024;
const maxOwners = 100_000;
const code = "ARK_BACKUP_DAMAGED";

/** Collects what the next record will hold, as text: nothing of it stays an object until then. */
export interface JournalRecordBuilder {
  addIntent(intent: RestoreIntent): void;
  addOutcome(outcome: RestoreOutcome): void;
  addHook(hook: HookRecord): void;
  /** Outcomes since the last record. */
  readonly outcomes: number;
  /**
   * The record, compressed: lines of JSON, a header, then one for each intent, outcome and hook
   * that was added since the last one.
   */
  encode(header: Pick<JournalRecord, "number" | "at" | "planned">): Promise<Buffer>;
}

export function createJournalRecordBuilder(): JournalRecordBuilder {
  const [intents, settled, hooks] = [createTextBuffer(), createTextBuffer(), createTextBuffer()];
  let outcomes = 0;
  return {
    addIntent: (intent) => intents.append(`${JSON.stringify(intent)}\n`),
    addOutcome(outcome) {
      settled.append(`${JSON.stringify(outcome)}\n`);
      outcomes += 1;
    },
    addHook: (hook) => hooks.append(`${JSON.stringify(hook)}\n`),
    get outcomes() {
      return outcomes;
    },
    async encode(header) {
      const first = Buffer.from(`${JSON.stringify(header)}\n`);
      const lines = [first, intents.take(), settled.take(), hooks.take()];
      outcomes = 0;
      return await compressMember(Buffer.concat(lines), 6);
    },
  };
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
  const hooks: HookRecord[] = [];
  others.forEach((row, at) => {
    const where = `line ${at + 2}`;
    if (row["hook"] !== undefined) hooks.push(decodeHook(shape, row, where));
    else if (row["write"] === undefined) outcomes.push(decodeOutcome(shape, row, where));
    else intents.push(decodeIntent(shape, row, where));
  });
  const { planned } = first;
  return {
    number: shape.count(first["number"], "number"),
    at: shape.text(first["at"], "at"),
    ...(planned === undefined ? {} : { planned: decodeFindings(shape, planned, "planned") }),
    intents,
    outcomes,
    hooks,
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
  const { uid } = row;
  return {
    ...decodeItem(shape, row, where),
    write: shape.oneOf(row["write"], where, intendedWrites),
    ...(uid === undefined ? {} : { uid: shape.text(uid, where) }),
  };
}

function decodeOutcome(shape: Shape, row: Row, where: string): RestoreOutcome {
  const { uid, written, owners, ownersManager, changedBy, passive, hooks, standsAs, findings } =
    row;
  const { additional } = row;
  return {
    ...decodeItem(shape, row, where),
    action: shape.oneOf(row["action"], where, settledActions),
    version: shape.text(row["version"], where, maxNameLength),
    kind: shape.text(row["kind"], where, maxNameLength),
    ...(additional === undefined ? {} : { additional: shape.flag(additional, where) }),
    ...(uid === undefined ? {} : { uid: shape.text(uid, where) }),
    ...(written === undefined ? {} : { written: decodeWritten(shape, written, where) }),
    ...(owners === undefined ? {} : { owners: decodeOwners(shape, owners, where) }),
    ...(ownersManager === undefined ? {} : { ownersManager: shape.text(ownersManager, where) }),
    ...(changedBy === undefined
      ? {}
      : { changedBy: shape.list(changedBy, where, maxTitles, (one) => shape.text(one, where)) }),
    ...(passive === undefined ? {} : { passive: shape.flag(passive, where) }),
    ...(hooks === undefined ? {} : { hooks: shape.flag(hooks, where) }),
    ...(standsAs === undefined ? {} : { standsAs: decodeStandsAs(shape, standsAs, where) }),
    ...(findings === undefined ? {} : { findings: decodeFindings(shape, findings, where) }),
  };
}

function decodeStandsAs(shape: Shape, value: unknown, where: string): StandsAs {
  const row = shape.record(value, where);
  return {
    resource: shape.text(row["resource"], where, maxNameLength),
    version: shape.text(row["version"], where, maxNameLength),
    kind: shape.text(row["kind"], where, maxNameLength),
    name: shape.text(row["name"], where, maxNameLength),
  };
}

function decodeHook(shape: Shape, row: Row, where: string): HookRecord {
  const { why, exitCode, lines } = row;
  return {
    hook: shape.oneOf(row["hook"], where, hookStages),
    key: shape.text(row["key"], where, maxRecordBytes),
    ...(why === undefined ? {} : { why: shape.text(why, where, maxRecordBytes) }),
    ...(exitCode === undefined ? {} : { exitCode: shape.count(exitCode, where) }),
    ...(lines === undefined
      ? {}
      : { lines: shape.list(lines, where, 100, (one, at) => shape.text(one, at, 4096)) }),
  };
}

/** Errors: those of the shape. */
export function decodeWritten(shape: Shape, value: unknown, where: string): WrittenForm {
  const { sha256, generation } = shape.record(value, where);
  return {
    sha256: shape.sha256(sha256, where),
    ...(generation === undefined ? {} : { generation: shape.count(generation, where) }),
  };
}

function decodeOwners(shape: Shape, value: unknown, where: string): readonly OwnerReference[] {
  return shape.list(value, where, maxOwners, (one, place) => {
    const row = shape.record(one, place);
    const { controller, blockOwnerDeletion } = row;
    return {
      apiVersion: shape.text(row["apiVersion"], place, maxNameLength),
      kind: shape.text(row["kind"], place, maxNameLength),
      name: shape.text(row["name"], place, maxNameLength),
      uid: shape.text(row["uid"], place, maxNameLength),
      ...(controller === undefined ? {} : { controller: shape.flag(controller, place) }),
      ...(blockOwnerDeletion === undefined
        ? {}
        : { blockOwnerDeletion: shape.flag(blockOwnerDeletion, place) }),
    };
  });
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
