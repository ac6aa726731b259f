import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createRestoreWorld, plain } from "./restore-world.ts";

const job = (name: string, suspend: boolean) =>
  plain("batch/v1", "Job", `shop/${name}`, { spec: { suspend, template: { spec: {} } } });
const claim = plain("v1", "PersistentVolumeClaim", "shop/data", {
  spec: { storageClassName: "late", accessModes: ["ReadWriteOnce"] },
});
const storageClass = (volumeBindingMode: string) =>
  plain("storage.k8s.io/v1", "StorageClass", "late", { provisioner: "p", volumeBindingMode });

describe("runRestore() that waits for workloads", () => {
  it("tells which are not ready and why, as warnings, when the limit comes", async () => {
    const world = createRestoreWorld();
    await world.backUp([job("idle", true), job("work", false)]);
    const report = await world.restore({}, { readiness: { timeoutMs: 30_000, required: false } });
    assert.deepEqual(report.readiness, { ready: 1, total: 2, waitForFirstConsumer: 0 });
    assert.equal(report.restore.status.phase, "Completed");
    assert.deepEqual(
      report.findings.map(({ severity, message }) => `${severity}: ${message}`),
      ['warning: Job "shop/work" is not ready: none of its pods is ready'],
    );
    assert.ok(
      world.told.some(({ waitingFor = "" }) =>
        waitingFor.startsWith('1 of 2 workloads to be ready; Job "shop/work": none'),
      ),
    );
  });

  it("takes them for errors where they are required", async () => {
    const world = createRestoreWorld();
    await world.backUp([job("work", false)]);
    const report = await world.restore({}, { readiness: { timeoutMs: 1_000, required: true } });
    assert.equal(report.restore.status.phase, "PartiallyFailed");
  });

  it("does not wait for a claim whose class waits for a pod, and does for another", async () => {
    for (const [mode, ready, waitForFirstConsumer] of [
      ["WaitForFirstConsumer", 1, 1],
      ["Immediate", 0, 0],
    ] as const) {
      const world = createRestoreWorld();
      world.server.seed(JSON.stringify(storageClass(mode)));
      await world.backUp([claim]);
      const report = await world.restore({}, { readiness: { timeoutMs: 5_000, required: false } });
      assert.deepEqual(report.readiness, { ready, total: 1, waitForFirstConsumer });
    }
  });

  it("is over at once where nothing becomes ready", async () => {
    const world = createRestoreWorld();
    await world.backUp([plain("v1", "ConfigMap", "shop/c", { data: {} })]);
    const report = await world.restore({}, { readiness: { timeoutMs: 5_000, required: true } });
    assert.deepEqual(report.readiness, { ready: 0, total: 0, waitForFirstConsumer: 0 });
  });
});
