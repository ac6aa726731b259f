import assert from "node:assert/strict";
import { createSystemClock } from "../../src/adapters/clock/system-clock.ts";
import { connectCluster } from "../../src/adapters/kube/connect-cluster.ts";
import { openServerAccess } from "../../src/adapters/kube/credentials/open-server-access.ts";
import type { BackupSpec } from "../../src/api/backup.ts";
import type { RestoreSpec } from "../../src/api/restore.ts";
import { runBackup } from "../../src/backup/run-backup.ts";
import type { Cluster } from "../../src/ports/cluster.ts";
import type { Log } from "../../src/ports/log.ts";
import type { RestoreReport, RestoreRequest } from "../../src/restore/restore-request.ts";
import { runRestore } from "../../src/restore/run-restore.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import { createMemoryStore, type MemoryStore } from "../support/memory-store.ts";
import { waitFor } from "../testbed/wait.ts";

/** A real cluster and a store for tests of backup, delete and restore. */
export interface RestoreCluster {
  readonly client: KubeClient;
  readonly cluster: Cluster;
  readonly store: MemoryStore;
  apply(path: string, object: object): Promise<Json>;
  /** Undefined when it is not there. */
  get(path: string): Promise<Json | undefined>;
  backUp(name: string, spec: BackupSpec): Promise<void>;
  restore(
    name: string,
    spec: RestoreSpec,
    request?: Partial<RestoreRequest>,
  ): Promise<RestoreReport>;
  /** Deletes and waits until it is gone. */
  remove(path: string): Promise<void>;
  until(what: string, holds: () => Promise<boolean>): Promise<void>;
  close(): Promise<void>;
}

export type Json = Readonly<Record<string, unknown>>;

const owner = { host: "test", bootId: "test", pid: process.pid };

/** What is at the keys; undefined where there is nothing. */
export function field(object: unknown, ...keys: readonly (string | number)[]): unknown {
  return keys.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null ? (value as Json)[String(key)] : undefined,
    object,
  );
}

const signal = AbortSignal.timeout(280_000);

export async function openRestoreCluster(kubeconfig: string): Promise<RestoreCluster> {
  const clock = createSystemClock();
  const access = await openServerAccess({ kubeconfig, env: {}, homeDirectory: "/", clock });
  const cluster = connectCluster(access, clock);
  const client = connectKube(kubeconfig);
  const store = createMemoryStore();
  const log: Log = { write: () => {} };
  const get = async (path: string): Promise<Json | undefined> => {
    const bytes = await client.get(path);
    return bytes === undefined ? undefined : JSON.parse(bytes.toString());
  };
  const until = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
    await waitFor(what, holds, { timeoutMs: 60_000, signal });
  };
  return {
    client,
    cluster,
    store,
    get,
    until,
    async apply(path, object) {
      return JSON.parse((await client.demand("POST", path, JSON.stringify(object))).toString());
    },
    async backUp(name, spec) {
      const report = await runBackup(
        {
          name,
          spec,
          labels: {},
          annotations: {},
          namespace: "ark-ts",
          typed: true,
          owner,
          engineVersion: "0.1.0",
          ttlMs: 3_600_000,
        },
        { cluster, store, clock, log, liveness: () => "unknown" },
        signal,
      );
      assert.equal(report.backup.status.phase, "Completed", JSON.stringify(report.findings));
    },
    restore: (name, spec, request = {}) =>
      runRestore(
        { name, isNameGiven: true, owner, typed: true, ...request, spec },
        { cluster, store, clock, log, liveness: () => "unknown" },
        signal,
      ),
    async remove(path) {
      await client.demand("DELETE", path);
      await until(`${path} is gone`, async () => (await get(path)) === undefined);
    },
    async close() {
      await client.close();
      await cluster.close();
    },
  };
}
