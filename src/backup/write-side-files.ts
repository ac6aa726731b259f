import type { ItemOperation } from "../api/item-operation.ts";
import type { Finding } from "../api/results.ts";
import { encodeItemOperations } from "../format/item-operations.ts";
import { backupKeys } from "../format/keys.ts";
import {
  encodeNativeSnapshots,
  type NativeSnapshotRecord,
} from "../format/native-snapshot-record.ts";
import { encodeResults } from "../format/results.ts";
import { encodeList } from "../format/side-files.ts";
import { encodeVolumeInfo, type SnapshotRecord } from "../format/snapshot-record.ts";
import { encodeVolumes, type VolumeRecord } from "../format/volume-coverage.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { sha256Hex, type WrittenObject } from "./object-writer.ts";

/** What a run has to say about itself. */
export interface RunTraces {
  readonly findings: readonly Finding[];
  readonly logs: Buffer;
}

interface SideFiles extends RunTraces {
  readonly resourceList: Buffer;
  readonly volumes: readonly VolumeRecord[];
  readonly snapshots: readonly SnapshotRecord[];
  readonly natives: readonly NativeSnapshotRecord[];
  readonly operations: readonly ItemOperation[];
}

/**
 * Writes all files that Velero writes beside the archive, empty lists where there is nothing, and
 * our own list of volumes where there are some.
 */
export async function writeSideFiles(
  backup: { readonly name: string; readonly uid: string },
  contents: SideFiles,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<readonly WrittenObject[]> {
  const written = await writeTraces(backup.name, contents, store, signal);
  const { resourceList, volumes, snapshots, natives, operations } = contents;
  const keys = backupKeys(backup.name);
  const rest = [
    { key: keys.resourceList, bytes: resourceList },
    { key: keys.podVolumeBackups, bytes: await encodeList([]) },
    { key: keys.volumeSnapshots, bytes: await encodeNativeSnapshots(backup, natives) },
    { key: keys.volumeInfo, bytes: await encodeVolumeInfo(snapshots, natives) },
    { key: keys.itemOperations, bytes: await encodeItemOperations(backup, operations) },
    ...(volumes.length === 0 ? [] : [{ key: keys.volumes, bytes: await encodeVolumes(volumes) }]),
  ];
  for (const { key, bytes } of rest) written.push(await putWhole(key, bytes, store, signal));
  return written;
}

/** Log and results: all that a run leaves behind that was not sealed. */
export async function writeTraces(
  backup: string,
  { findings, logs }: RunTraces,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<WrittenObject[]> {
  const keys = backupKeys(backup);
  return [
    await putWhole(keys.logs, logs, store, signal),
    await putWhole(keys.results, await encodeResults(findings), store, signal),
  ];
}

export async function putWhole(
  key: string,
  bytes: Uint8Array,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<WrittenObject> {
  const sha256 = sha256Hex(bytes);
  await store.put(key, bytes, { signal });
  return { key, sizeBytes: bytes.length, parts: [{ sizeBytes: bytes.length, sha256 }] };
}
