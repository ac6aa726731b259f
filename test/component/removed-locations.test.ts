/** Runs whose location went with its kind: it comes back, and they go on; one that a user deleted does not. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { backupKind } from "../../src/api/backup.ts";
import { backupStorageLocationKind } from "../../src/api/backup-storage-location.ts";
import { configMapKind } from "../../src/api/config-map-kind.ts";
import { definitionName } from "../../src/api/custom-resource.ts";
import { toDefinition } from "../../src/api/custom-resource-definition.ts";
import { createBackupController } from "../../src/controllers/backup/backup-controller.ts";
import { copyName } from "../../src/domain/copies/resource-copy.ts";
import { definitionRef } from "../../src/install/definition-store.ts";
import { type ControllerWorld, serverNamespace } from "../support/controller-world.ts";
import { createWorld, from, hasPhase, phaseOf, signal } from "./backups-world.ts";
import {
  createRestoreController,
  createRestoresWorld,
  restoreKind,
  untilPhase,
} from "./server-restores-world.ts";

const definition = definitionRef(definitionName(backupStorageLocationKind));

const copyRef = (name: string) => ({
  kind: configMapKind,
  namespace: serverNamespace,
  name: copyName(backupStorageLocationKind.plural, name),
});

/** The kind goes with its locations; what the server knows of `name` is a copy. */
async function removeKind(world: ControllerWorld, name: string): Promise<void> {
  const { namespace, name: copy } = copyRef(name);
  const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: copy, namespace } };
  await world.cluster.create(copyRef(name), Buffer.from(JSON.stringify(body)), { signal });
  await world.cluster.remove(definition, { signal });
  await world.until(
    "the kind is gone",
    async () => (await world.cluster.get(definition, { signal })) === undefined,
  );
}

async function bringKind(world: ControllerWorld): Promise<void> {
  const body = Buffer.from(JSON.stringify(toDefinition(backupStorageLocationKind)));
  await world.cluster.create(definition, body, { signal });
}

/** So many further tries of the work queue are looked at. */
const tries = async (world: ControllerWorld) => {
  for (let at = 0; at < 5; at += 1) await world.clock.advance(2_000);
};

const begun = { phase: "InProgress", startTimestamp: "2026-01-01T00:00:00Z" };

describe("a run whose location went with its kind", () => {
  it("goes on when it is back: a Backup", async () => {
    const world = await createWorld();
    await world.start(createBackupController);
    await removeKind(world, "default");
    const spec = { ...from("shop").spec, storageLocation: "default" };
    await world.create(backupKind, "b1", { spec, status: begun });
    await tries(world);
    assert.equal(await phaseOf(world, "b1"), "InProgress");
    await bringKind(world);
    await tries(world);
    assert.equal(await phaseOf(world, "b1"), "InProgress");
    await world.location("default");
    await hasPhase(world, "b1", "Completed");
    await world.stop();
  });

  it("goes on when it is back: a Restore, and one that is cancelled ends before", async () => {
    const world = await createRestoresWorld();
    await world.start(createRestoreController);
    await removeKind(world, "main");
    const finalizers = ["restores.velero.io/external-resources-finalizer"];
    const spec = { backupName: "nightly", excludedResources: [] };
    for (const name of ["r1", "r2"]) {
      await world.create(restoreKind, name, { spec, status: begun });
      await world.patch(restoreKind, name, { metadata: { finalizers } });
    }
    await tries(world);
    assert.equal((await world.demand(restoreKind, "r1")).status?.phase, "InProgress");
    await world.patch(restoreKind, "r2", {
      metadata: { annotations: { "ark-ts.dev/cancel": "1" } },
    });
    const cancelled = await untilPhase(world, "r2", "Failed");
    assert.equal(cancelled.status?.failureReason, "cancelled by its user");
    await bringKind(world);
    await tries(world);
    assert.equal((await world.demand(restoreKind, "r1")).status?.phase, "InProgress");
    await world.location("main");
    await untilPhase(world, "r1", "Completed");
    await world.stop();
  });

  it("fails where a user deleted it", async () => {
    const world = await createWorld();
    await world.start(createBackupController);
    await world.remove(backupStorageLocationKind, "default");
    const spec = { ...from("shop").spec, storageLocation: "default" };
    await world.create(backupKind, "b1", { spec, status: begun });
    await hasPhase(world, "b1", "Failed");
    const { status } = await world.demand(backupKind, "b1");
    assert.match(status?.failureReason ?? "", /storage location "default" is not there any more/);
    await world.stop();
  });
});
