/** Backups that are given up: what is another's in a shared bucket stays, and no place is held. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { backupKind } from "../../src/api/backup.ts";
import { verifyBackup } from "../../src/catalog/verify-backup.ts";
import { createBackupController } from "../../src/controllers/backup/backup-controller.ts";
import { backupKeys, nameRecordKey } from "../../src/format/keys.ts";
import { ArkError } from "../../src/lib/errors.ts";
import type { ControllerWorld } from "../support/controller-world.ts";
import { configMaps, storeBackup } from "../support/stored-backup.ts";
import { cancel, createWorld, from, hasPhase, phaseOf, signal } from "./backups-world.ts";

const away = new ArkError("ARK_STORE_UNREACHABLE", "the bucket is away", { disposition: "retry" });

/** As it stands when its leader died before the run claimed its name. */
async function createBegun(world: ControllerWorld, name: string): Promise<void> {
  await world.create(backupKind, name, {
    spec: { ...from("shop").spec, storageLocation: "default" },
    status: { phase: "InProgress", startTimestamp: "2026-01-01T00:00:00Z" },
    ...cancel.metadata,
  });
}

const isInterrupted = (world: ControllerWorld) =>
  world.until("it is interrupted", async () =>
    (await world.events()).some(({ reason }) => reason === "BackupInterrupted"),
  );

describe("a Backup that is cancelled before it has its name", () => {
  it("leaves the sealed backup that another cluster has under it", async () => {
    const world = await createWorld();
    const store = world.store("default");
    const objects = [{ namespace: "shop", name: "a" }];
    await storeBackup(store, { name: "nightly", kinds: [{ kind: configMaps, objects }] });
    const before = store.keys();
    await createBegun(world, "nightly");
    await world.start(createBackupController);
    await hasPhase(world, "nightly", "Failed");
    assert.deepEqual(store.keys(), before);
    const { metadata } = await world.demand(backupKind, "nightly");
    assert.equal(metadata.annotations?.["ark-ts.dev/outcome"], "cancelled");
    await world.stop();
  });

  it("leaves the run that another cluster has under it", async () => {
    const world = await createWorld();
    const store = world.store("default");
    const record = {
      owner: { host: "other", bootId: "other", pid: 1 },
      ...{ runUid: "9b7c2d3e-0000-4000-8000-000000000001", clusterId: "other" },
      ...{ spec: {}, requestSha256: "0".repeat(64), startedAt: "2026-01-01T00:00:00Z" },
    };
    const body = Buffer.from(JSON.stringify(record));
    await store.put(nameRecordKey("nightly", 1), body, { signal });
    await store.put(backupKeys("nightly").archive, Buffer.from("theirs"), { signal });
    const before = store.keys();
    await createBegun(world, "nightly");
    await world.start(createBackupController);
    await hasPhase(world, "nightly", "Failed");
    assert.deepEqual(store.keys(), before);
    const { status } = await world.demand(backupKind, "nightly");
    assert.match(status?.failureReason ?? "", /nothing was sealed/);
    await world.stop();
  });
});

describe("a Backup whose bucket is away", () => {
  it("is cancelled when its user says so, whether or not the bucket can be opened", async () => {
    for (const how of ["opens", "does not open"]) {
      const world = await createWorld();
      const { faults } = world.store("default");
      if (how === "opens") faults.add(() => ({ kind: "fail", error: away }));
      else world.breakStore("default", away);
      await world.start(createBackupController);
      await world.create(backupKind, "b1", from("shop"));
      await isInterrupted(world);
      await world.patch(backupKind, "b1", cancel);
      await hasPhase(world, "b1", "Failed");
      const { status, metadata } = await world.demand(backupKind, "b1");
      assert.match(status?.failureReason ?? "", /cancelled; .* left as it is: the bucket is away/);
      assert.equal(metadata.annotations?.["ark-ts.dev/outcome"], "cancelled");
      await world.stop();
    }
  });

  it("is Failed after an hour, whether or not the bucket opens, and lets the next one run", async () => {
    for (const how of ["opens", "does not open"]) {
      const world = await createWorld();
      await world.location("other");
      const { faults } = world.store("default");
      if (how === "opens") faults.add(() => ({ kind: "fail", error: away }));
      else world.breakStore("default", away);
      await world.start(createBackupController);
      await world.create(backupKind, "b1", from("shop"));
      await isInterrupted(world);
      const spec = { ...from("shop").spec, storageLocation: "other" };
      await world.create(backupKind, "b2", { spec });
      await world.until(
        "b1 is given up",
        async () => {
          await world.clock.advance(60_000);
          return (await phaseOf(world, "b1")) === "Failed";
        },
        2 * 3_600_000,
      );
      const { status } = await world.demand(backupKind, "b1");
      assert.match(status?.failureReason ?? "", /the bucket is away.*ARK_STORE_UNREACHABLE/);
      await hasPhase(world, "b2", "Completed");
      await world.stop();
    }
  });
});

describe("a Backup that got on after an hour of failures", () => {
  it("keeps the seal of which the store did not tell whether it stands", async () => {
    const world = await createWorld();
    const store = world.store("default");
    const { seal } = backupKeys("b1");
    let firstMs: number | undefined;
    let [isPut, isAsked] = [false, false];
    store.faults.add(({ operation, key }) => {
      const nowMs = world.clock.monotonicMs();
      if (operation === "put" && (firstMs === undefined || nowMs - firstMs < 3_600_000)) {
        firstMs ??= nowMs;
        return { kind: "fail", error: away };
      }
      if (operation === "put" && key === seal && !isPut) {
        isPut = true;
        return { kind: "fail", error: away, when: "after" };
      }
      if (operation !== "head" || !isPut || isAsked) return undefined;
      isAsked = true;
      return { kind: "fail", error: away };
    });
    await world.start(createBackupController);
    await world.create(backupKind, "b1", from("shop"));
    await world.until(
      "it is over",
      async () => {
        await world.clock.advance(60_000);
        return ["Completed", "Failed"].includes((await phaseOf(world, "b1")) ?? "");
      },
      2 * 3_600_000,
    );
    assert.ok(isAsked);
    assert.equal(await phaseOf(world, "b1"), "Completed");
    const { damages } = await verifyBackup(store, "b1", { level: "objects", signal });
    assert.deepEqual(damages, []);
    await world.stop();
  });
});
