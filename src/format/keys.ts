import { ArkError } from "../lib/errors.ts";

/**
 * Every key in the bucket (docs/format.md, "Keys"). First-level folders are only those that
 * Velero allows; anything else makes its location unavailable.
 */
export const backupsPrefix = "backups/";
export const restoresPrefix = "restores/";
export const runsPrefix = "metadata/ark-ts/runs/";
export const namesPrefix = "metadata/ark-ts/names/";
export const restoreRecordsPrefix = "metadata/ark-ts/restores/";
/** By which what is outside the location can be known as its; see `catalog/location-id`. */
export const locationIdKey = "metadata/ark-ts/location-id";

/** Kubernetes' limit for a DNS-1123 subdomain. */
const maxNameLength = 253;
const dns1123Subdomain = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const runUidForm = /^[A-Za-z0-9](?:[-A-Za-z0-9]{0,126}[A-Za-z0-9])?$/;

export function isResourceName(name: string): boolean {
  return name.length <= maxNameLength && dns1123Subdomain.test(name);
}

/** Answers the name, so that it can stand in an expression. Errors: ARK_NAME_INVALID. */
export function checkedName(what: "backup" | "restore" | "schedule", name: string): string {
  if (isResourceName(name)) return name;
  throw new ArkError("ARK_NAME_INVALID", `${what} name ${JSON.stringify(name)} is not allowed`, {
    advice: `use lower-case letters, digits, "-" and "."; begin and end with a letter or digit; at most ${maxNameLength} characters`,
  });
}

/** Keys of one backup; those under `velero` names are what every Velero client asks for. */
export interface BackupKeys {
  /** Ends in a slash; every other key begins with it. */
  readonly folder: string;
  /** `velero-backup.json`: its presence makes the backup exist. */
  readonly seal: string;
  readonly archive: string;
  readonly logs: string;
  readonly podVolumeBackups: string;
  readonly volumeSnapshots: string;
  readonly itemOperations: string;
  readonly resourceList: string;
  readonly results: string;
  readonly volumeInfo: string;
  /** Only old versions of Velero wrote the three CSI lists; they are read, never written. */
  readonly csiVolumeSnapshots: string;
  readonly csiVolumeSnapshotContents: string;
  readonly csiVolumeSnapshotClasses: string;
  readonly index: string;
  /** Index of objects in the folders of other versions; absent where there are no such folders. */
  readonly versionIndex: string;
  readonly manifest: string;
  /** Absent where no volume was decided about. */
  readonly volumes: string;
}

/** Errors: ARK_NAME_INVALID. */
export function backupKeys(name: string): BackupKeys {
  const folder = `${backupsPrefix}${checkedName("backup", name)}/`;
  const own = `${folder}${name}`;
  return {
    folder,
    seal: `${folder}velero-backup.json`,
    archive: `${own}.tar.gz`,
    logs: `${own}-logs.gz`,
    podVolumeBackups: `${own}-podvolumebackups.json.gz`,
    volumeSnapshots: `${own}-volumesnapshots.json.gz`,
    itemOperations: `${own}-itemoperations.json.gz`,
    resourceList: `${own}-resource-list.json.gz`,
    results: `${own}-results.gz`,
    volumeInfo: `${own}-volumeinfo.json.gz`,
    csiVolumeSnapshots: `${own}-csi-volumesnapshots.json.gz`,
    csiVolumeSnapshotContents: `${own}-csi-volumesnapshotcontents.json.gz`,
    csiVolumeSnapshotClasses: `${own}-csi-volumesnapshotclasses.json.gz`,
    index: `${folder}ark-index.ndjson.gz`,
    versionIndex: `${folder}ark-versions.ndjson.gz`,
    manifest: `${folder}ark-manifest.json`,
    volumes: `${folder}ark-volumes.json.gz`,
  };
}

/** Of a backup that another cluster deletes: its storage knew this snapshot; `digest` is of both. */
export function knownSnapshotKey(backup: string, digest: string): string {
  return `${backupKeys(backup).folder}ark-known-snapshot-${digest}`;
}

/** Keys of one restore. Velero's volume info lacks the `restore-` of its siblings. */
export interface RestoreKeys {
  readonly folder: string;
  readonly logs: string;
  readonly results: string;
  readonly resourceList: string;
  readonly itemOperations: string;
  readonly volumeInfo: string;
  /** What a passive restore has created, for its activation; only where there is some. */
  readonly passive: string;
  /** What it changed in the cluster, object by object. */
  readonly changes: string;
  /** Spec and status of the Restore, which Velero does not store; written last. */
  readonly record: string;
}

/** Errors: ARK_NAME_INVALID. */
export function restoreKeys(name: string): RestoreKeys {
  const folder = `${restoresPrefix}${checkedName("restore", name)}/`;
  return {
    folder,
    logs: `${folder}restore-${name}-logs.gz`,
    results: `${folder}restore-${name}-results.gz`,
    resourceList: `${folder}restore-${name}-resource-list.json.gz`,
    itemOperations: `${folder}restore-${name}-itemoperations.json.gz`,
    volumeInfo: `${folder}${name}-volumeinfo.json.gz`,
    passive: `${folder}ark-passive.json.gz`,
    changes: `${folder}ark-changes.ndjson.gz`,
    record: `${folder}ark-restore.json`,
  };
}

/** Part `number`, from 1, of what stood in the cluster before a restore changed it. */
export function formerKey(restore: string, number: number): string {
  return `${restoreKeys(restore).folder}${formerStart}${number}.ndjson.gz`;
}

/** Report `number`, from 1, of undoing a restore. */
export function undoKey(restore: string, number: number): string {
  return `${restoreKeys(restore).folder}ark-undo-${number}.json`;
}

/** Report `number`, from 1, of activating a passive restore. */
export function activationKey(restore: string, number: number): string {
  return `${restoreKeys(restore).folder}ark-activation-${number}.json`;
}

/** The number of a report of undoing or activating a restore; undefined for every other key. */
export function numberOfReport(
  report: "undo" | "activation",
  restore: string,
  key: string,
): number | undefined {
  const start = `${restoreKeys(restore).folder}ark-${report}-`;
  const match = /^([1-9]\d{0,8})\.json$/.exec(key.slice(start.length));
  return key.startsWith(start) && match !== null ? Number(match[1]) : undefined;
}

/** The number of a part of the former objects; undefined for every other key. */
export function numberOfFormerKey(restore: string, key: string): number | undefined {
  const start = `${restoreKeys(restore).folder}${formerStart}`;
  const match = /^([1-9]\d{0,9})\.ndjson\.gz$/.exec(key.slice(start.length));
  return key.startsWith(start) && match !== null ? Number(match[1]) : undefined;
}

const formerStart = "ark-former-";

/** `metadata/ark-ts/runs/<uid>/`, with its slash. Errors: ARK_NAME_INVALID. */
export function runFolder(runUid: string): string {
  if (runUidForm.test(runUid)) return `${runsPrefix}${runUid}/`;
  throw new ArkError("ARK_NAME_INVALID", `run uid ${JSON.stringify(runUid)} is not allowed`);
}

/** Checkpoint `number`, from 1, of a run. Errors: ARK_NAME_INVALID. */
export function checkpointKey(runUid: string, number: number): string {
  return `${runFolder(runUid)}${number}`;
}

/** Record `number`, from 1, of the post hooks that a run owes. Errors: ARK_NAME_INVALID. */
export function thawKey(runUid: string, number: number): string {
  return `${runFolder(runUid)}thaw-${number}`;
}

/** Record `number`, from 1, of the operations of item actions of a run. Errors: ARK_NAME_INVALID. */
export function operationsKey(runUid: string, number: number): string {
  return `${runFolder(runUid)}operations-${number}`;
}

/** Objects that are held back until the operations of a run have ended. Errors: ARK_NAME_INVALID. */
export function heldKey(runUid: string, number: number): string {
  return `${runFolder(runUid)}held-${number}`;
}

/** Record `number`, from 1, of the native snapshots that a run makes. Errors: ARK_NAME_INVALID. */
export function nativeKey(runUid: string, number: number): string {
  return `${runFolder(runUid)}native-${number}`;
}

/** Record `number`, from 1, of the volumes that a restore makes. Errors: ARK_NAME_INVALID. */
export function volumeKey(runUid: string, number: number): string {
  return `${runFolder(runUid)}volume-${number}`;
}

/** Segment `number`, from 1, of the log of a run that goes on. Errors: ARK_NAME_INVALID. */
export function logSegmentKey(runUid: string, number: number): string {
  return `${runFolder(runUid)}log-${number}.gz`;
}

/** The number of such a segment; undefined for every other key. */
export function numberOfLogSegment(key: string): number | undefined {
  const match = /^[^/]+\/log-([1-9]\d{0,8})\.gz$/.exec(key.slice(runsPrefix.length));
  return key.startsWith(runsPrefix) && match !== null ? Number(match[1]) : undefined;
}

/** The number of a record in the folder of a run; undefined for every other key. */
export function recordNumber(
  key: string,
  runUid: string,
  record: "operations" | "held" | "native" | "volume",
): number | undefined {
  const start = `${runFolder(runUid)}${record}-`;
  const number = Number(key.slice(start.length));
  return key.startsWith(start) && Number.isSafeInteger(number) && number > 0 ? number : undefined;
}

/** The run whose post hooks a key records; undefined for every other key. */
export function runOfThawKey(key: string): string | undefined {
  const match = /^([^/]+)\/thaw-[1-9]\d{0,9}$/.exec(key.slice(runsPrefix.length));
  return key.startsWith(runsPrefix) ? match?.[1] : undefined;
}

/** The number of such a record; undefined for every other key. */
export function numberOfThawKey(key: string): number | undefined {
  return runOfThawKey(key) === undefined ? undefined : Number(/\d+$/.exec(key)?.[0]);
}

/** `metadata/ark-ts/names/<name>/`, with its slash: the records of who owned this backup name. */
export function nameRecordsFolder(name: string): string {
  return `${namesPrefix}${checkedName("backup", name)}/`;
}

/** `epoch` counts from 1. Errors: ARK_NAME_INVALID. */
export function nameRecordKey(name: string, epoch: number): string {
  return `${nameRecordsFolder(name)}${checkedEpoch(epoch)}`;
}

/** `metadata/ark-ts/restores/<name>/`, with its slash: the records of who ran this restore. */
export function restoreRecordsFolder(name: string): string {
  return `${restoreRecordsPrefix}${checkedName("restore", name)}/`;
}

/** `epoch` counts from 1. Errors: ARK_NAME_INVALID. */
export function restoreRecordKey(name: string, epoch: number): string {
  return `${restoreRecordsFolder(name)}${checkedEpoch(epoch)}`;
}

function checkedEpoch(epoch: number): number {
  if (Number.isSafeInteger(epoch) && epoch >= 1) return epoch;
  throw new ArkError("ARK_NAME_INVALID", `epoch ${epoch} of a name is not allowed`);
}

/** The name behind a key such as `backups/nightly/…`; undefined when it names none. */
export function nameInKey(key: string, prefix: string): string | undefined {
  if (!key.startsWith(prefix)) return undefined;
  const end = key.indexOf("/", prefix.length);
  const name = key.slice(prefix.length, end === -1 ? undefined : end);
  return end !== -1 && isResourceName(name) ? name : undefined;
}
