import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { annotations, labels } from "../../src/api/labels.ts";
import { restoreKeys } from "../../src/format/keys.ts";
import { configMaps } from "../support/stored-backup.ts";
import {
  addBackup,
  cancel,
  createRestoreController,
  createRestoresWorld,
  ended,
  restored,
  restoreKind,
  untilPhase,
} from "./server-restores-world.ts";

describe("Restores", () => {
  it("are run, and tell spec, counts and files as Velero's clients expect", async () => {
    const world = await createRestoresWorld();
    await world.start(createRestoreController);
    await world.create(restoreKind, "r1", { spec: { backupName: "nightly" } });
    const { metadata, spec, status } = await untilPhase(world, "r1", ...ended);
    assert.equal(status?.phase, "Completed", JSON.stringify(status));
    assert.deepEqual(status.progress, { totalItems: 3, itemsRestored: 3 });
    assert.deepEqual(await restored(world), ["settings-0", "settings-1", "settings-2"]);
    assert.deepEqual(metadata.finalizers, ["restores.velero.io/external-resources-finalizer"]);
    assert.equal(spec.itemOperationTimeout, "4h0m0s");
    assert.deepEqual(spec.excludedResources?.slice(0, 3), [
      "nodes",
      "events",
      "events.events.k8s.io",
    ]);
    const keys = world.store("main").keys();
    const { logs, results, record } = restoreKeys("r1");
    for (const key of [logs, results, record]) assert.ok(keys.includes(key), key);
    await world.stop();
  });

  it("are stamped with the labels by which clients find what they made", async () => {
    const world = await createRestoresWorld({ objects: 1 });
    await world.start(createRestoreController);
    await world.create(restoreKind, "r1", { spec: { backupName: "nightly" } });
    await untilPhase(world, "r1", "Completed");
    const { signal } = new AbortController();
    const ref = { kind: configMaps, namespace: "shop", name: "settings-0" };
    const found = await world.cluster.get(ref, { signal });
    assert.equal(found?.labels[labels.backupName], "nightly");
    assert.equal(found.labels[labels.restoreName], "r1");
    await world.stop();
  });

  it("go through each phase in turn, and never back", async () => {
    const world = await createRestoresWorld();
    await world.start(createRestoreController);
    const met: string[] = [];
    world.context.caches.restores.onChange(({ after }) => {
      const phase = after?.status?.phase ?? "";
      if (met.at(-1) !== phase) met.push(phase);
    });
    await world.create(restoreKind, "r1", { spec: { backupName: "nightly" } });
    await untilPhase(world, "r1", ...ended);
    await world.clock.advance(100);
    assert.deepEqual(met, ["", "InProgress", "Finalizing", "Completed"]);
    await world.stop();
  });

  it("that cannot begin tell everything that is wrong, and hold nobody up (regression 33)", async () => {
    const world = await createRestoresWorld();
    await world.start(createRestoreController);
    await world.create(restoreKind, "bad", {
      spec: {
        backupName: "nowhere",
        includedResources: ["nodes", "pods"],
        existingResourcePolicy: "replace",
        namespaceMapping: { shop: "Shop" },
        resourceModifier: { kind: "ConfigMap", name: "absent" },
      },
      status: { phase: "" },
    });
    await world.create(restoreKind, "both", {
      spec: { backupName: "nightly", scheduleName: "daily" },
    });
    await world.create(restoreKind, "none");
    await world.create(restoreKind, "good", { spec: { backupName: "nightly" } });
    const { status } = await untilPhase(world, "bad", "FailedValidation");
    const told = (status?.validationErrors ?? []).join("\n");
    for (const part of [
      /no Backup "nowhere"/,
      /nodes are never restored/,
      /none or update, not "replace"/,
      /"Shop" is not the name of a namespace/,
      /no ConfigMap ark-ts\/absent/,
    ]) {
      assert.match(told, part);
    }
    const both = await untilPhase(world, "both", "FailedValidation");
    assert.match(both.status?.validationErrors?.[0] ?? "", /cannot both be the source/);
    const none = await untilPhase(world, "none", "FailedValidation");
    assert.match(none.status?.validationErrors?.[0] ?? "", /must be named/);
    await untilPhase(world, "good", "Completed");
    await world.stop();
  });

  it("take the newest completed backup of a schedule, not the newest", async () => {
    const world = await createRestoresWorld();
    const daily = { [labels.scheduleName]: "daily" };
    await addBackup(world, "daily-1", { labels: daily, startTimestamp: "2026-01-01T01:00:00Z" });
    await addBackup(world, "daily-2", { labels: daily, startTimestamp: "2026-01-01T02:00:00Z" });
    await addBackup(world, "daily-3", { labels: daily, startTimestamp: "2026-01-01T03:00:00Z" });
    const { backupKind } = await import("../../src/api/backup.ts");
    await world.patch(backupKind, "daily-3", { status: { phase: "PartiallyFailed" } });
    await world.start(createRestoreController);
    await world.create(restoreKind, "r1", { spec: { scheduleName: "daily" } });
    const { spec } = await untilPhase(world, "r1", "Completed");
    assert.deepEqual([spec.backupName, spec.scheduleName], ["daily-2", "daily"]);
    await world.create(restoreKind, "r2", { spec: { scheduleName: "weekly" } });
    const refused = await untilPhase(world, "r2", "FailedValidation");
    assert.match(refused.status?.validationErrors?.[0] ?? "", /"weekly" has no backup/);
    await world.stop();
  });

  it("whose end cannot be written have it written when the API server is back (regression 32)", async () => {
    const world = await createRestoresWorld();
    await world.start(createRestoreController);
    let refused = 0;
    const isDone = () => world.store("main").keys().includes(restoreKeys("r1").record);
    world.server.faults = ({ method, path }) => {
      if (method !== "PATCH" || !path.endsWith("/restores/r1") || !isDone()) return undefined;
      refused += 1;
      return refused <= 20 ? { status: refused % 2 === 0 ? 409 : 503 } : undefined;
    };
    await world.create(restoreKind, "r1", { spec: { backupName: "nightly" } });
    const { status } = await untilPhase(world, "r1", ...ended);
    assert.equal(status?.phase, "Completed");
    assert.equal(status.failureReason, undefined);
    assert.ok(refused > 20);
    await world.stop();
  });

  it("that are cancelled before they begin are Failed, with nothing written", async () => {
    const world = await createRestoresWorld();
    await world.create(restoreKind, "r1", {
      spec: { backupName: "nightly" },
      annotations: { [annotations.cancel]: "true" },
    });
    await world.start(createRestoreController);
    const { status } = await untilPhase(world, "r1", ...ended);
    assert.deepEqual([status?.phase, status?.failureReason], ["Failed", "cancelled by its user"]);
    assert.deepEqual(await restored(world), []);
    await world.stop();
  });

  it("that end well are left alone afterwards", async () => {
    const world = await createRestoresWorld();
    await world.start(createRestoreController);
    await world.create(restoreKind, "r1", { spec: { backupName: "nightly" } });
    await untilPhase(world, "r1", "Completed");
    await world.clock.advance(1_000);
    let writes = 0;
    world.server.faults = ({ method }) => {
      if (method !== "GET") writes += 1;
      return undefined;
    };
    await cancel(world, "r1");
    await world.clock.advance(300_000);
    // The test's own.
    assert.equal(writes, 1);
    const { status } = await world.demand(restoreKind, "r1");
    assert.equal(status?.phase, "Completed");
    await world.stop();
  });
});
