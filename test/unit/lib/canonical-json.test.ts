import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { canonicalJson } from "../../../src/lib/canonical-json.ts";
import { equalJson } from "../../../src/lib/json-equal.ts";
import { parseJson } from "../../../src/lib/json-text.ts";
import { valueText } from "../../support/arbitrary-json.ts";

const canonical = (text: string): string => canonicalJson(parseJson(text));

test("key order, absent and null members and the notation of numbers do not matter", () => {
  assert.equal(canonical('{"a":1.0,"b":null,"c":[1e2]}'), canonical('{"c":[100],"a":1}'));
  assert.notEqual(canonical('{"a":9007199254740993}'), canonical('{"a":9007199254740992}'));
  assert.notEqual(canonical('{"a":"1"}'), canonical('{"a":1}'));
  assert.notEqual(canonical("[null]"), canonical("[]"));
});

test("property: the texts are equal exactly when the values are", () => {
  fc.assert(
    fc.property(valueText, valueText, (a, b) => {
      assert.equal(canonical(a) === canonical(b), equalJson(parseJson(a), parseJson(b)));
    }),
  );
});
