import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isAnsweredFor, readinessOf } from "../../../../src/domain/restore/readiness.ts";
import type { JsonObject } from "../../../../src/lib/json-text.ts";

const table: readonly (readonly [string, string, JsonObject, string])[] = [
  [
    "a deployment whose replicas are there",
    "deployments.apps",
    {
      metadata: { generation: 2 },
      spec: { replicas: 2 },
      status: { observedGeneration: 2, updatedReplicas: 2, availableReplicas: 2 },
    },
    "ready",
  ],
  [
    "a deployment that lacks one",
    "deployments.apps",
    { spec: { replicas: 2 }, status: { updatedReplicas: 2, availableReplicas: 1 } },
    "waiting: 1 of 2 replicas ready",
  ],
  [
    "a deployment that nobody has seen",
    "deployments.apps",
    { metadata: { generation: 1 }, spec: { replicas: 0 } },
    "waiting: its controller has not seen it yet",
  ],
  ["a stateful set of no replicas", "statefulsets.apps", { spec: { replicas: 0 } }, "ready"],
  [
    "a daemon set on one of two nodes",
    "daemonsets.apps",
    { status: { desiredNumberScheduled: 2, numberReady: 1 } },
    "waiting: ready on 1 of 2 nodes",
  ],
  ["a job that is suspended", "jobs.batch", { spec: { suspend: true } }, "ready"],
  ["a job with a pod at work", "jobs.batch", { status: { ready: 1 } }, "ready"],
  [
    "a job that has failed",
    "jobs.batch",
    { status: { conditions: [{ type: "Failed", status: "True", message: "too often" }] } },
    "failed: too often",
  ],
  [
    "a pod that is ready",
    "pods",
    { status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] } },
    "ready",
  ],
  [
    "a pod whose image is not there",
    "pods",
    {
      status: {
        phase: "Pending",
        containerStatuses: [
          {
            name: "c",
            ready: false,
            state: { waiting: { reason: "ErrImagePull", message: "no such" } },
          },
        ],
      },
    },
    'waiting: container "c": ErrImagePull: no such',
  ],
  [
    "a pod that no node takes",
    "pods",
    {
      status: {
        phase: "Pending",
        conditions: [{ type: "PodScheduled", status: "False", message: "0/1 nodes" }],
      },
    },
    "waiting: 0/1 nodes",
  ],
  ["a pod that has done its work", "pods", { status: { phase: "Succeeded" } }, "ready"],
  ["a claim that is bound", "persistentvolumeclaims", { status: { phase: "Bound" } }, "ready"],
  [
    "a claim whose volume is lost",
    "persistentvolumeclaims",
    { status: { phase: "Lost" } },
    "failed: its volume is lost",
  ],
  ["what never becomes ready", "configmaps", {}, "ready"],
];

describe("readinessOf()", () => {
  for (const [what, resource, object, expected] of table) {
    it(`takes ${what} for ${expected}`, () => {
      const found = readinessOf(resource, object);
      assert.equal(found.state === "ready" ? "ready" : `${found.state}: ${found.why}`, expected);
    });
  }
});

describe("isAnsweredFor()", () => {
  it("is true of what has a controller, not of what has an owner only", () => {
    const owned = (controller: boolean) => ({
      metadata: { ownerReferences: [{ uid: "u", controller }] },
    });
    assert.equal(isAnsweredFor(owned(true)), true);
    assert.equal(isAnsweredFor(owned(false)), false);
  });
});
