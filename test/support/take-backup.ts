import type { BackupSpec } from "../../src/api/backup.ts";
import type { BackupReport, BackupRequest } from "../../src/backup/backup-run.ts";
import { runBackup } from "../../src/backup/run-backup.ts";
import { openBackup } from "../../src/catalog/open-backup.ts";
import type { IndexLine } from "../../src/format/index-line.ts";
import type { ClusterReader } from "../../src/ports/cluster.ts";
import type { Log } from "../../src/ports/log.ts";
import type { ObjectStore } from "../../src/ports/object-store.ts";
import type { PodExec } from "../../src/ports/pod-exec.ts";
import { clock } from "./real-cluster.ts";

export const silentLog: Log = { write: () => undefined };

export function backupRequest(name: string, spec: BackupSpec, typed = false): BackupRequest {
  return {
    name,
    spec,
    labels: {},
    annotations: {},
    namespace: "ark-ts",
    typed,
    owner: { host: "test", bootId: "test", pid: process.pid },
    engineVersion: "test",
    ttlMs: 3_600_000,
  };
}

/** Runs the engine itself, without the command around it. Who ran before counts as dead. */
export function takeBackup(
  cluster: ClusterReader & PodExec,
  store: ObjectStore,
  request: BackupRequest,
  signal: AbortSignal = new AbortController().signal,
): Promise<BackupReport> {
  return runBackup(
    request,
    { cluster, store, clock, log: silentLog, liveness: () => "gone" },
    signal,
  );
}

export interface StoredEntry {
  readonly line: IndexLine;
  readonly text: string;
}

/** Every entry of a backup, by `resource namespace/name`. Fails when a name stands there twice. */
export async function readEntries(
  store: ObjectStore,
  name: string,
): Promise<Map<string, StoredEntry>> {
  const signal = new AbortController().signal;
  const backup = await openBackup(store, name, { signal });
  const entries = new Map<string, StoredEntry>();
  for await (const { line, bytes } of backup.entries(() => true, signal)) {
    const key = `${line.resource} ${line.namespace ?? ""}/${line.name}`;
    if (entries.has(key)) throw new Error(`${key} stands twice in the backup`);
    entries.set(key, { line, text: bytes.toString() });
  }
  return entries;
}
