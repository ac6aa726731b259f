import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { diffFields, diffObjects } from "../../../../src/domain/diff/diff-objects.ts";
import { noiseRules, withoutNoise } from "../../../../src/domain/diff/noise.ts";
import { equalJson } from "../../../../src/lib/json-equal.ts";
import { isJsonObject, type JsonObject, parseJson } from "../../../../src/lib/json-text.ts";
import { kubeObjectText } from "../../../support/arbitrary-json.ts";

const paths = (resource: string, before: object, after: object): string[] =>
  diffObjects(resource, before as JsonObject, after as JsonObject).map(({ path }) => path);

const pod = (spec: object, metadata: object = {}): object => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", namespace: "shop", ...metadata },
  spec: { containers: [{ name: "web", image: "a:1" }], ...spec },
});

test("a pod as it was sent equals the pod that the API server made of it", () => {
  const token = "kube-api-access-x7k2p";
  const live = pod(
    {
      containers: [
        {
          name: "web",
          image: "a:1",
          terminationMessagePath: "/dev/termination-log",
          terminationMessagePolicy: "File",
          resources: {},
          volumeMounts: [{ name: token, mountPath: "/var/run/secrets" }],
        },
      ],
      volumes: [{ name: token, projected: { defaultMode: 420, sources: [] } }],
      restartPolicy: "Always",
      dnsPolicy: "ClusterFirst",
      nodeName: "node-1",
      priority: 0,
      securityContext: {},
    },
    { uid: "u", resourceVersion: "5", managedFields: [], annotations: {} },
  );
  assert.deepEqual(paths("pods", pod({}), live), []);
  assert.deepEqual(paths("pods", pod({}), { ...live, status: { phase: "Running" } }), []);
});

test("a value beside the default of its field is told", () => {
  assert.deepEqual(paths("pods", pod({}), pod({ dnsPolicy: "Default" })), ["spec.dnsPolicy"]);
});

test("a field that one side has by default is shown with that value, not as removed", () => {
  const set = (spec: object) => ({ metadata: { name: "web" }, spec }) as unknown as JsonObject;
  const shown = (before: object, after: object) =>
    diffObjects("deployments.apps", set(before), set(after)).map(
      ({ path, change, before: was, after: is }) => [path, change, was, is],
    );
  assert.deepEqual(shown({ replicas: 3 }, { replicas: 1 }), [["spec.replicas", "changed", 3, 1]]);
  assert.deepEqual(shown({ replicas: 1 }, { replicas: 3 }), [["spec.replicas", "changed", 1, 3]]);
  assert.deepEqual(shown({ replicas: 3 }, {}), [["spec.replicas", "removed", 3, undefined]]);
  const rolling = {
    type: "RollingUpdate",
    rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" },
  };
  assert.deepEqual(shown({ strategy: { type: "Recreate" } }, { strategy: rolling }), [
    ["spec.strategy.type", "changed", "Recreate", "RollingUpdate"],
    ["spec.strategy.rollingUpdate", "added", undefined, rolling.rollingUpdate],
  ]);
});

test("an owner that was made anew is the same owner, another one is not", () => {
  const owned = (name: string, uid: string): object =>
    pod({}, { ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name, uid }] });
  assert.deepEqual(paths("pods", owned("web", "u1"), owned("web", "u2")), []);
  assert.deepEqual(paths("pods", owned("web", "u1"), owned("api", "u1")), [
    "metadata.ownerReferences[kind=ReplicaSet,name=web]",
    "metadata.ownerReferences[kind=ReplicaSet,name=api]",
  ]);
});

test("an address of a Service is noise, a headless one is not", () => {
  const service = (clusterIP: string): object => ({ spec: { clusterIP, ports: [] } });
  assert.deepEqual(paths("services", service("10.0.0.1"), service("10.0.0.2")), []);
  assert.deepEqual(paths("services", service("10.0.0.1"), service("None")), ["spec.clusterIP"]);
});

test("the last applied configuration is noise in a comparison, and part of a patch", () => {
  const applied = (text: string): JsonObject => ({
    metadata: { annotations: { "kubectl.kubernetes.io/last-applied-configuration": text } },
  });
  assert.deepEqual(paths("configmaps", applied("{}"), applied('{"a":1}')), []);
  const changes = diffFields("configmaps", applied("{}"), applied('{"a":1}'));
  assert.equal(changes[0]?.after, '{"a":1}');
});

test("a Secret's values are told as changed, added or equal, and never shown", () => {
  const before = { data: { same: "c2FtZQ==", password: "b2xkb2xk", gone: "Z29uZQ==" } };
  const after = { data: { same: "c2FtZQ==", password: "bmV3bmV3", fresh: "ZnJlc2g=" } };
  assert.deepEqual(diffObjects("secrets", before, after), [
    {
      path: "data.password",
      change: "changed",
      before: "(hidden, before)",
      after: "(hidden, after)",
      masked: true,
    },
    { path: "data.gone", change: "removed", before: "(hidden)", masked: true },
    { path: "data.fresh", change: "added", after: "(hidden)", masked: true },
  ]);
});

const secretValue = fc.stringMatching(/^planted[a-z0-9]{8}$/);
const secretData = fc.oneof(
  secretValue,
  fc.dictionary(fc.constantFrom("a", "b", "c"), secretValue, { maxKeys: 3 }),
  fc.constant(undefined),
);
const secret = fc
  .record({ data: secretData, stringData: secretData, applied: fc.option(secretValue) })
  .map(({ applied, ...parts }): JsonObject => {
    const annotations =
      applied === null ? {} : { "kubectl.kubernetes.io/last-applied-configuration": applied };
    return JSON.parse(JSON.stringify({ ...parts, metadata: { annotations } }));
  });

test("property: no change of a Secret holds a value of it, and masking hides no difference", () => {
  fc.assert(
    fc.property(secret, secret, (before, after) => {
      const changes = diffFields("secrets", before, after);
      assert.doesNotMatch(JSON.stringify(changes), /planted/);
      assert.equal(changes.length === 0, equalJson(before, after));
    }),
  );
});

const kinds = [
  "pods",
  "secrets",
  "services",
  "jobs.batch",
  "deployments.apps",
  "namespaces",
  "x.y",
];

function objectOf(text: string): JsonObject {
  const value = parseJson(text);
  assert.ok(isJsonObject(value));
  return value;
}

test("property: the answer is empty exactly when the two are equal modulo noise", () => {
  fc.assert(
    fc.property(kubeObjectText, kubeObjectText, fc.constantFrom(...kinds), (a, b, resource) => {
      const [left, right] = [objectOf(a), objectOf(b)];
      const isEqual = equalJson(withoutNoise(resource, left), withoutNoise(resource, right));
      assert.equal(diffObjects(resource, left, right).length === 0, isEqual);
    }),
  );
});

test("property: stripping noise twice is stripping it once, whatever the object", () => {
  fc.assert(
    fc.property(kubeObjectText, fc.constantFrom(...kinds), (text, resource) => {
      const once = withoutNoise(resource, objectOf(text));
      assert.equal(withoutNoise(resource, once), once);
    }),
  );
});

test("each rule says what it ignores and why", () => {
  for (const { name, what, why } of noiseRules) {
    assert.ok(name !== "" && what !== "" && why !== "", name);
  }
  assert.equal(new Set(noiseRules.map(({ name }) => name)).size, noiseRules.length);
});
