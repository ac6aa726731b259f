import type { Finding } from "../api/results.ts";
import { freeBuffer } from "../lib/free-buffer.ts";
import { compressMember, inflateFile } from "./gzip-member.ts";
import { createShape, parseJson } from "./json-shape.ts";
import type { ManifestCut, ManifestKind, ManifestMember } from "./manifest.ts";
import type { NativeSnapshotRecord } from "./native-snapshot-record.ts";
import type { SnapshotRecord } from "./snapshot-record.ts";
import type { VolumeRecord } from "./volume-coverage.ts";

/**
 * `metadata/ark-ts/runs/<uid>/<number>`: what a run has made durable since its last checkpoint.
 * Numbered from 1, never rewritten; docs/format.md specifies it.
 */
export interface Checkpoint {
  readonly number: number;
  /** RFC 3339. */
  readonly at: string;
  /** Absent while nothing was uploaded: then it is a sign of life only. */
  readonly uploadId?: string;
  readonly parts: readonly StoredPart[];
  /** Members that lie wholly in the parts so far. */
  readonly members: readonly ManifestMember[];
  /** Where lists stand after those members; a later position of a list replaces an earlier one. */
  readonly lists: readonly ListPosition[];
  /** All cuts so far. */
  readonly cuts: readonly ManifestCut[];
  /** Index lines of those members. */
  readonly indexText: string;
  /** The same of objects in the folders of other versions. */
  readonly versionIndexText: string;
  /** Bytes of the archive that no part has yet: members in it are whole. Absent: none. */
  readonly tail?: CheckpointTail;
  /** On the last one only: all of the archive is in the parts, and this is what was collected. */
  readonly end?: CheckpointEnd;
}

export interface CheckpointEnd {
  readonly kinds: readonly ManifestKind[];
  /** Absent: each kind in one version. */
  readonly versions?: readonly ManifestKind[];
  readonly findings: readonly Finding[];
  /** Kinds that could not be listed. */
  readonly kindsFailed: number;
  /** Absent: there were none. */
  readonly hooks?: { readonly hooksAttempted: number; readonly hooksFailed: number };
  /** Absent: there were none. */
  readonly volumes?: readonly VolumeRecord[];
  /** Absent: there were none. */
  readonly snapshots?: readonly SnapshotRecord[];
  readonly natives?: readonly NativeSnapshotRecord[];
}

export interface CheckpointTail {
  /** In the archive. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export interface StoredPart {
  readonly number: number;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** The store's receipt. */
  readonly tag: string;
}

/** One list of a kind in one version: over all or one namespace, under one selector or none. */
export interface ListPosition {
  readonly resource: string;
  /** `apiVersion` in which it is listed. */
  readonly version: string;
  /** True for a version besides the one whose objects stand at their plain paths. */
  readonly isOther?: boolean;
  readonly namespace?: string;
  readonly labelSelector?: string;
  /** `namespace/name` of the last object that was read, taken or not. */
  readonly lastKey?: string;
  /** False when the list came unordered: it cannot be taken up in the middle. */
  readonly ordered: boolean;
  readonly done: boolean;
  /** Objects of this list in the archive. */
  readonly count: number;
  /** How the page was asked for in which the next object stands. */
  readonly continueToken?: string;
  readonly exactResourceVersion?: string;
  readonly resourceVersion: string;
  readonly oneRevision: boolean;
  readonly cut?: number;
  readonly reason?: string;
  /**
   * Items that objects of this list refer to, `resource namespace/name` each, as far as no
   * position before told of them. `!` before: whatever the filters say; `~`: met and not taken.
   */
  readonly wanted?: readonly string[];
}

/** Bounds of a reader. */
const maxCheckpointBytes = 256 * 1024 * 1024;
const maxEntries = 1_000_000;

/** Identifies a list within a run. */
export function listId(
  list: Pick<ListPosition, "resource" | "version" | "isOther" | "namespace" | "labelSelector">,
): string {
  const { resource, version, isOther = false, namespace = "*", labelSelector = "" } = list;
  return `${resource} ${version} ${isOther ? "other" : ""} ${namespace} ${labelSelector}`;
}

export type NewCheckpoint = Omit<Checkpoint, "indexText" | "versionIndexText"> & {
  readonly indexText: string | Uint8Array;
  readonly versionIndexText: string | Uint8Array;
};

/** One line of JSON, the index lines, those of other versions, bytes of the archive; compressed. */
export async function encodeCheckpoint(checkpoint: NewCheckpoint): Promise<Buffer> {
  const { indexText, versionIndexText, tail, ...rest } = checkpoint;
  const versionIndexBytes = Buffer.byteLength(versionIndexText);
  const header = {
    ...rest,
    ...(versionIndexBytes > 0 && { versionIndexBytes }),
    ...(tail !== undefined && { tail: { offset: tail.offset, sizeBytes: tail.bytes.length } }),
  };
  const text = Buffer.concat([
    Buffer.from(`${JSON.stringify(header)}\n`),
    bytesOf(indexText),
    bytesOf(versionIndexText),
    tail?.bytes ?? Buffer.alloc(0),
  ]);
  const compressed = await compressMember(text, 6);
  freeBuffer(text);
  return compressed;
}

const bytesOf = (text: string | Uint8Array): Uint8Array =>
  typeof text === "string" ? Buffer.from(text) : text;

/** Errors: ARK_BACKUP_DAMAGED. */
export async function decodeCheckpoint(bytes: Uint8Array, key: string): Promise<Checkpoint> {
  const subject = `checkpoint ${key}`;
  const shape = createShape("ARK_BACKUP_DAMAGED", subject);
  const text = await inflateFile(bytes, maxCheckpointBytes);
  const end = text.indexOf(0x0a);
  if (end === -1) throw shape.fail("it", "has no header");
  const header = shape.record(
    parseJson(text.subarray(0, end), "ARK_BACKUP_DAMAGED", subject),
    "its header",
  );
  const uploadId = header["uploadId"];
  const versionBytes = header["versionIndexBytes"];
  const tail = decodeTail(shape, header["tail"]);
  const textEnd = text.length - (tail?.sizeBytes ?? 0);
  const split = textEnd - shape.count(versionBytes ?? 0, "versionIndexBytes");
  if (split <= end) throw shape.fail("versionIndexBytes", "is more than there is");
  return {
    number: shape.count(header["number"], "number"),
    at: shape.text(header["at"], "at"),
    ...(uploadId === undefined ? {} : { uploadId: shape.text(uploadId, "uploadId") }),
    parts: shape.list(header["parts"], "parts", maxEntries, (one, where) => {
      const part = shape.record(one, where);
      return {
        number: shape.count(part["number"], where),
        sizeBytes: shape.count(part["sizeBytes"], where),
        sha256: shape.sha256(part["sha256"], where),
        tag: shape.text(part["tag"], where),
      };
    }),
    members: shape.list(header["members"], "members", maxEntries, (one, where) => {
      const member = shape.record(one, where);
      return {
        offset: shape.count(member["offset"], where),
        sizeBytes: shape.count(member["sizeBytes"], where),
        inflatedBytes: shape.count(member["inflatedBytes"], where),
        resource: shape.text(member["resource"], where),
      };
    }),
    lists: shape.list(header["lists"], "lists", maxEntries, (one, where) =>
      decodePosition(shape, one, where),
    ),
    cuts: shape.list(header["cuts"], "cuts", maxEntries, (one, where) => {
      const cut = shape.record(one, where);
      return {
        resourceVersion: shape.text(cut["resourceVersion"], where),
        takenAt: shape.text(cut["takenAt"], where),
      };
    }),
    indexText: text.subarray(end + 1, split).toString("utf8"),
    versionIndexText: text.subarray(split, textEnd).toString("utf8"),
    ...(tail && { tail: { offset: tail.offset, bytes: text.subarray(textEnd) } }),
    ...(header["end"] === undefined ? {} : { end: decodeEnd(shape, header["end"]) }),
  };
}

type Shape = ReturnType<typeof createShape>;

function decodeTail(shape: Shape, value: unknown) {
  if (value === undefined) return undefined;
  const { offset, sizeBytes } = shape.record(value, "tail");
  return {
    offset: shape.count(offset, "tail.offset"),
    sizeBytes: shape.count(sizeBytes, "tail.sizeBytes"),
  };
}

/** Written by this engine for itself; what is in it is checked again when the manifest is. */
function decodeEnd(shape: Shape, value: unknown): CheckpointEnd {
  const end = shape.record(value, "end");
  const entry = (one: unknown, where: string) => shape.record(one, where);
  return {
    kinds: shape.list(end["kinds"], "end.kinds", maxEntries, entry) as never,
    findings: shape.list(end["findings"], "end.findings", maxEntries, entry) as never,
    kindsFailed: shape.count(end["kindsFailed"], "end.kindsFailed"),
    ...(end["versions"] === undefined
      ? {}
      : { versions: shape.list(end["versions"], "end.versions", maxEntries, entry) as never }),
    ...(end["hooks"] === undefined ? {} : { hooks: decodeHooks(shape, end["hooks"]) }),
    ...(end["volumes"] === undefined
      ? {}
      : { volumes: shape.list(end["volumes"], "end.volumes", maxEntries, entry) as never }),
    ...(end["snapshots"] === undefined
      ? {}
      : { snapshots: shape.list(end["snapshots"], "end.snapshots", maxEntries, entry) as never }),
    ...(end["natives"] === undefined
      ? {}
      : { natives: shape.list(end["natives"], "end.natives", maxEntries, entry) as never }),
  };
}

function decodeHooks(shape: Shape, value: unknown): NonNullable<CheckpointEnd["hooks"]> {
  const hooks = shape.record(value, "end.hooks");
  return {
    hooksAttempted: shape.count(hooks["hooksAttempted"], "end.hooks.hooksAttempted"),
    hooksFailed: shape.count(hooks["hooksFailed"], "end.hooks.hooksFailed"),
  };
}

function decodePosition(shape: Shape, value: unknown, where: string): ListPosition {
  const list = shape.record(value, where);
  const texts = {
    namespace: list["namespace"],
    labelSelector: list["labelSelector"],
    lastKey: list["lastKey"],
    continueToken: list["continueToken"],
    exactResourceVersion: list["exactResourceVersion"],
    reason: list["reason"],
  };
  const given = Object.entries(texts).filter(([, text]) => text !== undefined);
  const cut = list["cut"];
  const wanted = list["wanted"];
  const isOther = list["isOther"];
  return {
    resource: shape.text(list["resource"], where),
    version: shape.text(list["version"], where),
    ...(isOther === undefined ? {} : { isOther: shape.flag(isOther, where) }),
    ordered: shape.flag(list["ordered"], where),
    done: shape.flag(list["done"], where),
    count: shape.count(list["count"], where),
    resourceVersion: shape.text(list["resourceVersion"], where),
    oneRevision: shape.flag(list["oneRevision"], where),
    ...(cut === undefined ? {} : { cut: shape.count(cut, where) }),
    ...(wanted === undefined
      ? {}
      : { wanted: shape.list(wanted, where, maxEntries, (one, at) => shape.text(one, at)) }),
    ...Object.fromEntries(given.map(([key, text]) => [key, shape.text(text, where, 1024 * 1024)])),
  };
}
