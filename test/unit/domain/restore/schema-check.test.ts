import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { listsDryRun, schemaOfKind } from "../../../../src/domain/restore/open-api-schemas.ts";
import { schemaProblems } from "../../../../src/domain/restore/schema-check.ts";
import type { JsonObject } from "../../../../src/lib/json-text.ts";

const spec: JsonObject = {
  type: "object",
  required: ["size", "mode"],
  properties: {
    size: { type: "integer", minimum: 1 },
    mode: { type: "string", enum: ["a", "b"], default: "a" },
    port: { "x-kubernetes-int-or-string": true },
    tags: { type: "array", maxItems: 2, items: { type: "string" } },
    labels: { type: "object", additionalProperties: { type: "string" } },
  },
};
const schema: JsonObject = {
  type: "object",
  properties: { spec: { allOf: [{ $ref: "#/components/schemas/Spec" }] } },
};
const lookup = (reference: string) => (reference.endsWith("/Spec") ? spec : undefined);
const problems = (value: JsonObject) => schemaProblems({ spec: value }, schema, lookup);

describe("schemaProblems()", () => {
  it("finds nothing wrong with what is allowed, nor with fields it does not know", () => {
    const value = { size: 3, mode: "b", port: "http", tags: ["x"], labels: { a: "b" }, more: [1] };
    assert.deepEqual(problems(value), []);
    assert.deepEqual(problems({ size: 3, port: 80 }), [], "a default fills what is required");
  });

  it("takes null for an empty list of a kind of the API server's own, and of no other", () => {
    const range: JsonObject = {
      type: "object",
      required: ["limits"],
      properties: { limits: { type: "array", items: { type: "object" } } },
    };
    const of = (value: JsonObject, builtIn: boolean) =>
      schemaProblems(value, range, () => undefined, { builtIn });
    assert.deepEqual(of({ limits: null }, true), []);
    assert.deepEqual(of({ limits: null }, false), ["limits is missing"]);
    assert.deepEqual(of({}, true), ["limits is missing"]);
  });

  it("names the field and what is wrong with it", () => {
    const value = { size: "3", mode: "c", port: true, tags: ["x", 1, "z"], labels: { a: 1 } };
    assert.deepEqual(problems(value), [
      "spec.size is text, not a number",
      'spec.mode is "c", not one of "a", "b"',
      "spec.port is true or false, not a number or text",
      "spec.tags has 3 elements, at most 2 are allowed",
      "spec.tags[1] is a number, not text",
      "spec.labels.a is a number, not text",
    ]);
    assert.deepEqual(problems({}), ["spec.size is missing"]);
    assert.deepEqual(problems({ size: 0 }), ["spec.size is 0, below 1"]);
  });
});

describe("documents of OpenAPI", () => {
  const kind = { group: "x.io", version: "v1", kind: "Thing" };
  it("give the schema of a kind by its group, version and kind", () => {
    const named = { "x-kubernetes-group-version-kind": [kind], type: "object" };
    const document = { components: { schemas: { other: {}, named } } };
    assert.equal(schemaOfKind(document, kind)?.schema, named);
    assert.equal(schemaOfKind(document, { ...kind, version: "v2" }), undefined);
    assert.equal(schemaOfKind(undefined, kind), undefined);
  });

  it("say whether a create takes dryRun", () => {
    const served = {
      ...{ ...kind, resource: "things", namespaced: true, verbs: [], subresources: [] },
      ...{ singular: "thing", shortNames: [], categories: [] },
    } as unknown as Parameters<typeof listsDryRun>[1];
    const path = "/apis/x.io/v1/namespaces/{namespace}/things";
    const document = (parameters: readonly object[]) => ({
      paths: { [path]: { post: { parameters } } },
    });
    assert.equal(listsDryRun(document([{ name: "dryRun", in: "query" }]), served), true);
    assert.equal(listsDryRun(document([{ name: "fieldManager" }]), served), false);
    assert.equal(listsDryRun(undefined, served), false);
  });
});
