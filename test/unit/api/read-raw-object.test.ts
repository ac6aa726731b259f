import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { RawObject } from "../../../src/api/raw-object.ts";
import { readRawObject } from "../../../src/api/read-raw-object.ts";
import { hasCode } from "../../../src/lib/errors.ts";
import { decodeJson } from "../../../src/lib/json-text.ts";
import { kubeObjectText } from "../../support/arbitrary-json.ts";

type Json = Record<string, unknown>;

const volatileKeys = [
  ...["uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink"],
];

function read(text: string): RawObject {
  return readRawObject(Buffer.from(text));
}

function normalised(object: RawObject): string {
  const kept: Buffer[] = [];
  let from = 0;
  for (let index = 0; index < object.volatileRanges.length; index += 2) {
    kept.push(object.bytes.subarray(from, object.volatileRanges[index]));
    from = object.volatileRanges[index + 1] as number;
  }
  kept.push(object.bytes.subarray(from));
  return Buffer.concat(kept).toString();
}

/** The same by the long way: parse, delete, keep. */
function withoutVolatile(text: string): Json {
  const object = decodeJson(text) as Json;
  delete object["status"];
  const metadata = object["metadata"];
  if (typeof metadata === "object" && metadata !== null) {
    for (const key of volatileKeys) delete (metadata as Json)[key];
  }
  return object;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

describe("readRawObject()", () => {
  it("reads name, namespace, uid, resourceVersion and labels as JSON.parse does, wherever they stand", () => {
    fc.assert(
      fc.property(kubeObjectText, (text) => {
        const object = read(text);
        const metadata = ((decodeJson(text) as Json)["metadata"] ?? {}) as Json;
        assert.equal(object.name, textOf(metadata["name"]));
        assert.equal(object.namespace, textOf(metadata["namespace"]));
        assert.equal(object.uid, textOf(metadata["uid"]));
        assert.equal(object.resourceVersion, textOf(metadata["resourceVersion"]));
        assert.deepEqual(object.labels, metadata["labels"] ?? {});
        assert.equal(object.terminating, (metadata["deletionTimestamp"] ?? null) !== null);
      }),
      { numRuns: 500 },
    );
  });

  it("gives volatile ranges whose cutting equals deleting the keys and leaves valid JSON", () => {
    fc.assert(
      fc.property(kubeObjectText, (text) => {
        assert.deepEqual(decodeJson(normalised(read(text))), withoutVolatile(text));
      }),
      { numRuns: 500 },
    );
  });

  it("gives ascending ranges that do not overlap", () => {
    fc.assert(
      fc.property(kubeObjectText, (text) => {
        const { volatileRanges: ranges, bytes } = read(text);
        assert.equal(ranges.length % 2, 0);
        let before = 0;
        for (const offset of ranges) {
          assert.ok(offset >= before);
          before = offset;
        }
        assert.ok(before <= bytes.length);
      }),
    );
  });

  it("rejects every proper prefix of an object", () => {
    fc.assert(
      fc.property(kubeObjectText, fc.nat(), (text, cut) => {
        const bytes = Buffer.from(text);
        const prefix = bytes.subarray(0, cut % bytes.length);
        assert.throws(
          () => readRawObject(prefix),
          (error) => hasCode(error, "ARK_JSON_INVALID"),
        );
      }),
    );
  });

  for (const [what, text, expected] of [
    ["the first member", '{"status":1,"a":2,"b":3}', '{"a":2,"b":3}'],
    ["a middle member", '{"a":2,"status":1,"b":3}', '{"a":2,"b":3}'],
    ["the last member", '{"a":2,"b":3,"status":1}', '{"a":2,"b":3}'],
    ["the only member", '{"status":{"a":[1]}}', "{}"],
    [
      "neighbours up to the end",
      '{"metadata":{"name":"a","uid":"u","generation":1}}',
      '{"metadata":{"name":"a"}}',
    ],
    [
      "neighbours at the front",
      '{"metadata":{"uid":"u","generation":1,"name":"a"}}',
      '{"metadata":{"name":"a"}}',
    ],
    ["all of metadata", '{"metadata":{"uid":"u","selfLink":"/"},"a":1}', '{"metadata":{},"a":1}'],
    [
      "apart members",
      '{"metadata":{"uid":"u","name":"a","selfLink":""},"a":1,"status":1}',
      '{"metadata":{"name":"a"},"a":1}',
    ],
    [
      "keys written with escapes",
      '{"metadata":{"\\u006eame":"a","u\\u0069d":"u"}}',
      '{"metadata":{"\\u006eame":"a"}}',
    ],
  ] as const) {
    it(`leaves valid compact JSON when ${what} is cut`, () => {
      assert.equal(normalised(read(text)), expected);
    });
  }

  it("leaves number spellings and nested keys of the same names alone", () => {
    const text =
      '{"spec":{"status":{"metadata":{"uid":1.0}},"n":[1e400,9007199254740993,-0]},"metadata":{"name":"a"}}';
    assert.equal(normalised(read(text)), text);
    assert.equal(read(text).uid, "");
  });

  it("lets the last of equal keys win, as JSON.parse does, and cuts all of them", () => {
    const object = read(
      '{"status":1,"metadata":{"name":"old","uid":"u","labels":{"a":"1"}},"status":2,"metadata":{"name":"a","name":"b"}}',
    );
    assert.equal(object.name, "b");
    assert.equal(object.uid, "");
    assert.deepEqual(object.labels, {});
    assert.deepEqual(decodeJson(normalised(object)), { metadata: { name: "b" } });
  });

  it("keeps a label named __proto__ a label", () => {
    const { labels } = read('{"metadata":{"labels":{"__proto__":"x","a":"b"}}}');
    assert.deepEqual(Object.keys(labels), ["__proto__", "a"]);
    assert.equal(Object.getPrototypeOf(labels), Object.prototype);
  });

  it("reads long strings full of escaped quotes and backslashes", () => {
    for (let length = 30; length < 120; length += 1) {
      const value = `${"x".repeat(length)}\\\\${'\\"'.repeat(length % 7)}`;
      const text = `{"data":{"a":"${value}"},"metadata":{"name":"after"}}`;
      assert.equal(read(text).name, "after");
    }
  });

  for (const text of [
    "",
    "  ",
    "[]",
    "null",
    '"a"',
    "{",
    "{}}",
    "{} {}",
    '{"a"}',
    '{"a":}',
    '{"a" 1}',
    '{"a":1,}',
    '{,"a":1}',
    '{"a":1 "b":2}',
    '{"a":tru}',
    '{"a":nul',
    '{"a":01}',
    '{"a":1.}',
    '{"a":.5}',
    '{"a":+1}',
    '{"a":1e}',
    '{"a":-}',
    '{"a":NaN}',
    '{"a":[1,]}',
    '{"a":[1 2]}',
    '{"a":[1}',
    "{a:1}",
    "{'a':1}",
    '{"metadata":[]}',
    '{"metadata":{"name":1}}',
    '{"metadata":{"labels":{"a":1}}}',
    '{"metadata":{"labels":"x"}}',
    '{"metadata":{"name":"\\x"}}',
  ]) {
    it(`rejects ${JSON.stringify(text)}`, () => {
      assert.throws(
        () => read(text),
        (error) => hasCode(error, "ARK_JSON_INVALID"),
      );
    });
  }

  it("accepts nesting of 512 levels and rejects 513", () => {
    const nested = (levels: number) => `{"a":${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}}`;
    assert.equal(read(nested(512)).name, "");
    assert.throws(
      () => read(nested(513)),
      (error) => hasCode(error, "ARK_JSON_INVALID"),
    );
  });
});
