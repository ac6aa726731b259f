import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { annotations } from "../../../../../src/api/labels.ts";
import { applyMergePatch } from "../../../../../src/domain/restore/modifiers/apply-merge-patch.ts";
import { activation } from "../../../../../src/domain/restore/passive/activate-patch.ts";
import {
  isPassive,
  makePassive,
  passiveKinds,
} from "../../../../../src/domain/restore/passive/make-passive.ts";
import { textAt, without, withoutAll, withValue } from "../../../../../src/lib/json-edit.ts";
import type { JsonObject } from "../../../../../src/lib/json-text.ts";

const named = (spec: JsonObject, more: JsonObject = {}): JsonObject => ({
  metadata: { name: "x", namespace: "shop", ...more },
  spec,
});
const label = "ark-ts.dev/passive";

/** Kind, what is restored, and its spec while it is passive; undefined: it stays as it is. */
const cases: readonly (readonly [string, string, JsonObject, JsonObject | undefined])[] = [
  ["a Deployment has no replicas", "deployments.apps", named({ replicas: 3 }), { replicas: 0 }],
  [
    "one without a number has none either",
    "deployments.apps",
    named({ paused: true }),
    { paused: true, replicas: 0 },
  ],
  ["one that has none stays as it is", "deployments.apps", named({ replicas: 0 }), undefined],
  ["a StatefulSet has no replicas", "statefulsets.apps", named({ replicas: 2 }), { replicas: 0 }],
  ["a ReplicaSet has no replicas", "replicasets.apps", named({ replicas: 2 }), { replicas: 0 }],
  [
    "a ReplicationController has no replicas",
    "replicationcontrollers",
    named({ replicas: 2 }),
    { replicas: 0 },
  ],
  [
    "a CronJob is suspended",
    "cronjobs.batch",
    named({ schedule: "0 1 * * *" }),
    { schedule: "0 1 * * *", suspend: true },
  ],
  ["a suspended CronJob stays as it is", "cronjobs.batch", named({ suspend: true }), undefined],
  ["a Job is suspended", "jobs.batch", named({ suspend: false }), { suspend: true }],
  [
    "a DaemonSet fits no node",
    "daemonsets.apps",
    named({ template: { spec: { nodeSelector: { disk: "ssd" } } } }),
    { template: { spec: { nodeSelector: { disk: "ssd", [label]: "true" } } } },
  ],
  [
    "a pod waits at a gate",
    "pods",
    named({ schedulingGates: [{ name: "own" }] }),
    { schedulingGates: [{ name: "own" }, { name: label }] },
  ],
  [
    "an autoscaler that may go down to none does not",
    "horizontalpodautoscalers.autoscaling",
    named({ minReplicas: 0 }),
    { minReplicas: 1 },
  ],
  [
    "another autoscaler stays as it is",
    "horizontalpodautoscalers.autoscaling",
    named({ minReplicas: 2 }),
    undefined,
  ],
  [
    "a load balancer is inside only",
    "services",
    named({
      type: "LoadBalancer",
      loadBalancerClass: "c",
      externalTrafficPolicy: "Local",
      healthCheckNodePort: 30001,
      ports: [{ port: 80, nodePort: 30002 }, { port: 81 }],
    }),
    { type: "ClusterIP", ports: [{ port: 80 }, { port: 81 }] },
  ],
  [
    "another Service stays as it is",
    "services",
    named({ type: "NodePort", ports: [{ port: 80, nodePort: 30002 }] }),
    undefined,
  ],
  [
    "an Ingress has a class of nobody",
    "ingresses.networking.k8s.io",
    named({ ingressClassName: "nginx" }),
    { ingressClassName: "ark-ts-passive" },
  ],
  ["a ConfigMap stays as it is", "configmaps", named({ replicas: 3 }), undefined],
  ["a custom resource stays as it is", "rollouts.argoproj.io", named({ replicas: 3 }), undefined],
];

function live(object: JsonObject): JsonObject {
  const seen = withValue(object, ["metadata", "uid"], "u1");
  return withValue(seen, ["metadata", "resourceVersion"], "7");
}

describe("makePassive()", () => {
  for (const [title, resource, object, spec] of cases) {
    it(title, () => {
      const passive = makePassive(object, resource);
      assert.deepEqual(passive?.["spec"], spec);
      assert.equal(isPassive(passive), spec !== undefined);
    });
  }

  it("uses the old annotation of an Ingress that has it: both at once are refused", () => {
    const annotated = named({}, { annotations: { "kubernetes.io/ingress.class": "nginx" } });
    const passive = makePassive(annotated, "ingresses.networking.k8s.io");
    assert.deepEqual(passive?.["spec"], {});
    assert.equal(
      textAt(passive, ["metadata", "annotations", "kubernetes.io/ingress.class"]),
      "ark-ts-passive",
    );
  });

  it("leaves one that is passive already as it is, with its first originals", () => {
    const passive = makePassive(named({ replicas: 3 }), "deployments.apps") as JsonObject;
    assert.equal(makePassive(passive, "deployments.apps"), passive);
  });

  it("has a case for each kind", () => {
    const tested = cases
      .filter(([, , , spec]) => spec !== undefined)
      .map(([, resource]) => resource);
    assert.deepEqual([...new Set(tested)].sort(), [...passiveKinds].sort());
  });
});

describe("activation()", () => {
  for (const [title, resource, object, spec] of cases) {
    if (spec === undefined) continue;
    it(`puts back what it was before: ${title}`, () => {
      const passive = makePassive(object, resource) as JsonObject;
      const step = activation(live(passive), resource);
      assert.equal(step.kind, "patch");
      if (step.kind !== "patch") return;
      assert.deepEqual(step.kept, []);
      const back = applyMergePatch(live(passive), step.patch);
      assert.deepEqual(without(back, ["metadata", "annotations"]), live(object));
      assert.deepEqual(activation(back, resource), { kind: "active" });
    });
  }

  it("leaves what somebody has changed since, and what they have added", () => {
    const object = named({ template: { spec: {} }, replicas: 3 });
    const daemons = makePassive(object, "daemonsets.apps") as JsonObject;
    const changed = live(
      withValue(daemons, ["spec", "template", "spec", "nodeSelector", "own"], "1"),
    );
    const step = activation(changed, "daemonsets.apps");
    assert.ok(step.kind === "patch");
    const back = applyMergePatch(changed, step.patch);
    assert.deepEqual(back["spec"], {
      template: { spec: { nodeSelector: { own: "1" } } },
      replicas: 3,
    });

    const workload = makePassive(object, "deployments.apps") as JsonObject;
    const scaled = activation(
      live(withValue(workload, ["spec", "replicas"], 1)),
      "deployments.apps",
    );
    assert.ok(scaled.kind === "patch");
    assert.deepEqual(scaled.kept, ["spec.replicas"]);
    assert.deepEqual([step.isMarkOnly, scaled.isMarkOnly], [false, true]);
    assert.equal("spec" in scaled.patch, false);
  });

  for (const [title, resource, object, spec] of cases) {
    if (spec === undefined) continue;
    it(`tells what is at rest without its annotation: ${title}`, () => {
      const passive = makePassive(object, resource) as JsonObject;
      const unmarked = withoutAll(live(passive), [
        ["metadata", "annotations", annotations.passive],
      ]);
      assert.deepEqual(activation(unmarked, resource), { kind: "unmarked" });
    });
  }

  it("names the object just as it was read, so that no other is written", () => {
    const step = activation(
      live(makePassive(named({ replicas: 3 }), "deployments.apps") as JsonObject),
      "deployments.apps",
    );
    assert.ok(step.kind === "patch");
    assert.deepEqual(step.patch["metadata"], {
      annotations: { [annotations.passive]: null },
      uid: "u1",
      resourceVersion: "7",
    });
  });

  it("touches nothing whose originals cannot be read", () => {
    for (const text of ["{", "[]", '{"is":1,"was":{}}']) {
      const object = named({}, { annotations: { [annotations.passive]: text } });
      assert.deepEqual(activation(object, "deployments.apps"), { kind: "unreadable" });
    }
  });
});
