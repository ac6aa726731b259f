/** Restores of claims with CSI snapshots, over a storage and a cluster in memory. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readListFile } from "../../src/catalog/read-side-file.ts";
import { restoreKeys } from "../../src/format/keys.ts";
import { parseJson } from "../../src/lib/json-text.ts";
import type { Cluster, ObjectRef } from "../../src/ports/cluster.ts";
import { runRestore } from "../../src/restore/run-restore.ts";
import { type Death, type MortalCall, startMortalProcess } from "../support/mortal-process.ts";
import { silentLog } from "../support/take-backup.ts";
import { createSnapshotsWorld, type SnapshotsWorld } from "./snapshots-world.ts";

const { signal } = new AbortController();
const owner = { host: "test", bootId: "test", pid: 1 };

/** With a provisioner, which binds a claim when somebody looks at it. */
function provisioning(cluster: Cluster): Cluster {
  const bind = async (ref: ObjectRef): Promise<void> => {
    const raw = await cluster.get(ref, { signal });
    const claim = raw && (parseJson(raw.bytes.toString()) as { status?: { phase?: string } });
    if (claim === undefined || claim.status?.phase === "Bound") return;
    const patch = async (change: object, more: object): Promise<void> => {
      const how = { fieldManager: "test", signal, ...more };
      await cluster.patch(ref, "merge", Buffer.from(JSON.stringify(change)), how);
    };
    await patch({ spec: { volumeName: `pv-of-${ref.name}` } }, {});
    await patch({ status: { phase: "Bound" } }, { subresource: "status" });
  };
  return {
    ...cluster,
    async get(ref, options) {
      if (ref.kind.resource === "persistentvolumeclaims") await bind(ref);
      return await cluster.get(ref, options);
    },
  };
}

async function restoreInto(
  { store, clock, cluster }: SnapshotsWorld,
  { name = "r1", namespaceMapping = {} } = {},
) {
  const report = await runRestore(
    {
      ...{ name, isNameGiven: true, typed: true, owner },
      spec: { backupName: "b1", namespaceMapping },
    },
    { cluster: provisioning(cluster), store, clock, log: silentLog, liveness: () => "gone" },
    signal,
  );
  assert.equal(
    report.restore.status.phase,
    "Completed",
    report.findings.map(({ message }) => message).join("\n"),
  );
  return await readListFile(store, restoreKeys(name).volumeInfo, signal);
}

/** Restores in a process that may die at a write; answers what it had done. */
async function diesAt(target: SnapshotsWorld, death?: Death): Promise<readonly MortalCall[]> {
  const ports = { cluster: provisioning(target.cluster), store: target.store };
  const { cluster, store, clockOf, died, calls } = startMortalProcess(ports, death);
  const clock = clockOf(target.clock);
  const request = { name: "r1", isNameGiven: true, typed: true, owner };
  const ended = runRestore(
    { ...request, spec: { backupName: "b1" } },
    { cluster, store, clock, log: silentLog, liveness: () => "gone" },
    signal,
  ).then(
    () => "ended" as const,
    () => "ended" as const,
  );
  await Promise.race([died, ended]);
  return calls;
}

describe("A restore that dies around a claim of a snapshot", () => {
  const backedUp = async (): Promise<SnapshotsWorld> => {
    const world = createSnapshotsWorld();
    await world.backUp();
    return world.beside(world.storage);
  };

  it("is gone on with at every write: nothing of the snapshot is left in the cluster", async () => {
    const calls = await diesAt(await backedUp());
    const writes = calls.filter(({ method }) => /^(create|patch|put|remove)$/.test(method));
    const removed = writes.filter(({ method, what }) => method === "remove" && /^ark-/.test(what));
    assert.equal(removed.length, 2, JSON.stringify(writes));
    for (const [index, { method, what }] of writes.entries()) {
      // Of the store: restore-killed.test.ts.
      if (method === "put") continue;
      for (const when of ["before", "after"] as const) {
        const target = await backedUp();
        await diesAt(target, { at: index + 1, when });
        await diesAt(target);
        const where = `${when} write ${index + 1}: ${what}`;
        assert.deepEqual(await target.left(), [], where);
        assert.equal(target.storage.kept.size, 1, where);
      }
    }
  });
});

describe("A claim that gets no volume of its snapshot", () => {
  it("is an error with what its provisioner said last, in its Events", async () => {
    const world = createSnapshotsWorld();
    await world.backUp();
    const target = world.beside(world.storage);
    const seed = (name: string, claim: string, type: string, message: string): void =>
      target.server.seed({
        ...{ apiVersion: "v1", kind: "Event", metadata: { namespace: "shop", name } },
        ...{ type, message, lastTimestamp: `2026-01-01T00:00:0${name}Z` },
        involvedObject: { kind: "PersistentVolumeClaim", namespace: "shop", name: claim },
      } as never);
    seed("3", "data", "Warning", "no space left");
    seed("1", "data", "Warning", "not yet");
    seed("4", "data", "Normal", "waiting");
    seed("5", "other", "Warning", "of another claim");
    const { store, clock, cluster } = target;
    const report = await runRestore(
      {
        ...{ name: "r1", isNameGiven: true, typed: true, owner },
        ...{ spec: { backupName: "b1" }, limits: { claimBoundMs: 2000 } },
      },
      { cluster, store, clock, log: silentLog, liveness: () => "gone" },
      signal,
    );
    assert.equal(report.restore.status.phase, "PartiallyFailed");
    assert.deepEqual(
      report.findings.filter(({ code }) => code === "ARK_SNAPSHOT_FAILED").map((f) => f.message),
      ["claim shop/data: it has no volume made of its snapshot yet: no space left"],
    );
  });
});

describe("The volume info of a restore", () => {
  it("lists the claims that were made of CSI snapshots, as Velero does", async () => {
    const world = createSnapshotsWorld();
    await world.backUp();
    const [[handle, { bytes } = { bytes: 0 }] = [""]] = world.storage.kept;
    const target = world.beside(world.storage);
    const [info, ...others] =
      (await restoreInto(target, { namespaceMapping: { shop: "copy" } })) ?? [];
    assert.deepEqual(others, []);
    const { csiSnapshotInfo, ...rest } = info ?? {};
    assert.deepEqual(rest, {
      ...{ pvcName: "data", pvcNamespace: "copy", pvName: "pv-of-data" },
      ...{ restoreMethod: "CSISnapshot", snapshotDataMoved: false },
    });
    const { vscName, ...snapshot } = csiSnapshotInfo as Readonly<Record<string, unknown>>;
    assert.deepEqual(snapshot, {
      snapshotHandle: handle,
      size: bytes,
      driver: world.storage.driver,
    });
    assert.match(String(vscName), /^ark-[0-9a-f]{32}$/);
  });

  it("does not list claims that were there already", async () => {
    const world = createSnapshotsWorld();
    await world.backUp();
    assert.deepEqual(await restoreInto(world), []);
  });
});
