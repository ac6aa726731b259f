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

/** Kubernetes' limit for a DNS-1123 subdomain. */
const maxNameLength = 253;
const dns1123Subdomain = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const runUidForm = /^[A-Za-z0-9](?:[-A-Za-z0-9]{0,126}[A-Za-z0-9])?$/;

export function isResourceName(name: string): boolean {
  return name.length <= maxNameLength && dns1123Subdomain.test(name);
}

/** Answers the name, so that it can stand in an expression. Errors: ARK_NAME_INVALID. */
export function checkedName(what: "backup" | "restore", name: string): string {
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
    manifest: `${folder}ark-manifest.json`,
    volumes: `${folder}ark-volumes.json.gz`,
  };
}

/** Keys of one restore. Velero's volume info lacks the `restore-` of its siblings. */
export interface RestoreKeys {
  readonly folder: string;
  readonly logs: string;
  readonly results: string;
  readonly resourceList: string;
  readonly itemOperations: string;
  readonly volumeInfo: string;
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
    record: `${folder}ark-restore.json`,
  };
}

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

/** The run whose post hooks a key records; undefined for every other key. */
export function runOfThawKey(key: string): string | undefined {
  const match = /^([^/]+)\/thaw-[1-9]\d{0,9}$/.exec(key.slice(runsPrefix.length));
  return key.startsWith(runsPrefix) ? match?.[1] : undefined;
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
