/** What a server does for annotations that stand for flags of the command. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { backupKind } from "../../src/api/backup.ts";
import { annotations } from "../../src/api/labels.ts";
import { createBackupController } from "../../src/controllers/backup/backup-controller.ts";
import { backupKeys } from "../../src/format/keys.ts";
import { createWorld, hasPhase, signal } from "./backups-world.ts";
import {
  createRestoreController,
  createRestoresWorld,
  ended,
  restored,
  restoreKind,
  untilPhase,
} from "./server-restores-world.ts";

describe("a Restore's annotations", () => {
  it("strict: nothing is written where one object would fail, and the reason is told", async () => {
    for (const isStrict of [true, false]) {
      const world = await createRestoresWorld();
      world.server.faults = ({ method, path, query }) =>
        method === "POST" && path.endsWith("/shop/configmaps") && query.has("dryRun")
          ? { status: 403 }
          : undefined;
      await world.start(createRestoreController);
      await world.create(restoreKind, "r1", {
        spec: { backupName: "nightly" },
        annotations: { [annotations.strict]: `${isStrict}` },
      });
      const { status } = await untilPhase(world, "r1", ...ended);
      if (isStrict) {
        assert.equal(status?.phase, "Failed");
        assert.match(status.failureReason ?? "", /nothing was restored: not all could be/);
        assert.deepEqual(await restored(world), []);
      } else {
        assert.equal(status?.phase, "Completed", JSON.stringify(status));
      }
      await world.stop();
    }
  });

  it("allow-damaged: what checks out is restored, and else nothing is", async () => {
    for (const isAllowed of [true, false]) {
      const world = await createRestoresWorld();
      await world.store("main").put(backupKeys("nightly").index, Buffer.from("x"), { signal });
      await world.start(createRestoreController);
      await world.create(restoreKind, "r1", {
        spec: { backupName: "nightly" },
        annotations: { [annotations.allowDamaged]: `${isAllowed}` },
      });
      const { status } = await untilPhase(world, "r1", ...ended);
      assert.equal(status?.phase, isAllowed ? "PartiallyFailed" : "Failed", JSON.stringify(status));
      assert.equal((await restored(world)).length, isAllowed ? 3 : 0);
      await world.stop();
    }
  });

  it("that cannot be meant keep it from beginning", async () => {
    const world = await createRestoresWorld();
    await world.start(createRestoreController);
    await world.create(restoreKind, "r1", {
      spec: { backupName: "nightly" },
      annotations: { [annotations.waitForReady]: "soon" },
    });
    const { status } = await untilPhase(world, "r1", ...ended);
    assert.equal(status?.phase, "FailedValidation");
    assert.match(status.validationErrors?.[0] ?? "", /wait-for-ready is a duration such as 5m/);
    await world.stop();
  });
});

describe("a Backup's annotation require-coverage", () => {
  it("makes an error of a volume that nothing protects", async () => {
    for (const isRequired of [true, false]) {
      const world = await createWorld();
      world.server.seed({
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        metadata: { name: "data", namespace: "shop" },
        spec: { accessModes: ["ReadWriteOnce"], volumeName: "pv-1" },
        status: { phase: "Bound" },
      });
      world.server.seed({
        apiVersion: "v1",
        kind: "PersistentVolume",
        metadata: { name: "pv-1" },
        spec: {
          capacity: { storage: "1Gi" },
          hostPath: { path: "/x" },
          claimRef: { namespace: "shop", name: "data" },
        },
      });
      await world.start(createBackupController);
      await world.create(backupKind, "b1", {
        spec: { includedNamespaces: ["shop"] },
        annotations: { [annotations.requireCoverage]: `${isRequired}` },
      });
      const phase = await hasPhase(world, "b1", "Completed", "PartiallyFailed");
      assert.equal(phase, isRequired ? "PartiallyFailed" : "Completed");
      await world.stop();
    }
  });
});
