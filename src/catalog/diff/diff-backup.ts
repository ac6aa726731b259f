import { readRawObject } from "../../api/read-raw-object.ts";
import type { GroupResource } from "../../api/resource-kind.ts";
import { diffObjects } from "../../domain/diff/diff-objects.ts";
import type { FieldChange } from "../../domain/diff/field-change.ts";
import { bindingSubjects } from "../../domain/restore/rules/binding-subjects.ts";
import type { IndexLine } from "../../format/index-line.ts";
import { ArkError } from "../../lib/errors.ts";
import { withValue } from "../../lib/json-edit.ts";
import { isJsonObject, type JsonObject, parseJson } from "../../lib/json-text.ts";
import { fingerprintsOf, placeKey } from "../match-objects.ts";
import type { OpenedBackup } from "../opened-backup.ts";
import { type DiffScope, isInScope, type OtherObject, type OtherSide } from "./diff-side.ts";

/** An object that differs; placed by its name on the other side. */
export interface ObjectDiff {
  readonly resource: GroupResource;
  readonly namespace?: string;
  readonly name: string;
  /** `added`: only the other side has it. */
  readonly change: "added" | "removed" | "changed";
  /** Of a changed one. */
  readonly fields?: readonly FieldChange[];
}

export interface BackupDiff {
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  /** Equal, or equal modulo noise. */
  readonly unchanged: number;
  /** In the order in which they were met, as many as were asked for. */
  readonly objects: readonly ObjectDiff[];
  /** Kinds of which nothing could be told, with why. */
  readonly unread: ReadonlyMap<GroupResource, string>;
}

export interface DiffRequest {
  readonly backup: OpenedBackup;
  readonly other: OtherSide;
  readonly scope: DiffScope;
  /** Whether an object that only the other side has would have been in the backup. */
  readonly wouldBeThere: (object: OtherObject) => boolean;
  /** Objects that are told; more are counted. */
  readonly maxObjects: number;
}

/** So many bytes of objects that may differ are held at once. */
const batchBytes = 16 * 1024 * 1024;
const batchObjects = 5_000;

/**
 * Compares a backup with what there is elsewhere: digests first, and the bytes only of what
 * differs in them. Memory: 16 bytes an object of the backup and 32 MiB. Errors: those of reading
 * the backup and the other side.
 */
export async function diffBackup(request: DiffRequest, signal: AbortSignal): Promise<BackupDiff> {
  const { backup, other, scope, wouldBeThere, maxObjects } = request;
  const { selection } = scope;
  const table = await fingerprintsOf(selectedLines(request, signal));
  const total = { added: 0, removed: 0, changed: 0, unchanged: 0 };
  const objects: ObjectDiff[] = [];
  const tell = (diff: ObjectDiff): void => {
    total[diff.change] += 1;
    if (objects.length < maxObjects) objects.push(diff);
  };
  const batch = createBatch(request, tell, () => {
    total.unchanged += 1;
  });
  for await (const object of other.objects(signal)) {
    const match = table.take(placeKey(object), object.normalSha256);
    if (match === "same") total.unchanged += 1;
    else if (match === "different") await batch.add(object, signal);
    else if (wouldBeThere(object) && isSelected(selection, object, object.labels)) {
      tell({ ...placeOf(object), change: "added" });
    }
  }
  await batch.flush(signal);
  if (table.size > 0) {
    for await (const line of backup.index(signal)) {
      const place = mapped(scope, line);
      const key = placeKey(place);
      if (!table.has(key) || other.unread.has(line.resource)) continue;
      table.take(key, line.normalSha256);
      tell({ ...placeOf(place), change: "removed" });
    }
  }
  return { ...total, objects, unread: other.unread };
}

type Place = Pick<OtherObject, "resource" | "namespace" | "name">;

function placeOf({ resource, namespace, name }: Place) {
  return { resource, ...(namespace === "" ? {} : { namespace }), name };
}

/** Where an object of the backup is looked for. */
function mapped({ selection }: DiffScope, { resource, namespace = "", name }: IndexLine): Place {
  return {
    resource,
    namespace: namespace === "" ? "" : selection.mapNamespace(namespace),
    name: resource === "namespaces" ? selection.mapNamespace(name) : name,
  };
}

/** With a selector the bytes are read, for labels stand nowhere else. */
async function* selectedLines({ backup, scope }: DiffRequest, signal: AbortSignal) {
  const { selection } = scope;
  const isWanted = ({ resource, namespace = "", name }: IndexLine): boolean =>
    isInScope(scope, resource, namespace, name);
  const keyed = (line: IndexLine) => ({
    key: placeKey(mapped(scope, line)),
    normalSha256: line.normalSha256,
  });
  if (selection.hasSelectors) {
    for await (const { line, bytes } of backup.entries(isWanted, signal)) {
      if (isSelected(selection, line, readRawObject(bytes).labels)) yield keyed(line);
    }
  } else {
    for await (const line of backup.index(signal)) if (isWanted(line)) yield keyed(line);
  }
}

function isSelected(
  selection: DiffScope["selection"],
  { resource, namespace = "" }: Pick<IndexLine, "resource" | "namespace">,
  labels: OtherObject["labels"] = {},
): boolean {
  return selection.includesLabels(resource, namespace, labels);
}

interface Batch {
  add(object: OtherObject, signal: AbortSignal): Promise<void>;
  flush(signal: AbortSignal): Promise<void>;
}

/** Holds objects whose digests differ until one pass over their members pays off. */
function createBatch(
  { backup, other, scope }: DiffRequest,
  tell: (diff: ObjectDiff) => void,
  tellEqual: () => void,
): Batch {
  let held = new Map<string, OtherObject>();
  let heldBytes = 0;
  const flush = async (signal: AbortSignal): Promise<void> => {
    const taken = held;
    [held, heldBytes] = [new Map(), 0];
    if (taken.size === 0) return;
    const without = [...taken].flatMap(([key, { bytes }]) => (bytes === undefined ? [key] : []));
    const read = without.length === 0 ? new Map() : await other.bytesOf(new Set(without), signal);
    const isTaken = (line: IndexLine): boolean => taken.has(placeKey(mapped(scope, line)));
    for await (const { line, bytes } of backup.entries(isTaken, signal)) {
      const place = mapped(scope, line);
      const object = taken.get(placeKey(place));
      const now = object?.bytes ?? read.get(placeKey(place));
      if (object === undefined || now === undefined) continue;
      const before = placed(scope, line, readObject(bytes, line));
      const fields = diffObjects(line.resource, before, readObject(now, line));
      if (fields.length === 0) tellEqual();
      else tell({ ...placeOf(place), change: "changed", fields });
    }
  };
  return {
    flush,
    async add(object, signal) {
      // Its bytes may be a part of a larger buffer, which would be held with them.
      const bytes = object.bytes === undefined ? undefined : Buffer.from(object.bytes);
      held.set(placeKey(object), { ...object, bytes });
      heldBytes += object.sizeBytes;
      if (heldBytes >= batchBytes || held.size >= batchObjects) await flush(signal);
    },
  };
}

/** The object as it would stand under the mapped namespace. */
function placed(scope: DiffScope, line: IndexLine, object: JsonObject): JsonObject {
  const { mapNamespace } = scope.selection;
  const { namespace, name } = mapped(scope, line);
  const moved = namespace === "" ? object : withValue(object, ["metadata", "namespace"], namespace);
  const named = name === line.name ? moved : withValue(moved, ["metadata", "name"], name);
  if (!bindingSubjects.resources.includes(line.resource)) return named;
  return bindingSubjects.clean(named, {
    resource: line.resource,
    mapNamespace,
    preserveNodePorts: true,
    volumes: new Map(),
    restoredJobs: new Set(),
  });
}

function readObject(bytes: Buffer, { kind, name }: IndexLine): JsonObject {
  const value = parseJson(bytes.toString("utf8"));
  if (isJsonObject(value)) return value;
  throw new ArkError("ARK_JSON_INVALID", `${kind} "${name}" is not a JSON object`);
}
