import { backupKeys } from "../format/keys.ts";
import { decodeList } from "../format/side-files.ts";
import { hasCode, toArkError } from "../lib/errors.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { readStored } from "./read-stored.ts";

const maxSideFileBytes = 64 * 1024 * 1024;

/** Data that is deleted, or will be before the backup. */
export interface GoneData {
  readonly snapshotsGone?: boolean;
  /** Native snapshots. */
  readonly nativesGone?: boolean;
}

type Entry = Readonly<Record<string, unknown>>;

/**
 * Data outside the backup's folder that would lose its owner if the backup were deleted: one
 * sentence for each sort. A side file that cannot be read counts as owning data; a missing one
 * does not, nor do CSI snapshots with `snapshotsGone`: they are deleted, or will be before it.
 */
export async function findOwnedData(
  store: ObjectStore,
  name: string,
  signal: AbortSignal,
  { snapshotsGone = false, nativesGone = false }: GoneData = {},
): Promise<readonly string[]> {
  const keys = backupKeys(name);
  const inVolumeInfo = (info: Entry): boolean =>
    protectsVolume(info) &&
    !(snapshotsGone && isSnapshot(info)) &&
    !(nativesGone && isNative(info));
  const all = (): boolean => true;
  const unlessGone = (): boolean => !snapshotsGone;
  const sources: readonly {
    readonly key: string;
    readonly owns: (entry: Entry) => boolean;
    readonly what: string;
  }[] = [
    { key: keys.volumeSnapshots, owns: () => !nativesGone, what: "native volume snapshots" },
    { key: keys.podVolumeBackups, owns: all, what: "file-system backups of volumes" },
    { key: keys.csiVolumeSnapshots, owns: unlessGone, what: "CSI volume snapshots" },
    {
      key: keys.csiVolumeSnapshotContents,
      owns: unlessGone,
      what: "CSI volume snapshot contents",
    },
    { key: keys.volumeInfo, owns: inVolumeInfo, what: "volumes with a snapshot or moved data" },
  ];
  const findings: string[] = [];
  for (const { key, owns, what } of sources) {
    const count = await countEntries(store, key, owns, signal);
    if (typeof count === "string") findings.push(count);
    else if (count > 0) findings.push(`${count} ${what}`);
  }
  return findings;
}

function protectsVolume(info: Entry): boolean {
  return info["skipped"] !== true && isText(info["backupMethod"]);
}

/** A CSI snapshot that the storage holds by itself. */
function isSnapshot(info: Entry): boolean {
  return info["backupMethod"] === "CSISnapshot" && info["snapshotDataMoved"] !== true;
}

function isNative(info: Entry): boolean {
  return info["backupMethod"] === "NativeSnapshot";
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

async function countEntries(
  store: ObjectStore,
  key: string,
  owns: (entry: Entry) => boolean,
  signal: AbortSignal,
): Promise<number | string> {
  try {
    const list = await decodeList(await readStored(store, key, maxSideFileBytes, signal), key);
    return list.filter(owns).length;
  } catch (thrown) {
    if (hasCode(thrown, "ARK_STORE_NOT_FOUND")) return 0;
    const unclear = ["ARK_BACKUP_DAMAGED", "ARK_BACKUP_FORMAT"] as const;
    if (!unclear.some((code) => hasCode(thrown, code))) throw thrown;
    return `what "${key}" lists, which cannot be read: ${toArkError(thrown).message}`;
  }
}
