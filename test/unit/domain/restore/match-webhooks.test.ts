import assert from "node:assert/strict";
import test from "node:test";
import {
  matchingMutators,
  mutatorOfPolicy,
  mutatorsOfConfiguration,
} from "../../../../src/domain/restore/match-webhooks.ts";
import type { JsonObject } from "../../../../src/lib/json-text.ts";
import { kindOf } from "../../../support/kinds.ts";

const rule = {
  apiGroups: ["apps"],
  apiVersions: ["v1beta1"],
  operations: ["CREATE"],
  resources: ["deployments"],
};

const named = (
  webhook: object,
  {
    labels = {},
    namespaceLabels = { team: "a" },
    kind = "deployments.apps",
  }: {
    labels?: Record<string, string>;
    namespaceLabels?: Record<string, string>;
    kind?: string;
  } = {},
): readonly string[] => {
  const configuration = { metadata: { name: "conf" }, webhooks: [{ name: "w", ...webhook }] };
  return matchingMutators(mutatorsOfConfiguration(configuration as unknown as JsonObject), {
    kind: kindOf(kind, { kind: "K" }),
    labels,
    namespaceLabels,
  });
};

test("a webhook is asked about the kinds of its rules, in every version unless it is exact", () => {
  assert.deepEqual(named({ rules: [rule] }), ["w of conf"]);
  assert.deepEqual(named({ rules: [rule] }, { kind: "statefulsets.apps" }), []);
  assert.deepEqual(named({ rules: [rule], matchPolicy: "Exact" }), []);
  assert.deepEqual(named({ rules: [{ ...rule, operations: ["DELETE"] }] }), []);
  assert.deepEqual(named({ rules: [{ ...rule, resources: ["*"], apiGroups: ["*"] }] }), [
    "w of conf",
  ]);
  assert.deepEqual(named({ rules: [{ ...rule, scope: "Cluster" }] }), []);
});

test("selectors of namespaces and objects rule a webhook out", () => {
  const namespaceSelector = { matchLabels: { team: "b" } };
  assert.deepEqual(named({ rules: [rule], namespaceSelector }), []);
  assert.deepEqual(
    named({ rules: [rule], namespaceSelector }, { namespaceLabels: { team: "b" } }),
    ["w of conf"],
  );
  const objectSelector = { matchExpressions: [{ key: "inject", operator: "Exists" }] };
  assert.deepEqual(named({ rules: [rule], objectSelector }), []);
  assert.deepEqual(named({ rules: [rule], objectSelector }, { labels: { inject: "1" } }), [
    "w of conf",
  ]);
});

test("a mutating policy is named as such", () => {
  const policy = { metadata: { name: "p" }, spec: { matchConstraints: { resourceRules: [rule] } } };
  const names = matchingMutators([mutatorOfPolicy(policy as unknown as JsonObject)], {
    kind: kindOf("deployments.apps", { kind: "K" }),
    labels: {},
    namespaceLabels: undefined,
  });
  assert.deepEqual(names, ["policy p"]);
});
