import assert from "node:assert/strict";
import test from "node:test";
import { diffValues } from "../../../../src/domain/diff/diff-values.ts";
import { attributeChanges } from "../../../../src/domain/restore/attribute-change.ts";
import type { JsonObject } from "../../../../src/lib/json-text.ts";

const entry = (manager: string, fieldsV1: object, rest: object = {}): JsonObject => ({
  manager,
  operation: "Update",
  time: "2026-01-02T03:04:05Z",
  fieldsV1: fieldsV1 as JsonObject,
  ...rest,
});

const containers = (fields: object): object => ({
  "f:spec": { "f:containers": { 'k:{"name":"web"}': { ".": {}, ...fields } } },
});

function whoMade(
  before: object,
  after: object,
  managedFields: readonly JsonObject[],
  given: {
    restored?: readonly JsonObject[];
    webhooks?: readonly string[];
    borrowed?: string;
  } = {},
): string[] {
  const metadata = { creationTimestamp: "2026-01-02T03:04:05Z", managedFields };
  const live = { ...after, metadata } as JsonObject;
  const changes = diffValues(before as JsonObject, after as JsonObject);
  return attributeChanges(changes, {
    live,
    ownManagers: ["ark-ts", given.borrowed ?? "ark-ts"],
    restored: given.restored ?? [],
    webhooks: given.webhooks ?? [],
  }).map(({ by, who }, at) => [changes[at]?.path, by, ...who].join(" "));
}

const web = (rest: object): object => ({ spec: { containers: [{ name: "web", ...rest }] } });

test("a field that a later writer owns is that writer's, also inside a named element", () => {
  const managed = [
    entry("ark-ts", containers({ "f:image": {} })),
    entry("keel", containers({ "f:image": {} })),
  ];
  assert.deepEqual(whoMade(web({ image: "a" }), web({ image: "b" }), managed), [
    "spec.containers[name=web].image writer keel",
  ]);
});

test("a writer through a subresource is named with it", () => {
  const scale = entry("hpa", { "f:spec": { "f:replicas": {} } }, { subresource: "scale" });
  assert.deepEqual(whoMade({ spec: { replicas: 1 } }, { spec: { replicas: 3 } }, [scale]), [
    "spec.replicas writer hpa (scale)",
  ]);
});

test("an owner that the restore put back has not written since", () => {
  const former = entry("helm", { "f:data": { "f:mode": {} } });
  const [before, after] = [{ data: { mode: "a" } }, { data: { mode: "b" } }];
  assert.deepEqual(whoMade(before, after, [former], { restored: [former] }), [
    "data.mode api-server",
  ]);
  const since = { ...former, time: "2026-01-02T03:05:00Z" };
  assert.deepEqual(whoMade(before, after, [since], { restored: [former] }), [
    "data.mode writer helm",
  ]);
});

test("what nobody owns is of the webhooks that were asked, else of the API server", () => {
  const ours = entry("ark-ts", { "f:data": { "f:mode": {} } });
  const [before, after] = [{ data: {} }, { data: { mode: "b" } }];
  assert.deepEqual(whoMade(before, after, [ours]), ["data.mode api-server"]);
  assert.deepEqual(whoMade(before, after, [ours], { webhooks: ["x of y", "z of y"] }), [
    "data.mode webhook x of y z of y",
  ]);
});

test("a whole map that was added belongs to who owns a part of it", () => {
  const owner = entry("tagger", { "f:metadata": { "f:labels": { ".": {}, "f:a.b/c": {} } } });
  assert.deepEqual(
    whoMade({ metadata: {} }, { metadata: { labels: { "a.b/c": "1" } } }, [owner]).slice(0, 1),
    ["metadata.labels writer tagger"],
  );
});

test("a name that another one begins with is not it", () => {
  const owner = entry("w", { "f:data": { "f:mode2": {} } });
  assert.deepEqual(whoMade({ data: {} }, { data: { mode: "1" } }, [owner]), [
    "data.mode api-server",
  ]);
});

test("a manager under whose name the restore wrote is believed where it may have written itself", () => {
  const [before, after] = [{ data: {} }, { data: { mode: "b" } }];
  const owner = (manager: string, time: string): JsonObject =>
    entry(manager, { "f:data": { "f:mode": {} } }, { time });
  const whoOf = (manager: string, time: string): string[] =>
    whoMade(before, after, [owner(manager, time)], { borrowed: manager });
  const [atOnce, later] = ["2026-01-02T03:04:05Z", "2026-01-02T03:04:06Z"];
  assert.deepEqual(whoOf("kube-controller-manager", atOnce), [
    "data.mode writer kube-controller-manager",
  ]);
  assert.deepEqual(whoOf("kubectl", atOnce), ["data.mode api-server"]);
  assert.deepEqual(whoOf("kubectl", later), ["data.mode writer kubectl"]);
});
