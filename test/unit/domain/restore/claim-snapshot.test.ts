import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { RuleContext } from "../../../../src/domain/restore/rule.ts";
import { cleanObject, reasonToLeaveOut } from "../../../../src/domain/restore/rule-table.ts";
import {
  restoredSnapshotName,
  storedSnapshot,
} from "../../../../src/domain/volumes/csi/restored-snapshot.ts";

const claim = {
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: {
    name: "data",
    namespace: "shop",
    labels: {
      app: "db",
      "velero.io/backup-name": "nightly",
      "velero.io/volume-snapshot-name": "snap",
    },
    annotations: { "velero.io/volume-snapshot-name": "snap" },
  },
  spec: { volumeName: "pv-1", storageClassName: "fast" },
};
const snapshot = { driver: "disk", handle: "h" };
const context = (volumes: RuleContext["volumes"], resource = "persistentvolumeclaims") => ({
  resource,
  mapNamespace: (namespace: string) => (namespace === "shop" ? "copy" : namespace),
  preserveNodePorts: false,
  volumes,
  restoredJobs: new Set<string>(),
});

describe("a claim whose data a snapshot holds", () => {
  it("63: gets a volume of it in the namespace where it goes, without the marks of the backup", () => {
    const volumes = new Map([
      ["pv-1", { fate: "provision" as const, claim: "shop/data", snapshot }],
    ]);
    const cleaned = cleanObject(claim, context(volumes));
    const name = restoredSnapshotName("h", { namespace: "copy", name: "data" });
    assert.deepEqual(cleaned["spec"], {
      storageClassName: "fast",
      dataSource: { apiGroup: "snapshot.storage.k8s.io", kind: "VolumeSnapshot", name },
    });
    assert.deepEqual((cleaned["metadata"] as { labels: object }).labels, { app: "db" });
    assert.deepEqual(cleanObject(cleaned, context(volumes)), cleaned);
  });

  it("62: keeps the claim without its data where volumes are not to come back", () => {
    const volumes = new Map([["pv-1", { fate: "provision" as const, claim: "shop/data" }]]);
    assert.deepEqual(cleanObject(claim, context(volumes))["spec"], { storageClassName: "fast" });
  });
});

describe("the objects of a backup's snapshot", () => {
  const kinds = ["volumesnapshots", "volumesnapshotcontents"];
  for (const kind of kinds.map((one) => `${one}.snapshot.storage.k8s.io`)) {
    it(`${kind} are made with the claim, those of users by themselves`, () => {
      const object = (labels: object) => ({ metadata: { name: "snap", labels } }) as never;
      const of = context(new Map(), kind);
      assert.match(
        reasonToLeaveOut(object({ "velero.io/backup-name": "nightly" }), of) ?? "",
        /made anew with the claim/,
      );
      assert.equal(reasonToLeaveOut(object({}), of), undefined);
    });
  }
});

describe("storedSnapshot()", () => {
  const content = {
    metadata: {
      annotations: {
        "snapshot.storage.kubernetes.io/deletion-secret-name": "key",
        "snapshot.storage.kubernetes.io/deletion-secret-namespace": "csi",
      },
    },
    spec: { driver: "disk", sourceVolumeMode: "Filesystem" },
    status: { snapshotHandle: "h", restoreSize: 7 },
  };
  it("is known by the content, with what deleting it takes", () => {
    assert.deepEqual(storedSnapshot(undefined, content), {
      driver: "disk",
      handle: "h",
      sizeBytes: 7,
      volumeMode: "Filesystem",
      deletionSecret: { namespace: "csi", name: "key" },
    });
  });
  it("is known by what Velero notes on the VolumeSnapshot where the content is missing", () => {
    const annotations = {
      "velero.io/csi-volumesnapshot-handle": "h2",
      "velero.io/csi-driver-name": "disk",
    };
    assert.deepEqual(storedSnapshot({ metadata: { annotations } }, undefined), {
      driver: "disk",
      handle: "h2",
    });
  });
  it("is not known where neither names a handle", () => {
    assert.equal(storedSnapshot({ metadata: {} }, { spec: { driver: "disk" } }), undefined);
  });
});
