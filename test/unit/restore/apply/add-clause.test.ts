import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ArkError } from "../../../../src/lib/errors.ts";
import { ApiError } from "../../../../src/ports/cluster.ts";
import { addClause, refusalSentence } from "../../../../src/restore/apply/add-clause.ts";

const refusal = (serverMessage: string): ApiError =>
  new ApiError(
    "ARK_API_INVALID",
    `the API server refused pods "a": ${serverMessage || "no reason given"}`,
    { status: 422, reason: "Invalid", serverMessage, causes: [] },
    { answer: "422", advice: "look at it" },
  );

const value = JSON.stringify({ template: "x".repeat(100) });
const comparison = '\n  core.PodSpec{\n- \tNodeName: "a",\n+ \tNodeName: "b",\n  }';

describe("refusalSentence()", () => {
  it("cuts what the API server prints and nothing of what is added, however that reads", () => {
    const clause =
      `; the former object could not be put back either: spec.ports: Invalid value: ${value}: it is taken\n` +
      `- \tby this:\n+ \tand that{`;
    const told = addClause(refusal(`spec: Invalid value: ${value}: field is immutable`), clause);
    const { said, short } = refusalSentence(told);
    assert.equal(said, `spec: Invalid value: ${value}: field is immutable${clause}`);
    assert.equal(short, `spec: field is immutable${clause}`);
  });

  it("keeps a clause behind a comparison that ends in mid-line", () => {
    const told = addClause(
      refusal(`spec: Forbidden: it is immutable${comparison}`),
      "; so it was not deleted, and is as it was",
    );
    const expected = "spec: Forbidden: it is immutable; so it was not deleted, and is as it was";
    assert.equal(refusalSentence(told).short, expected);
  });

  it("takes our own sentence where the API server gave none, with each clause once", () => {
    const told = addClause(addClause(refusal(""), "; one"), "; two", "do that");
    const whole = 'the API server refused pods "a": no reason given; one; two';
    assert.deepEqual(refusalSentence(told), { said: whole, short: whole });
    assert.equal(told.message, whole);
    const plain = addClause(new ArkError("ARK_API_GONE", "it is gone"), "; and that");
    assert.equal(refusalSentence(plain).short, "it is gone; and that");
  });
});

describe("addClause()", () => {
  it("leaves code, answer and the server's own words as they are, and advice unless it has one", () => {
    const first = refusal("denied");
    const told = addClause(first, "; a");
    assert.ok(told instanceof ApiError);
    assert.deepEqual([told.code, told.answer, told.advice], [first.code, "422", "look at it"]);
    assert.equal(told.api.serverMessage, "denied");
    assert.equal(addClause(told, "; b", "do that").advice, "do that");
  });
});
