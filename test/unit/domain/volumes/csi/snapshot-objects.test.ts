import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  claimWithSnapshot,
  newSnapshot,
  snapshotName,
  snapshotWithHandle,
} from "../../../../../src/domain/volumes/csi/snapshot-objects.ts";
import { snapshotState } from "../../../../../src/domain/volumes/csi/snapshot-state.ts";

const claim = { namespace: "shop", name: "data", uid: "u1", labels: { app: "db" } };
const marks = { clusterId: "c1", locationId: "l1", place: "s3://backups" };
const run = { backup: "nightly", runUid: "r1", marks };

describe("snapshotName()", () => {
  it("is the same for the same run and claim, and another for any other", () => {
    assert.match(snapshotName(claim, run), /^velero-data-[0-9a-f]{10}$/);
    assert.equal(snapshotName(claim, run), snapshotName({ ...claim }, { ...run }));
    assert.notEqual(snapshotName(claim, run), snapshotName({ ...claim, uid: "u2" }, run));
    assert.notEqual(snapshotName(claim, run), snapshotName(claim, { runUid: "r2" }));
  });
  it("fits where the claim's name is as long as names can be", () => {
    assert.equal(snapshotName({ ...claim, name: "x".repeat(253) }, run).length, 253);
  });
});

describe("newSnapshot()", () => {
  it("carries the claim's labels and those by which backup and run are found", () => {
    const { metadata, spec } = newSnapshot(claim, run, "fast") as never as {
      metadata: { labels: object; annotations: object };
      spec: object;
    };
    assert.deepEqual(metadata.labels, {
      app: "db",
      "velero.io/backup-name": "nightly",
      "ark-ts.dev/run-uid": "r1",
    });
    assert.deepEqual(metadata.annotations, {
      "ark-ts.dev/made-in-cluster": "c1",
      "ark-ts.dev/made-for-location": "l1",
      "ark-ts.dev/made-for-place": "s3://backups",
    });
    assert.deepEqual(spec, {
      source: { persistentVolumeClaimName: "data" },
      volumeSnapshotClassName: "fast",
    });
  });
});

describe("claimWithSnapshot()", () => {
  const stored = (restoreSize: number, storage = "1Gi") =>
    claimWithSnapshot(
      {
        metadata: { name: "data", labels: { app: "db" } },
        spec: {
          dataSource: { kind: "VolumeSnapshot", name: "older" },
          resources: { requests: { storage } },
        },
      },
      { snapshot: "snap", backup: "nightly", restoreSize },
    );
  it("names the snapshot as Velero does, and no source of its own", () => {
    assert.deepEqual(stored(0), {
      metadata: {
        name: "data",
        labels: {
          app: "db",
          "velero.io/backup-name": "nightly",
          "velero.io/volume-snapshot-name": "snap",
        },
        annotations: { "velero.io/volume-snapshot-name": "snap" },
      },
      spec: { resources: { requests: { storage: "1Gi" } } },
    });
  });
  it("asks for the size that the snapshot needs, and never for less", () => {
    const sizeOf = (object: object) =>
      (object as { spec: { resources: { requests: { storage: string } } } }).spec.resources.requests
        .storage;
    assert.equal(sizeOf(stored(3 * 2 ** 30)), "3Gi");
    assert.equal(sizeOf(stored(3 * 2 ** 29)), "1536Mi");
    assert.equal(sizeOf(stored(2 ** 30 + 1)), "1073741825");
    assert.equal(sizeOf(stored(2 ** 30, "2Gi")), "2Gi");
  });
});

describe("snapshotWithHandle()", () => {
  it("notes what a restore makes the content of", () => {
    const state = snapshotState(
      { status: { boundVolumeSnapshotContentName: "c" } },
      {
        spec: { deletionPolicy: "Delete" },
        status: { snapshotHandle: "h", restoreSize: 2 ** 30 },
      },
    );
    const stored = snapshotWithHandle({ metadata: { name: "snap" } }, state, {
      driver: "disk",
      groupHandle: undefined,
    });
    assert.deepEqual(stored, {
      metadata: {
        name: "snap",
        annotations: {
          "velero.io/csi-volumesnapshot-handle": "h",
          "velero.io/csi-driver-name": "disk",
          "velero.io/csi-vsc-deletion-policy": "Delete",
          "velero.io/csi-volumesnapshot-restore-size": "1Gi",
          "backup.velero.io/must-include-additional-items": "true",
        },
      },
    });
  });
});
