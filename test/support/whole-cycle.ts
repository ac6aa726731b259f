/** A cluster in memory, and whole runs over it: backup, verify, restore into another, compare. */
import assert from "node:assert/strict";
import { connectCluster } from "../../src/adapters/kube/connect-cluster.ts";
import type { BackupLimits, BackupReport } from "../../src/backup/backup-run.ts";
import { runBackup } from "../../src/backup/run-backup.ts";
import type { Liveness } from "../../src/catalog/run-owner.ts";
import { verifyBackup } from "../../src/catalog/verify-backup.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { Cluster } from "../../src/ports/cluster.ts";
import type { Log } from "../../src/ports/log.ts";
import type { ObjectStore } from "../../src/ports/object-store.ts";
import { runRestore } from "../../src/restore/run-restore.ts";
import { type ApiServer, createApiServer } from "./api-server/api-server.ts";
import { kindOf } from "./kinds.ts";
import { plainAccess } from "./plain-access.ts";
import { backupRequest, silentLog } from "./take-backup.ts";
import { createVirtualClock } from "./virtual-clock.ts";

export interface CycleOptions {
  /** ConfigMaps beside a handful of small objects. Default 40. */
  readonly objects?: number;
  /** Of each of them, of text that hardly compresses. Default 2,000. */
  readonly objectBytes?: number;
  /** Default: those of the product. */
  readonly limits?: Partial<BackupLimits>;
  /** Default: one that jumps, for stores in memory; what is sent over a wire needs a real one. */
  readonly clock?: Clock;
}

export interface Cycle {
  /** What runs have logged, from warnings on. */
  readonly logged: readonly string[];
  readonly server: ApiServer;
  readonly cluster: Cluster;
  readonly clock: Clock;
  backUp(store: ObjectStore, name?: string, signal?: AbortSignal): Promise<BackupReport>;
  /** Fails unless every byte checks out. */
  verify(store: ObjectStore, name?: string): Promise<void>;
  /** Fails unless an empty cluster then holds what this one does. */
  restore(store: ObjectStore, name?: string): Promise<void>;
}

const spec = { includedNamespaces: ["shop", "web"] };
const idle = new AbortController().signal;
/** Owners are asked for on this machine: none of them runs any more. */
const gone: Liveness = () => "gone";
const owner = { host: "test", bootId: "test", pid: 1 };

export function createCycle(options: CycleOptions = {}): Cycle {
  const { clock = createVirtualClock({ jump: true }), objects = 40, objectBytes = 2_000 } = options;
  const server = createApiServer({ clock });
  server.seedSynthetic({
    group: "",
    version: "v1",
    resource: "configmaps",
    count: objects,
    sizeBytes: objectBytes,
    namespaces: ["shop", "web"],
  });
  for (const name of ["token", "cert"]) {
    server.seed({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name, namespace: "shop" },
      type: "Opaque",
      data: { value: Buffer.from(name).toString("base64") },
    });
  }
  const cluster = connectCluster(plainAccess(server.dispatcher()), clock);
  const logged: string[] = [];
  const log: Log = {
    write(level, message, fields) {
      if (level === "warn" || level === "error")
        logged.push(`${message} ${JSON.stringify(fields)}`);
    },
  };
  return {
    server,
    logged,
    cluster,
    clock,
    backUp: (store, name = "b1", signal = idle) =>
      runBackup(
        { ...backupRequest(name, spec), owner, limits: options.limits ?? {} },
        { cluster, store, clock, log, liveness: gone },
        signal,
      ),
    async verify(store, name = "b1") {
      const report = await verifyBackup(store, name, { level: "objects", signal: idle });
      assert.deepEqual(report.damages, []);
      assert.equal(report.ok, true);
      assert.ok(report.checked.objects >= objects);
    },
    async restore(store, name = "b1") {
      const target = connectCluster(plainAccess(createApiServer({ clock }).dispatcher()), clock);
      const request = { name: `r-${name}`, isNameGiven: true, owner, typed: true };
      const report = await runRestore(
        { ...request, spec: { backupName: name } },
        { cluster: target, store, clock, log: silentLog, liveness: gone },
        idle,
      );
      assert.equal(report.restore.status?.phase, "Completed", JSON.stringify(report.findings));
      assert.deepEqual(await contentOf(target), await contentOf(cluster));
    },
  };
}

const compared = [
  kindOf("configmaps", { kind: "ConfigMap" }),
  kindOf("secrets", { kind: "Secret" }),
];

/** `data` of every object, by kind, namespace and name. */
async function contentOf(cluster: Cluster): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const kind of compared) {
    let continueToken: string | undefined;
    do {
      const request = {
        kind,
        limit: 100,
        ...(continueToken === undefined ? {} : { continueToken }),
      };
      const page = await cluster.list(request, { signal: idle });
      for await (const items of page.items) {
        for (const { bytes, namespace, name } of items) {
          const { data } = JSON.parse(bytes.toString()) as { readonly data?: unknown };
          found.set(`${kind.resource} ${namespace}/${name}`, JSON.stringify(data));
        }
      }
      continueToken = page.end().continueToken;
    } while (continueToken !== undefined);
  }
  return found;
}
