import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { parseQuantity, quantityUnits } from "../../../src/api/quantity.ts";

const cases: readonly (readonly [string, bigint])[] = [
  ["0", 0n],
  ["10", 10n * quantityUnits],
  ["1Ki", 1024n * quantityUnits],
  ["1k", 1000n * quantityUnits],
  ["10Gi", 10n * 2n ** 30n * quantityUnits],
  ["1.5Gi", 3n * 2n ** 29n * quantityUnits],
  ["100m", quantityUnits / 10n],
  ["1e3", 1000n * quantityUnits],
  ["1E3", 1000n * quantityUnits],
  ["1E", 10n ** 18n * quantityUnits],
  ["12e-3", (12n * quantityUnits) / 1000n],
  [".5", quantityUnits / 2n],
  ["5.", 5n * quantityUnits],
  ["+5", 5n * quantityUnits],
  ["-5", -5n * quantityUnits],
  ["1.0000000001n", 2n],
  ["20Ei", (2n ** 63n - 1n) * quantityUnits],
  ["1e999", (2n ** 63n - 1n) * quantityUnits],
];

describe("parseQuantity()", () => {
  for (const [text, expected] of cases) {
    it(`reads ${text}`, () => assert.equal(parseQuantity(text), expected));
  }

  for (const text of ["", "Gi", ".", "1 Gi", " 1", "1gi", "1K", "0x10", "1e", "1Gi5", "-", "１"]) {
    it(`does not take ${JSON.stringify(text)} for one`, () =>
      assert.equal(parseQuantity(text), undefined));
  }

  it("keeps the order of whole numbers in every suffix", () => {
    const suffix = fc.constantFrom("", "k", "M", "G", "T", "Ki", "Mi", "Gi", "Ti");
    fc.assert(
      fc.property(fc.nat(9_000), fc.nat(9_000), suffix, (a, b, unit) => {
        const [x, y] = [parseQuantity(`${a}${unit}`)!, parseQuantity(`${b}${unit}`)!];
        assert.equal(x < y, a < b);
        assert.equal(x === y, a === b);
      }),
    );
  });
});
