import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { readRawObject } from "../../../src/api/read-raw-object.ts";
import { normalSha256, sha256 } from "../../../src/format/normal-form.ts";

describe("normalSha256()", () => {
  it("hashes the bytes without the volatile ranges, small and large", () => {
    const ranges = fc
      .uniqueArray(fc.nat({ max: 200_000 }), { maxLength: 8 })
      .map((list) => [...list].sort((a, b) => a - b))
      .map((list) => list.slice(0, list.length - (list.length % 2)));
    fc.assert(
      fc.property(fc.nat({ max: 200_000 }), ranges, (length, cuts) => {
        const bytes = Buffer.alloc(length, "abcdefg");
        const volatileRanges = cuts.map((cut) => Math.min(cut, length));
        let kept = "";
        let from = 0;
        for (let at = 0; at < volatileRanges.length; at += 2) {
          kept += bytes.toString("latin1", from, volatileRanges[at]);
          from = volatileRanges[at + 1]!;
        }
        kept += bytes.toString("latin1", from);
        assert.equal(normalSha256({ bytes, volatileRanges }), sha256(Buffer.from(kept, "latin1")));
      }),
      { numRuns: 50 },
    );
  });

  it("is the same for two states of one object that differ in what the server sets", () => {
    const object = (uid: string, status: string) =>
      readRawObject(
        Buffer.from(
          `{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a","uid":"${uid}","resourceVersion":"${uid}1"},"data":{"a":"b"},"status":${status}}`,
        ),
      );
    assert.equal(normalSha256(object("1", "{}")), normalSha256(object("22", '{"a":[1]}')));
  });
});
