import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { objectSchema } from "../../../../src/api/custom-resource.ts";
import type { SchemaNode } from "../../../../src/api/schema.ts";
import { veleroKinds } from "../../../../src/api/velero-kinds.ts";
import { type LiveSchema, widenSchema } from "../../../../src/domain/definitions/widen-schema.ts";

const text = { type: "string" };
const object = (properties: LiveSchema, more: LiveSchema = {}): LiveSchema => ({
  type: "object",
  properties,
  ...more,
});

interface Case {
  readonly live: LiveSchema;
  readonly wanted: LiveSchema;
  readonly schema: LiveSchema;
  readonly gains: readonly string[];
}

const cases: Readonly<Record<string, Case>> = {
  "a field that is missing is added as it is": {
    live: object({ a: text }),
    wanted: object({ a: text, b: { ...text, description: "ours" } }),
    schema: object({ a: text, b: { ...text, description: "ours" } }),
    gains: ["b"],
  },
  "a field deep below": {
    live: object({ spec: object({ hooks: { type: "array", items: object({}) } }) }),
    wanted: object({ spec: object({ hooks: { type: "array", items: object({ name: text }) } }) }),
    schema: object({ spec: object({ hooks: { type: "array", items: object({ name: text }) } }) }),
    gains: ["spec.hooks[].name"],
  },
  "values of an enum, and the live one's stay": {
    live: object({ phase: { ...text, enum: ["New", "Newer"] } }),
    wanted: object({ phase: { ...text, enum: ["New", "Old"] } }),
    schema: object({ phase: { ...text, enum: ["New", "Newer", "Old"] } }),
    gains: ['phase: "Old"'],
  },
  "an enum where ours has none": {
    live: object({ kind: { ...text, enum: ["a"] } }),
    wanted: object({ kind: text }),
    schema: object({ kind: text }),
    gains: ["kind with any value"],
  },
  null: {
    live: object({ a: text }),
    wanted: object({ a: { ...text, nullable: true } }),
    schema: object({ a: { ...text, nullable: true } }),
    gains: ["a: null"],
  },
  "what only the live one requires": {
    live: object({ a: text, b: text }, { required: ["a", "b"] }),
    wanted: object({ a: text, b: text }, { required: ["b"] }),
    schema: object({ a: text, b: text }, { required: ["b"] }),
    gains: ["without a"],
  },
  "shorter lists, texts without format, unknown fields": {
    live: object({
      a: { type: "array", items: text, minItems: 2 },
      b: { ...text, format: "byte" },
    }),
    wanted: object({
      a: { type: "array", items: text, "x-kubernetes-preserve-unknown-fields": true },
      b: text,
    }),
    schema: object({
      a: { type: "array", items: text, "x-kubernetes-preserve-unknown-fields": true },
      b: text,
    }),
    gains: ["a with 0 items", "a with any field", "b not as byte"],
  },
  "a map's values": {
    live: object({ m: { type: "object" } }),
    wanted: object({ m: { type: "object", additionalProperties: text } }),
    schema: object({ m: { type: "object", additionalProperties: text } }),
    gains: ["m.*"],
  },
};

describe("widenSchema()", () => {
  for (const [name, { live, wanted, schema, gains }] of Object.entries(cases)) {
    it(`gains ${name}`, () => {
      const widened = widenSchema(live, wanted, "");
      assert.deepEqual(widened, { schema, gains, conflicts: [] });
      assert.deepEqual(widenSchema(widened.schema, wanted, "").gains, [], "once is enough");
    });
  }

  it("leaves what allows more as it is, to the same object", () => {
    const wanted = object({ a: { ...text, enum: ["x"], minItems: 1 } }, { required: ["a"] });
    const live = object({ a: { ...text, nullable: true, pattern: "^x" }, more: text });
    const widened = widenSchema(live, wanted, "");
    assert.equal(widened.schema, live);
    assert.deepEqual([widened.gains, widened.conflicts], [[], []]);
  });

  it("adds no field where unknown ones are kept anyway", () => {
    const live = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
    assert.equal(widenSchema(live, object({ a: text }), "").schema, live);
  });

  it("names what cannot be both", () => {
    const conflict = (live: LiveSchema, wanted: LiveSchema) =>
      widenSchema(object({ a: live }), object({ a: wanted }), "").conflicts;
    assert.deepEqual(conflict({ type: "integer" }, text), ["a is of type integer, not string"]);
    const map = { type: "object", additionalProperties: text };
    assert.deepEqual(conflict(map, object({ b: text })), ["a is a map with keys of any name"]);
    assert.deepEqual(conflict(object({ b: text }), map), [
      "a has fields of its own, and is no map",
    ]);
  });

  it("brings back every trait that was taken from one of our kinds, and only that", () => {
    for (const resource of veleroKinds) {
      const whole = objectSchema(resource) as unknown as LiveSchema;
      const expected = sorted(whole);
      for (const [what, poorer] of poorerOnes(whole)) {
        const widened = widenSchema(poorer, whole, "");
        assert.equal(widened.gains.length, 1, `${resource.kind} ${what}: ${widened.gains}`);
        assert.deepEqual(sorted(widened.schema), expected, `${resource.kind} ${what}`);
      }
    }
  });
});

/** The schema with one field, one value of an enum or one null less, for each that it has. */
function* poorerOnes(schema: LiveSchema, at = ""): Generator<readonly [string, LiveSchema]> {
  const { properties, items, nullable, enum: values } = schema as unknown as SchemaNode;
  if (nullable) yield [`${at} null`, less(schema, "nullable")];
  for (const value of values ?? []) {
    const fewer = values?.filter((one) => one !== value);
    yield [`${at} ${value}`, { ...schema, enum: fewer }];
  }
  if (items !== undefined) {
    for (const [what, one] of poorerOnes(items as unknown as LiveSchema, `${at}[]`)) {
      yield [what, { ...schema, items: one }];
    }
  }
  for (const [name, field] of Object.entries(properties ?? {})) {
    yield [`${at}.${name}`, { ...schema, properties: less(properties ?? {}, name) }];
    for (const [what, one] of poorerOnes(field as unknown as LiveSchema, `${at}.${name}`)) {
      yield [what, { ...schema, properties: { ...properties, [name]: one } }];
    }
  }
}

function less(from: LiveSchema, key: string): LiveSchema {
  return Object.fromEntries(Object.entries(from).filter(([name]) => name !== key));
}

/** As the order of fields and of values says nothing. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.every((one) => typeof one === "string") ? [...value].sort() : value.map(sorted);
  }
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, one]) => [key, sorted(one)]));
}
