/**
 * Regression 13 of what users reported: labels of a backup, and values of labels that are too
 * long. No snapshots are taken yet, so that there are no tags which could come into them.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openBackup } from "../../src/catalog/open-backup.ts";
import { labelViolations } from "../../src/domain/metadata-checks.ts";
import { takeBackup } from "../support/take-backup.ts";
import { createHooksWorld, freezeAndThaw, idle } from "./hooks-world.ts";

const asked = Object.freeze({ team: "payments", "a.example/owner": "x".repeat(63) });
const locationLabel = "velero.io/storage-location";

function createWorld() {
  const world = createHooksWorld();
  world.seedPod("db", { annotations: freezeAndThaw, claims: ["data"], labels: { app: "db" } });
  world.seedClaim("data", { "velero.io/volume-group": "g" });
  return world;
}

describe("regression 13: labels of the backup, and long values", () => {
  it("are what was asked for and the location, whatever pods and volumes carry", async () => {
    const world = createWorld();
    const request = { ...world.request("b1", { storageLocation: "default" }), labels: asked };
    const report = await takeBackup(world.cluster, world.store, request);
    const { backup } = await openBackup(world.store, "b1", { signal: idle });
    assert.deepEqual(backup.metadata.labels, { ...asked, [locationLabel]: "default" });
    assert.deepEqual(report.backup.metadata.labels, backup.metadata.labels);
  });

  it("name a location of any length so that the API server takes it, as Velero does", async () => {
    const long = ["a".repeat(80), `${"a".repeat(79)}b`];
    const values: string[] = [];
    for (const storageLocation of long) {
      const { backup } = await createWorld().backUp("b1", { storageLocation });
      const { labels = {} } = backup.metadata;
      assert.deepEqual(labelViolations(labels), []);
      assert.equal(backup.spec.storageLocation, storageLocation);
      values.push(labels[locationLabel] ?? "");
    }
    assert.equal(new Set(values).size, 2, "two locations, two values");
    assert.ok(values.every((value) => value.startsWith("a".repeat(57)) && value.length === 63));
  });
});
