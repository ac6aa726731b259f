import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  deletingContent,
  deletingContentName,
  deletionState,
  snapshotDigest,
  withoutHold,
} from "../../../../../src/domain/volumes/csi/deleted-snapshot.ts";

const finalizer = "snapshot.storage.kubernetes.io/volumesnapshotcontent-bound-protection";
const stored = { driver: "d.example", handle: "h-1", volumeMode: "Block" };

describe("deletingContent()", () => {
  it("asks for the deletion of what the handle names, held until the driver has done it", () => {
    const secret = { namespace: "kube-system", name: "keys" };
    const name = deletingContentName(stored);
    assert.match(name, /^ark-delete-[0-9a-f]{32}$/);
    assert.deepEqual(deletingContent({ ...stored, deletionSecret: secret }), {
      apiVersion: "snapshot.storage.k8s.io/v1",
      kind: "VolumeSnapshotContent",
      metadata: {
        name,
        finalizers: [finalizer],
        annotations: {
          "snapshot.storage.kubernetes.io/deletion-secret-name": "keys",
          "snapshot.storage.kubernetes.io/deletion-secret-namespace": "kube-system",
        },
      },
      spec: {
        deletionPolicy: "Delete",
        driver: "d.example",
        source: { snapshotHandle: "h-1" },
        sourceVolumeMode: "Block",
        volumeSnapshotRef: {
          apiVersion: "snapshot.storage.k8s.io/v1",
          kind: "VolumeSnapshot",
          namespace: "default",
          name,
        },
      },
    });
  });
});

describe("snapshotDigest()", () => {
  it("differs with driver, handle and cluster", () => {
    const digests = [
      snapshotDigest(stored),
      snapshotDigest({ ...stored, handle: "h-2" }),
      snapshotDigest({ ...stored, driver: "e.example" }),
      snapshotDigest(stored, "c-1"),
      snapshotDigest(stored, "c-2"),
    ];
    assert.equal(new Set(digests).size, digests.length);
  });
});

describe("deletionState()", () => {
  const missing = "Failed to check: can not find snapshot for snapshotID h-1";
  const notFound = "rpc error: code = NotFound desc = no such snapshot";
  const cases = [
    { what: undefined, step: "absent" },
    { what: {}, step: "unknown" },
    { what: { status: { error: { message: "timeout" } } }, step: "unknown" },
    { what: { status: { error: { message: missing } } }, step: "missing" },
    { what: { status: { error: { message: notFound } } }, step: "missing" },
    { what: { status: { snapshotHandle: "h-1" } }, step: "known" },
    {
      what: { status: { snapshotHandle: "h-1", error: { message: missing } } },
      step: "known",
    },
    {
      what: { metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" }, status: {} },
      step: "leaving",
    },
  ] as const;
  for (const { what, step } of cases) {
    it(`is ${step} of ${JSON.stringify(what)}`, () => {
      assert.equal(deletionState(what).step, step);
    });
  }
});

describe("withoutHold()", () => {
  it("takes away the snapshotter's finalizer and no other", () => {
    const held = { metadata: { finalizers: ["a/b", finalizer] } };
    assert.deepEqual(withoutHold(held), { metadata: { finalizers: ["a/b"] } });
    assert.deepEqual(withoutHold(deletingContent(stored)), { metadata: { finalizers: null } });
  });
});
