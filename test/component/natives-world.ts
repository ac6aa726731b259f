/** Volumes of a provider in memory; backups with native snapshots, and restores into another cluster. */
import assert from "node:assert/strict";
import { connectCluster } from "../../src/adapters/kube/connect-cluster.ts";
import type { BackupSpec } from "../../src/api/backup.ts";
import type { RestoreSpec } from "../../src/api/restore.ts";
import type { BackupPorts, BackupReport } from "../../src/backup/backup-run.ts";
import { runBackup } from "../../src/backup/run-backup.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { Cluster, ObjectRef } from "../../src/ports/cluster.ts";
import type { SnapshotLocations } from "../../src/ports/snapshot-locations.ts";
import type { RestoreReport, RestoreRequest } from "../../src/restore/restore-request.ts";
import { runRestore } from "../../src/restore/run-restore.ts";
import { type ApiServer, createApiServer } from "../support/api-server/api-server.ts";
import type { ContainerScript } from "../support/api-server/exec.ts";
import {
  createMemoryDisks,
  disksDriver,
  type MemoryDisks,
  type MemoryDisksOptions,
} from "../support/memory-disks.ts";
import { createMemoryStore, type MemoryStore } from "../support/memory-store.ts";
import { type Death, type MortalCall, startMortalProcess } from "../support/mortal-process.ts";
import { plainAccess } from "../support/plain-access.ts";
import { backupRequest, silentLog } from "../support/take-backup.ts";
import { createVirtualClock, type VirtualClock } from "../support/virtual-clock.ts";
import type { Plain } from "./restore-world.ts";

const idle = new AbortController().signal;
const owner = { host: "test", bootId: "test", pid: 1 };

/** What a run is given; by default all that there is, and it lives. */
export interface NativeRun {
  readonly death?: Death;
  readonly signal?: AbortSignal;
  /** `none`: nobody here can ask a provider. */
  readonly locations?: SnapshotLocations | "none";
  /** Of a backup, beside its namespace. */
  readonly spec?: BackupSpec;
  readonly told?: Pick<BackupPorts, "onProgress" | "onPhase">;
}

export interface Ended<Report> {
  readonly calls: readonly MortalCall[];
  readonly report: Report | "died";
}

export interface NativesWorld {
  readonly disks: MemoryDisks;
  readonly store: MemoryStore;
  readonly clock: VirtualClock;
  /** The cluster that is backed up: namespace `shop`, claims `a` and `b`. */
  readonly source: ApiServer;
  /** The cluster that is restored into; empty. */
  readonly target: ApiServer;
  readonly targetCluster: Cluster;
  readonly sourceCluster: Cluster;
  backUp(name?: string, run?: NativeRun): Promise<Ended<BackupReport>>;
  restore(
    spec?: RestoreSpec,
    run?: NativeRun & { readonly request?: Partial<RestoreRequest> },
  ): Promise<Ended<RestoreReport>>;
  /** From the target: `persistentvolumes/pv-a`, `persistentvolumeclaims/shop/a`. */
  live(place: string): Promise<Plain | undefined>;
  /** Merge patch of what is there. */
  change(place: string, patch: object, subresource?: "status"): Promise<void>;
  /** Removes what is there, its finalizers with it. */
  remove(place: string): Promise<void>;
}

export interface NativesWorldOptions extends MemoryDisksOptions {
  /** Restores into the cluster that was backed up. Default false. */
  readonly isSame?: boolean;
  /** The volumes are of the provider's CSI driver. Default false. */
  readonly isCsi?: boolean;
  /** What containers of the source run; default: nothing. */
  readonly containers?: ContainerScript;
}

export function createNativesWorld(options: NativesWorldOptions = {}): NativesWorld {
  const clock = createVirtualClock({ jump: true });
  const store = createMemoryStore({ now: clock.now });
  const disks = createMemoryDisks(options);
  const { containers } = options;
  const [source, other] = [
    createApiServer({ clock, ...(containers && { containers }) }),
    createApiServer({ clock }),
  ];
  const target = options.isSame === true ? source : other;
  seedShop(source, disks, options);
  const connect = (server: ApiServer) => connectCluster(plainAccess(server.dispatcher()), clock);
  const [sourceCluster, targetCluster] = [connect(source), connect(target)];
  const inProcess = async <Report>(
    cluster: Cluster,
    run: NativeRun,
    work: (ports: Ports, signal: AbortSignal) => Promise<Report>,
  ): Promise<Ended<Report>> => {
    const { died, wrap, calls, ...ports } = startMortalProcess({ cluster, store }, run.death);
    const { locations = disks.locations(wrap) } = run;
    const snapshotLocations = locations === "none" ? {} : { snapshotLocations: locations };
    const common = { ...ports, ...snapshotLocations, clock: mortalClock(clock, died) };
    const given: Ports = { ...common, log: silentLog, liveness: () => "gone" };
    const report = await Promise.race([work(given, run.signal ?? idle), died]);
    return { calls, report };
  };
  const refOf = async (place: string): Promise<ObjectRef> => {
    const [resource = "", ...names] = place.split("/");
    const { kinds } = await targetCluster.discover({ signal: idle });
    const kind = kinds.find((one) => one.resource === resource && one.group === "");
    assert.ok(kind !== undefined, resource);
    const [name = "", namespace = ""] = names.reverse();
    return { kind, namespace, name };
  };
  return {
    ...{ disks, store, clock, source, target, targetCluster, sourceCluster },
    backUp: (name = "b1", run = {}) =>
      inProcess(sourceCluster, run, (ports, signal) =>
        runBackup(
          { ...backupRequest(name, { includedNamespaces: ["shop"], ...run.spec }), owner },
          { ...ports, ...run.told, snapshots: ports.cluster },
          signal,
        ),
      ),
    restore: (spec = {}, { request = {}, ...run } = {}) =>
      inProcess(targetCluster, run, (ports, signal) =>
        runRestore(
          {
            ...{ name: "r1", isNameGiven: true, typed: true, owner, ...request },
            spec: { backupName: "b1", ...spec },
          },
          ports,
          signal,
        ),
      ),
    async live(place) {
      const raw = await targetCluster.get(await refOf(place), { signal: idle });
      return raw && (JSON.parse(raw.bytes.toString()) as Plain);
    },
    async change(place, patch, subresource) {
      const what = subresource === undefined ? {} : { subresource };
      const how = { fieldManager: "test", signal: idle, ...what };
      await targetCluster.patch(
        await refOf(place),
        "merge",
        Buffer.from(JSON.stringify(patch)),
        how,
      );
    },
    async remove(place) {
      await targetCluster.remove(await refOf(place), { signal: idle });
    },
  };
}

type Ports = Omit<Parameters<typeof runRestore>[1], "actions" | "onProgress">;

/** Who is dead does not wake up. */
function mortalClock(clock: Clock, died: Promise<"died">): Clock {
  let isDead = false;
  void died.then(() => {
    isDead = true;
  });
  return {
    ...clock,
    async sleep(ms, signal) {
      if (!isDead) await clock.sleep(ms, signal);
      if (isDead) await new Promise(() => undefined);
    },
  };
}

/** `a` is kept when its claim goes, `b` is not. */
function seedShop(
  server: ApiServer,
  { disks }: MemoryDisks,
  { isCsi = false }: NativesWorldOptions,
): void {
  const policies = { a: "Retain", b: "Delete" };
  const metadata = { name: "shop" };
  server.seed({ apiVersion: "v1", kind: "Namespace", metadata, status: { phase: "Active" } });
  for (const [name, persistentVolumeReclaimPolicy] of Object.entries(policies)) {
    const claim = { namespace: "shop", name, uid: `uid-${name}` };
    const common = { storageClassName: "disks", accessModes: ["ReadWriteOnce"] };
    const of = { of: "", type: "fast", iops: 3_000n };
    disks.set(name, { ...of, data: `data of ${name}`, zone: "west-1" });
    server.seed({
      ...{ apiVersion: "v1", kind: "PersistentVolume", metadata: { name: `pv-${name}` } },
      spec: {
        ...common,
        persistentVolumeReclaimPolicy,
        capacity: { storage: "1Gi" },
        ...(isCsi
          ? { csi: { driver: disksDriver, volumeHandle: name } }
          : { hostPath: { path: `/disks/${name}` } }),
        claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", ...claim },
      },
      status: { phase: "Bound" },
    });
    const annotations = { "pv.kubernetes.io/bind-completed": "yes" };
    server.seed({
      ...{ apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { ...claim, annotations } },
      spec: {
        ...common,
        resources: { requests: { storage: "1Gi" } },
        volumeName: `pv-${name}`,
      },
      status: { phase: "Bound" },
    });
  }
}
