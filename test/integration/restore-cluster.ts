import assert from "node:assert/strict";
import { createSystemClock } from "../../src/adapters/clock/system-clock.ts";
import { connectCluster } from "../../src/adapters/kube/connect-cluster.ts";
import { openServerAccess } from "../../src/adapters/kube/credentials/open-server-access.ts";
import type { BackupSpec } from "../../src/api/backup.ts";
import { groupResource, type ResourceKind } from "../../src/api/resource-kind.ts";
import type { RestoreSpec } from "../../src/api/restore.ts";
import type { BackupRequest } from "../../src/backup/backup-run.ts";
import { runBackup } from "../../src/backup/run-backup.ts";
import type { Cluster } from "../../src/ports/cluster.ts";
import type { Log } from "../../src/ports/log.ts";
import type {
  RestoreProgress,
  RestoreReport,
  RestoreRequest,
} from "../../src/restore/restore-request.ts";
import { runRestore } from "../../src/restore/run-restore.ts";
import type { UndoReport, UndoRequest } from "../../src/restore/undo/undo-request.ts";
import { undoRestore } from "../../src/restore/undo/undo-restore.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import { createMemoryStore, type MemoryStore } from "../support/memory-store.ts";
import { untilFurnished } from "../support/new-namespace.ts";
import { storeBackup } from "../support/stored-backup.ts";
import { waitFor } from "../testbed/wait.ts";

/** A real cluster and a store for tests of backup, delete and restore. */
export interface RestoreCluster {
  readonly client: KubeClient;
  readonly cluster: Cluster;
  readonly store: MemoryStore;
  /**
   * Creates it, and waits for what controllers make beside it: the account of a namespace, without
   * which no pod is admitted, and a definition's place in discovery. A namespace that is made so is
   * deleted by `close`, with all that is in it.
   */
  apply(path: string, object: object): Promise<Json>;
  /** Undefined when it is not there. */
  get(path: string): Promise<Json | undefined>;
  backUp(name: string, spec: BackupSpec, more?: Partial<BackupRequest>): Promise<void>;
  /** Stores a sealed backup of objects that no API server of today would make. */
  plant(name: string, kind: ResourceKind, objects: readonly Planted[]): Promise<void>;
  restore(
    name: string,
    spec: RestoreSpec,
    request?: Partial<RestoreRequest>,
    onProgress?: (progress: RestoreProgress) => void,
    /** In place of the cluster: one that interferes. */
    through?: Cluster,
  ): Promise<RestoreReport>;
  /** By another process than the one that restored. */
  undo(name: string, request?: Partial<UndoRequest>, through?: Cluster): Promise<UndoReport>;
  /** Deletes and waits until it is gone, from discovery too. */
  remove(path: string): Promise<void>;
  until(what: string, holds: () => Promise<boolean>): Promise<void>;
  close(): Promise<void>;
}

export type Json = Readonly<Record<string, unknown>>;

type Planted = Json & {
  readonly metadata: Json & { readonly name: string; readonly namespace?: string };
};

const owner = { host: "test", bootId: "test", pid: process.pid };

/** What is at the keys; undefined where there is nothing. */
export function field(object: unknown, ...keys: readonly (string | number)[]): unknown {
  return keys.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null ? (value as Json)[String(key)] : undefined,
    object,
  );
}

const signal = AbortSignal.timeout(580_000);
const namespacesPath = "/api/v1/namespaces";
const definitionsPath = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

export async function openRestoreCluster(kubeconfig: string): Promise<RestoreCluster> {
  const clock = createSystemClock();
  const access = await openServerAccess({ kubeconfig, env: {}, homeDirectory: "/", clock });
  const cluster = connectCluster(access, clock);
  const client = connectKube(kubeconfig);
  const store = createMemoryStore();
  const log: Log = { write: () => {} };
  const namespaces: string[] = [];
  const get = async (path: string): Promise<Json | undefined> => {
    const bytes = await client.get(path);
    return bytes === undefined ? undefined : JSON.parse(bytes.toString());
  };
  const until = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
    await waitFor(what, holds, { timeoutMs: 240_000, signal });
  };
  const isDiscovered = async (name: string): Promise<boolean> =>
    (await cluster.discover({ signal })).kinds.some((kind) => groupResource(kind) === name);
  return {
    client,
    cluster,
    store,
    get,
    until,
    async apply(path, object) {
      const answer = await client.demand("POST", path, JSON.stringify(object));
      const made = JSON.parse(answer.toString()) as Json;
      const name = String(field(made, "metadata", "name"));
      if (path === namespacesPath) {
        namespaces.push(name);
        await untilFurnished(client, name);
      }
      if (path === definitionsPath) await until(`${name} is known`, () => isDiscovered(name));
      return made;
    },
    async backUp(name, spec, more = {}) {
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
          ...more,
        },
        { cluster, store, clock, log, liveness: () => "unknown" },
        signal,
      );
      assert.equal(report.backup.status.phase, "Completed", JSON.stringify(report.findings));
    },
    async plant(name, kind, planted) {
      const objects = planted.map((object) => ({
        namespace: object.metadata.namespace ?? "",
        name: object.metadata.name,
        bytes: Buffer.from(JSON.stringify(object)),
      }));
      await storeBackup(store, { name, kinds: [{ kind, objects }] });
    },
    restore: (name, spec, request = {}, onProgress = () => {}, through = cluster) =>
      runRestore(
        { name, isNameGiven: true, owner, typed: true, ...request, spec },
        // Whoever began a restore before and did not end it is a process that the test has killed.
        { cluster: through, store, clock, log, liveness: () => "gone", onProgress },
        signal,
      ),
    undo: (name, request = {}, through = cluster) =>
      undoRestore({ ...request, restore: name }, { cluster: through, store, clock, log }, signal),
    async remove(path) {
      await client.demand("DELETE", path);
      await until(`${path} is gone`, async () => (await get(path)) === undefined);
      if (!path.startsWith(definitionsPath)) return;
      const name = path.slice(definitionsPath.length + 1);
      await until(`${name} is known no longer`, async () => !(await isDiscovered(name)));
    },
    async close() {
      for (const name of namespaces) await client.send("DELETE", `${namespacesPath}/${name}`);
      await client.close();
      await cluster.close();
    },
  };
}
