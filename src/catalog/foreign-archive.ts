import { readRawObject } from "../api/read-raw-object.ts";
import { type ArchivePath, entryPath, parseArchivePath } from "../format/archive-path.ts";
import type { IndexLine } from "../format/index-line.ts";
import { inflateStream } from "../format/inflate-stream.ts";
import { normalSha256, sha256 } from "../format/normal-form.ts";
import { readTar, type TarEntry } from "../format/tar-reader.ts";
import { readTypeMeta } from "../format/type-meta.ts";
import { ArkError, hasCode, toArkError } from "../lib/errors.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { damagedBackup, describeLine } from "./damage.ts";
import { getArchive } from "./get-archive.ts";
import type {
  BackupEntry,
  BackupObjects,
  DamagedLine,
  OnDamaged,
  OpenedBackup,
} from "./opened-backup.ts";

/** What one pass over a foreign archive meets, in its order. */
export type ForeignItem =
  | { readonly kind: "entry"; readonly entry: BackupEntry }
  | { readonly kind: "damaged"; readonly line: DamagedLine; readonly error: ArkError }
  /** Not an object, or one that stands elsewhere too. */
  | {
      readonly kind: "left-out";
      readonly reason: "version" | "version-folder" | "duplicate" | "unknown";
      readonly path: string;
      readonly bytes: Buffer;
    };

/**
 * Reads an archive of one stream without index: each call is one pass over all of it. With
 * `onBroken` a pass ends, instead of failing, where the archive is missing or cannot be read on.
 */
export function openForeignArchive(
  store: ObjectStore,
  name: string,
  onBroken?: (error: ArkError) => void,
): BackupObjects & Pick<OpenedBackup, "everyVersion"> {
  return {
    ...readObjects({ store, name, onBroken, withVersions: false }),
    everyVersion: () => readObjects({ store, name, onBroken, withVersions: true }),
  };
}

interface ForeignReading {
  readonly store: ObjectStore;
  readonly name: string;
  readonly onBroken: ((error: ArkError) => void) | undefined;
  /** Objects in folders of versions besides the preferred one count too. */
  readonly withVersions: boolean;
}

function readObjects({ store, name, onBroken, withVersions }: ForeignReading): BackupObjects {
  let notes: readonly string[] = [];
  async function* entries(
    wanted: (line: IndexLine) => boolean,
    signal: AbortSignal,
    onDamaged?: OnDamaged,
  ): AsyncGenerator<BackupEntry> {
    const leftOut = new Map<string, number>();
    const items = readForeignItems(store, name, signal, withVersions);
    for await (const item of onBroken === undefined ? items : untilBroken(items, onBroken)) {
      if (item.kind === "entry") {
        if (wanted(item.entry.line)) yield item.entry;
      } else if (item.kind === "left-out") {
        leftOut.set(item.reason, (leftOut.get(item.reason) ?? 0) + 1);
      } else if (onDamaged === undefined) {
        throw item.error;
      } else {
        onDamaged(item.line, item.error);
      }
    }
    notes = toNotes(leftOut);
  }
  return {
    async *index(signal) {
      const passOver = onBroken === undefined ? undefined : () => {};
      for await (const { line } of entries(() => true, signal, passOver)) yield line;
    },
    async read(line, signal) {
      const same = (one: IndexLine): boolean =>
        one.resource === line.resource &&
        one.folder === line.folder &&
        one.namespace === line.namespace &&
        one.name === line.name;
      for await (const { line: found, bytes } of entries(same, signal, () => {})) {
        if (found.sha256 === line.sha256) return bytes;
        throw damagedBackup(name, `the bytes of ${describeLine(line)} have changed`);
      }
      throw damagedBackup(name, `${describeLine(line)} is not in its archive`);
    },
    entries,
    notes: () => notes,
  };
}

async function* untilBroken(
  items: AsyncIterable<ForeignItem>,
  onBroken: (error: ArkError) => void,
): AsyncGenerator<ForeignItem> {
  try {
    yield* items;
  } catch (thrown) {
    const isBroken =
      hasCode(thrown, "ARK_ARCHIVE_INVALID") || hasCode(thrown, "ARK_BACKUP_DAMAGED");
    if (!isBroken) throw thrown;
    onBroken(thrown);
  }
}

function toNotes(leftOut: ReadonlyMap<string, number>): readonly string[] {
  const sentences: Readonly<Record<string, (count: number) => string>> = {
    "version-folder": (count) =>
      `${count} entries in version folders were left out: the same objects stand at their plain paths`,
    duplicate: (count) => `${count} entries whose path had come before were left out`,
    unknown: (count) => `${count} entries that are no objects were left out`,
  };
  return [...leftOut].flatMap(([reason, count]) => sentences[reason]?.(count) ?? []);
}

/**
 * One pass. Errors: ARK_ARCHIVE_INVALID for an archive that cannot be read on,
 * ARK_BACKUP_DAMAGED for one that cannot be inflated; those of the store.
 */
export async function* readForeignItems(
  store: ObjectStore,
  name: string,
  signal: AbortSignal,
  withVersions = false,
): AsyncGenerator<ForeignItem> {
  const stored = await getArchive(store, name, { signal });
  const inflated = inflateStream(stored.body, `the archive of backup "${name}"`, signal);
  const seen = new Set<string>();
  for await (const tarEntry of readTar(inflated, { signal })) {
    const path = placeOf(tarEntry.path, withVersions);
    const { bytes } = tarEntry;
    const leftOut = (reason: "version" | "version-folder" | "duplicate" | "unknown") =>
      ({ kind: "left-out", reason, path: tarEntry.path, bytes }) as const;
    if (path.kind === "version") yield leftOut("version");
    else if (path.kind === "versioned-item") yield leftOut("version-folder");
    else if (path.kind === "other") yield leftOut("unknown");
    else if (seen.has(entryPath(path))) {
      yield leftOut("duplicate");
    } else {
      seen.add(entryPath(path));
      yield toItem(name, path, tarEntry, stored.sizeBytes);
    }
  }
}

type ForeignPlace = Extract<ArchivePath, { kind: "item" }> & { readonly folder?: string };

function placeOf(
  text: string,
  withVersions: boolean,
): Exclude<ArchivePath, { kind: "item" }> | ForeignPlace {
  const path = parseArchivePath(text);
  if (!withVersions || path.kind !== "versioned-item" || path.preferred) return path;
  return { ...path, kind: "item", folder: path.version };
}

function toItem(
  name: string,
  path: ForeignPlace,
  { bytes, bodyOffset }: TarEntry,
  archiveBytes: number,
): ForeignItem {
  const place: Pick<IndexLine, "resource" | "namespace" | "name" | "folder"> = {
    resource: path.resource,
    ...(path.namespace !== "" && { namespace: path.namespace }),
    name: path.name,
    ...(path.folder !== undefined && { folder: path.folder }),
  };
  try {
    const object = readRawObject(bytes);
    const { apiVersion, kind } = readTypeMeta(bytes);
    if (apiVersion === "" || kind === "") {
      throw new ArkError("ARK_JSON_INVALID", "it has no apiVersion or kind");
    }
    const line: IndexLine = {
      ...place,
      version: apiVersion,
      kind,
      uid: object.uid,
      resourceVersion: object.resourceVersion,
      sha256: sha256(bytes),
      normalSha256: normalSha256(object),
      at: [0, archiveBytes, bodyOffset, bytes.length],
    };
    return { kind: "entry", entry: { line, bytes } };
  } catch (thrown) {
    const cause = toArkError(thrown);
    const error = damagedBackup(name, `${describeLine(place)} is not a Kubernetes object`, cause);
    return { kind: "damaged", line: place, error };
  }
}
