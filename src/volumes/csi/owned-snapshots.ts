import { labels } from "../../api/labels.ts";
import { openBackup } from "../../catalog/open-backup.ts";
import type { OpenedBackup } from "../../catalog/opened-backup.ts";
import { readListFile } from "../../catalog/read-side-file.ts";
import { labelValue } from "../../domain/label-value.ts";
import type { StoredGroup } from "../../domain/volumes/csi/group-objects.ts";
import { type StoredSnapshot, storedSnapshot } from "../../domain/volumes/csi/restored-snapshot.ts";
import { backupKeys } from "../../format/keys.ts";
import { hasCode } from "../../lib/errors.ts";
import { arrayAt, objectAt, textAt } from "../../lib/json-edit.ts";
import { type JsonObject, parseJson } from "../../lib/json-text.ts";
import type { ObjectStore } from "../../ports/object-store.ts";
import { volumeSnapshotContents, volumeSnapshots } from "./snapshot-api.ts";

export interface OwnedSnapshot extends StoredSnapshot {
  /** For a person: `claim shop/data`, or the name of its object. */
  readonly what: string;
}

export interface OwnedSnapshots {
  /** One for each snapshot of a storage. */
  readonly snapshots: readonly OwnedSnapshot[];
  /** What is recorded as a snapshot, and nothing says by which handle the storage knows it. */
  readonly unclear: readonly string[];
  /** The cluster that the backup is of; undefined: not told, as by Velero. */
  readonly clusterId: string | undefined;
}

/**
 * The CSI snapshots in storage that go with a sealed backup, ours or Velero's: those of its volume
 * info and those whose objects in the archive a backup tool has made. Snapshots of users stay theirs.
 * An archive that is damaged leaves the volume info. Errors: those of reading the backup.
 */
export async function readOwnedSnapshots(
  store: ObjectStore,
  name: string,
  signal: AbortSignal,
): Promise<OwnedSnapshots> {
  const keys = backupKeys(name);
  const found = new Map<string, OwnedSnapshot>();
  const unclear: string[] = [];
  const add = (what: string, stored: StoredSnapshot): void => {
    const key = `${stored.driver}/${stored.handle}`;
    const before = found.get(key);
    const group = mergedGroup(before?.group, stored.group);
    const { group: _group, ...rest } = stored;
    const whole = { ...rest, ...(group === undefined ? {} : { group }) };
    found.set(key, { ...whole, what: before?.what ?? what });
  };
  for (const info of (await readListFile(store, keys.volumeInfo, signal)) ?? []) {
    const entry = info as JsonObject;
    if (!isKeptSnapshot(entry)) continue;
    const stored = ofVolumeInfo(entry);
    if (stored === undefined) unclear.push(claimOf(entry));
    else add(claimOf(entry), stored);
  }
  // Old versions of Velero.
  for (const content of (await readListFile(store, keys.csiVolumeSnapshotContents, signal)) ?? []) {
    const stored = storedSnapshot(undefined, content as JsonObject);
    const what = nameOf("VolumeSnapshotContent", content as JsonObject);
    if (stored === undefined) unclear.push(what);
    else add(what, stored);
  }
  let clusterId: string | undefined;
  try {
    const backup = await openBackup(store, name, { signal });
    clusterId = backup.manifest?.cluster.id;
    for (const { what, stored } of await inArchive(backup, signal)) add(what, stored);
  } catch (thrown) {
    const isDamaged = damages.some((code) => hasCode(thrown, code));
    if (!isDamaged) throw thrown;
  }
  return { snapshots: [...found.values()], unclear, clusterId };
}

const damages = ["ARK_BACKUP_DAMAGED", "ARK_BACKUP_FORMAT", "ARK_ARCHIVE_INVALID"] as const;

/** Of an entry of Velero's BackupVolumeInfo: a snapshot that the storage holds by itself. */
function isKeptSnapshot(entry: JsonObject): boolean {
  return (
    entry["backupMethod"] === "CSISnapshot" &&
    entry["snapshotDataMoved"] !== true &&
    entry["skipped"] !== true &&
    entry["result"] !== "failed"
  );
}

function ofVolumeInfo(entry: JsonObject): StoredSnapshot | undefined {
  const info = objectAt(entry, ["csiSnapshotInfo"]);
  const handle = textAt(info, ["snapshotHandle"]);
  const driver = textAt(info, ["driver"]);
  if (handle === "" || driver === "") return undefined;
  const group = textAt(info, ["volumeGroupSnapshotHandle"]);
  if (group === "") return { handle, driver };
  const told = arrayAt(info, ["volumeGroupSnapshotMembers"]).filter(
    (one) => typeof one === "string",
  );
  return { handle, driver, group: { driver, handle: group, members: [handle, ...told] } };
}

/** Each place where the backup tells of a group may know other snapshots of it. */
function mergedGroup(
  one: StoredGroup | undefined,
  other: StoredGroup | undefined,
): StoredGroup | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return { ...one, members: [...new Set([...one.members, ...other.members])] };
}

const claimOf = (entry: JsonObject): string =>
  `claim ${textAt(entry, ["pvcNamespace"])}/${textAt(entry, ["pvcName"])}`;

const nameOf = (kind: string, object: JsonObject): string =>
  `${kind} ${textAt(object, ["metadata", "name"])}`;

interface Named {
  readonly what: string;
  readonly stored: StoredSnapshot;
}

/** What has no handle there was never cut. */
async function inArchive(backup: OpenedBackup, signal: AbortSignal): Promise<readonly Named[]> {
  const snapshots: JsonObject[] = [];
  const contents = new Map<string, JsonObject>();
  const kinds = new Set([volumeSnapshots, volumeSnapshotContents]);
  for await (const { line, bytes } of backup.entries((one) => kinds.has(one.resource), signal)) {
    const object = parseJson(bytes.toString()) as JsonObject;
    if (line.resource === volumeSnapshots) snapshots.push(object);
    else contents.set(line.name, object);
  }
  const label = labelValue(backup.name);
  const isMine = (object: JsonObject): boolean =>
    textAt(object, ["metadata", "labels", labels.backupName]) === label;
  const named = (what: string, stored: StoredSnapshot | undefined): readonly Named[] =>
    stored === undefined ? [] : [{ what, stored }];
  const ofSnapshots = snapshots.filter(isMine).flatMap((snapshot) => {
    const bound = textAt(snapshot, ["status", "boundVolumeSnapshotContentName"]);
    const stored = storedSnapshot(snapshot, contents.get(bound));
    return named(nameOf("VolumeSnapshot", snapshot), stored);
  });
  const ofContents = [...contents.values()]
    .filter(isMine)
    .flatMap((content) =>
      named(nameOf("VolumeSnapshotContent", content), storedSnapshot(undefined, content)),
    );
  return [...ofSnapshots, ...ofContents];
}
