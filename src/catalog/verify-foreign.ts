import type { Backup } from "../api/backup.ts";
import { readRawObject } from "../api/read-raw-object.ts";
import { inflateStream } from "../format/inflate-stream.ts";
import { backupKeys } from "../format/keys.ts";
import { hasCode } from "../lib/errors.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { describeLine, objectPlace } from "./damage.ts";
import { type ForeignItem, readForeignItems } from "./foreign-archive.ts";
import type { BackupEntry } from "./opened-backup.ts";
import { readListFile, readResourceList, readResults } from "./read-side-file.ts";
import type { VerifyLevel, VerifyTally } from "./verify-report.ts";

export interface ForeignVerification {
  readonly store: ObjectStore;
  readonly name: string;
  /** Undefined when the seal cannot be read. */
  readonly backup: Backup | undefined;
  readonly level: VerifyLevel;
  readonly tally: VerifyTally;
}

/**
 * What can be checked without hashes: that each file inflates (gzip has checksums of its own)
 * and parses, that the archive is whole and safe, and that each object is the one its path names.
 */
export async function verifyForeign(
  verification: ForeignVerification,
  signal: AbortSignal,
): Promise<void> {
  const { tally, level } = verification;
  const missing = await verifySideFiles(verification, signal);
  tally.notChecked("bytes against hashes: there are none to trust but gzip's own checksums");
  tally.notChecked("the archive against an index: there is none to trust");
  if (level === "index") {
    tally.notChecked("the archive: level index reads no archive");
    return;
  }
  await verifyForeignArchive(verification, missing, signal);
}

/** Names of the resource list that the archive has not shown yet. */
type Expected = Map<string, Set<string>>;

async function verifyForeignArchive(
  { store, name, backup, tally, level }: ForeignVerification,
  expected: Expected | undefined,
  signal: AbortSignal,
): Promise<void> {
  const keys = backupKeys(name);
  const file = keys.archive.slice(keys.folder.length);
  let unknown = 0;
  const check = (item: ForeignItem): void => {
    if (item.kind === "entry") {
      const { line, bytes } = item.entry;
      tally.count({ objects: 1, bytes: bytes.length });
      expected?.get(`${line.version}/${line.kind}`)?.delete(objectPlace(line));
      if (level !== "objects") return;
      const problem = findPlaceProblem(item.entry);
      if (problem !== undefined) tally.damage({ file, object: describeLine(line), problem });
    } else if (item.kind === "damaged") {
      const problem = item.error.answer ?? item.error.message;
      tally.damage({ file, object: describeLine(item.line), problem });
    } else if (item.reason === "duplicate") {
      tally.damage({ file, problem: `${JSON.stringify(item.path)} stands there twice` });
    } else if (item.reason === "version") {
      const found = item.bytes.toString("utf8").trim();
      const said = backup?.status.formatVersion ?? found;
      if (found !== said)
        tally.damage({
          file,
          problem: `metadata/version says ${JSON.stringify(found.slice(0, 100))}, the backup ${said}`,
        });
    } else if (item.reason === "unknown") unknown += 1;
  };
  try {
    for await (const item of readForeignItems(store, name, signal)) check(item);
  } catch (thrown) {
    if (hasCode(thrown, "ARK_ARCHIVE_INVALID") || hasCode(thrown, "ARK_BACKUP_DAMAGED")) {
      tally.damage({ file, problem: thrown.message });
    } else throw thrown;
    return;
  }
  tally.count({ files: 1 });
  if (unknown > 0) tally.note(`${unknown} entries of the archive are no objects`);
  noteMissing(expected, tally);
}

function findPlaceProblem({ line, bytes }: BackupEntry): string | undefined {
  const object = readRawObject(bytes);
  if (object.name !== line.name) return `its name is ${JSON.stringify(object.name)}`;
  const namespace = line.namespace ?? "";
  if (object.namespace !== namespace) return `its namespace is ${JSON.stringify(object.namespace)}`;
  return undefined;
}

/** Velero lists an object before it writes it, so one that failed is listed and not there. */
function noteMissing(expected: Expected | undefined, tally: VerifyTally): void {
  for (const [kind, names] of expected ?? []) {
    if (names.size === 0) continue;
    const some = [...names].slice(0, 5).join(", ");
    tally.note(`${names.size} ${kind} stand in the resource list and not in the archive: ${some}`);
  }
}

async function verifySideFiles(
  { store, name, tally }: ForeignVerification,
  signal: AbortSignal,
): Promise<Expected | undefined> {
  const keys = backupKeys(name);
  let expected: Expected | undefined;
  const files: readonly (readonly [string, () => Promise<unknown>])[] = [
    ...[
      keys.podVolumeBackups,
      keys.volumeSnapshots,
      keys.itemOperations,
      keys.volumeInfo,
      keys.csiVolumeSnapshots,
      keys.csiVolumeSnapshotContents,
      keys.csiVolumeSnapshotClasses,
    ].map((key) => [key, () => readListFile(store, key, signal)] as const),
    [keys.results, () => readResults(store, keys.results, signal)],
    [keys.logs, () => readToEnd(store, keys.logs, signal)],
    [
      keys.resourceList,
      async () => {
        const list = await readResourceList(store, keys.resourceList, signal);
        expected = list && new Map([...list].map(([kind, names]) => [kind, new Set(names)]));
        return list;
      },
    ],
  ];
  for (const [key, read] of files) {
    try {
      if ((await read()) !== undefined) tally.count({ files: 1 });
    } catch (thrown) {
      if (!hasCode(thrown, "ARK_BACKUP_DAMAGED") && !hasCode(thrown, "ARK_BACKUP_FORMAT"))
        throw thrown;
      tally.damage({ file: key.slice(keys.folder.length), problem: thrown.message });
    }
  }
  return expected;
}

async function readToEnd(
  store: ObjectStore,
  key: string,
  signal: AbortSignal,
): Promise<true | undefined> {
  try {
    const { body } = await store.get(key, { signal });
    for await (const _ of inflateStream(body, `"${key}"`, signal)) signal.throwIfAborted();
    return true;
  } catch (thrown) {
    if (hasCode(thrown, "ARK_STORE_NOT_FOUND")) return undefined;
    throw thrown;
  }
}
