import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { applyStrategicPatch } from "../../../../../src/domain/restore/modifiers/strategic-patch.ts";
import {
  schemaOf,
  typeOfKind,
} from "../../../../../src/domain/restore/modifiers/strategic-schema.ts";
import type { JsonObject } from "../../../../../src/lib/json-text.ts";

const pod = (spec: JsonObject): JsonObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "p" },
  spec,
});
const before = pod({
  containers: [
    { name: "a", image: "a:1" },
    { name: "b", image: "b:1" },
  ],
  nodeSelector: { x: "1" },
});

describe("applyStrategicPatch()", () => {
  it("merges lists by the key of their kind, and free keys by themselves", () => {
    const patch = { spec: { containers: [{ name: "b", image: "b:2" }], nodeSelector: { y: "2" } } };
    assert.deepEqual(applyStrategicPatch(before, patch), {
      object: pod({
        containers: [
          { name: "a", image: "a:1" },
          { name: "b", image: "b:2" },
        ],
        nodeSelector: { x: "1", y: "2" },
      }),
    });
  });

  const refused: readonly (readonly [string, JsonObject, RegExp])[] = [
    [
      "a field that the kind has not",
      { spec: { replicas: 3 } },
      /at spec\.replicas is a field that the kind has not/,
    ],
    [
      "such a field in what is new",
      { spec: { affinity: { node: {} } } },
      /at spec\.affinity\.node is a field/,
    ],
    [
      "such a field in an element",
      { spec: { containers: [{ name: "a", img: "x" }] } },
      /at spec\.containers\.img is a field/,
    ],
    [
      "an element without the key of its list",
      { spec: { containers: [{ image: "x" }] } },
      /has an element without name/,
    ],
    ["a directive that is not known", { spec: { $patch: "merge" } }, /has \$patch: "merge"/],
    [
      "keys beside those to be kept",
      { spec: { $retainKeys: ["containers"], dnsPolicy: "None" } },
      /has dnsPolicy, which its \$retainKeys does not name/,
    ],
  ];
  for (const [title, patch, problem] of refused) {
    it(`refuses ${title}`, () => {
      const result = applyStrategicPatch(before, patch);
      assert.match("problem" in result ? result.problem : "", problem);
    });
  }

  it("refuses kinds that are not built in", () => {
    const custom = { ...before, apiVersion: "example.io/v1", kind: "Widget" };
    const result = applyStrategicPatch(custom, {});
    assert.match("problem" in result ? result.problem : "", /is no built-in kind/);
  });
});

describe("the table of types", () => {
  it("names no type that it has not", () => {
    const seen = new Set<string>();
    const walk = (type: string): void => {
      if (seen.has(type)) return;
      seen.add(type);
      const schema = schemaOf(type);
      assert.ok(schema, type);
      for (const field of schema.values()) if (field.type !== undefined) walk(field.type);
    };
    for (const [version, kind] of [
      ["v1", "Pod"],
      ["apps/v1", "Deployment"],
      ["batch/v1", "CronJob"],
      ["networking.k8s.io/v1", "Ingress"],
      ["v1", "PersistentVolume"],
    ]) {
      walk(typeOfKind(version as string, kind as string) as string);
    }
    assert.ok(seen.size > 100);
  });
});
