import assert from "node:assert/strict";
import test from "node:test";
import {
  adviceToRecreate,
  fixedFields,
  saysFixed,
} from "../../../../src/domain/restore/fixed-fields.ts";

test("names the fields that an update cannot change, and no others of the same beginning", () => {
  const bindings = "rolebindings.rbac.authorization.k8s.io";
  assert.deepEqual(fixedFields(bindings, {}, ["roleRef.name", "roleRefs", "subjects"]), [
    "roleRef.name",
  ]);
  assert.deepEqual(
    fixedFields("pods", {}, [
      "metadata.labels.a",
      "spec.containers[name=c].image",
      "spec.initContainers[name=i].image",
      "spec.containers[name=c].env",
      "spec.tolerations",
    ]),
    ["spec.containers[name=c].env"],
  );
});

test("the content of a ConfigMap is fixed where the live one is immutable", () => {
  assert.deepEqual(fixedFields("configmaps", { immutable: true }, ["data.a", "metadata.labels"]), [
    "data.a",
  ]);
  assert.deepEqual(fixedFields("configmaps", {}, ["data.a"]), []);
});

test("the API server's words for a fixed field are known, and not for a wrong value", () => {
  for (const words of [
    'ConfigMap "a" is invalid: data: Forbidden: field is immutable when `immutable` is set',
    "roleRef: Invalid value: ...: cannot change roleRef",
    "spec.clusterIPs[0]: Invalid value: []string(nil): may not change once set",
    "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`",
    "spec: Forbidden: updates to statefulset spec for fields other than 'replicas' are forbidden",
    "parameters: Forbidden: updates to parameters are forbidden.",
    "value: Forbidden: may not be changed in an update.",
  ]) {
    assert.ok(saysFixed(words), words);
  }
  assert.equal(saysFixed("spec.replicas: Invalid value: -1: must be at least 0"), false);
});

test("an object that is restored alone need not be chosen", () => {
  const term = "statefulsets.apps/shop/db";
  assert.equal(
    adviceToRecreate("statefulsets.apps", term, true),
    "to delete and make it anew: --existing-resource-policy recreate",
  );
  assert.match(
    adviceToRecreate("statefulsets.apps", term),
    /--include-objects statefulsets\.apps\//,
  );
});

test("a protected object is named by its flag, with what goes with it", () => {
  assert.match(
    adviceToRecreate("persistentvolumeclaims", "persistentvolumeclaims/shop/data"),
    /^the data behind a claim may go with it; .*--recreate-objects persistentvolumeclaims\/shop\/data$/,
  );
});
