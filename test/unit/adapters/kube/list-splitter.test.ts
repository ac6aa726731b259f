import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  createListSplitter,
  type ListSplitterOptions,
} from "../../../../src/adapters/kube/list-splitter.ts";
import type { RawObject } from "../../../../src/api/raw-object.ts";
import { readRawObject } from "../../../../src/api/read-raw-object.ts";
import { hasCode } from "../../../../src/lib/errors.ts";
import { decodeJson } from "../../../../src/lib/json-text.ts";
import type { ListPageEnd } from "../../../../src/ports/cluster.ts";
import { cutInto, kubeObjectText, valueText } from "../../../support/arbitrary-json.ts";

const options = { kind: "ConfigMap", apiVersion: "v1", what: "configmaps" };
const head = '"kind":"ConfigMap","apiVersion":"v1"';

interface Cut {
  readonly items: readonly RawObject[];
  readonly end: ListPageEnd;
}

function cut(
  chunks: readonly Uint8Array[],
  { chunksPerPush = 1, ...sizes }: Partial<ListSplitterOptions> & { chunksPerPush?: number } = {},
): Cut {
  const splitter = createListSplitter({ ...options, ...sizes });
  const items: RawObject[] = [];
  for (let at = 0; at < chunks.length; at += chunksPerPush) {
    items.push(...splitter.push(chunks.slice(at, at + chunksPerPush)));
  }
  items.push(...splitter.flush());
  return { items, end: splitter.end() };
}

function cutText(text: string): Cut {
  return cut([Buffer.from(text)]);
}

function texts(items: readonly RawObject[]): string[] {
  return items.map((item) => item.bytes.toString());
}

function assertProtocolError(run: () => unknown, message: RegExp): void {
  assert.throws(run, (error) => {
    assert.ok(hasCode(error, "ARK_API_PROTOCOL"), String(error));
    assert.match(error.message, message);
    return true;
  });
}

const envelopeMember = fc.oneof(
  fc.constantFrom('"kind":"ConfigMapList"', '"apiVersion":"v1"'),
  valueText.map((text) => `"extra":${text}`),
);

const listText = fc
  .record({
    items: fc.array(kubeObjectText, { maxLength: 6 }),
    before: fc.array(envelopeMember, { maxLength: 2 }),
    after: fc.array(envelopeMember, { maxLength: 2 }),
    metadataFirst: fc.boolean(),
    space: fc.constantFrom("", " ", "\n"),
  })
  .map(({ items, before, after, metadataFirst, space }) => {
    const metadata = '"metadata":{"resourceVersion":"77","continue":"next","remainingItemCount":3}';
    const members = [
      ...before,
      ...(metadataFirst ? [metadata] : []),
      `"items":${space}[${items.map((item) => `${space}${item}${space}`).join(",")}${space}]`,
      ...(metadataFirst ? [] : [metadata]),
      ...after,
    ];
    return { items, text: `{${members.join(`${space},${space}`)}}\n` };
  });

/** What the item should be, made by parsing: kind and apiVersion first where they lack. */
function withTypeMeta(text: string): unknown {
  return { kind: "ConfigMap", apiVersion: "v1", ...(decodeJson(text) as object) };
}

describe("createListSplitter()", () => {
  it("cuts any list in any chunking into the same items", () => {
    fc.assert(
      fc.property(
        listText,
        fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 8 }),
        fc.constantFrom(1, 3, 100),
        ({ items, text }, sizes, chunksPerPush) => {
          const bytes = Buffer.from(text);
          const whole = cut([bytes]);
          const pieces = cut(cutInto(bytes, sizes), { chunksPerPush });
          assert.deepEqual(pieces, whole);
          assert.deepEqual(
            whole.items.map((item) => decodeJson(item.bytes.toString())),
            items.map(withTypeMeta),
          );
          for (const item of whole.items) assert.deepEqual(item, readRawObject(item.bytes));
          assert.deepEqual(whole.end, {
            resourceVersion: "77",
            continueToken: "next",
            remainingItemCount: 3,
            itemCount: items.length,
          });
        },
      ),
      { numRuns: 400 },
    );
  });

  it("names how many items had arrived when a body breaks off, wherever it does", () => {
    fc.assert(
      fc.property(listText, fc.nat(), ({ text }, at) => {
        const bytes = Buffer.from(text.trimEnd());
        const prefix = bytes.subarray(0, at % bytes.length);
        assertProtocolError(() => cut([prefix]), /broke off before its end; \d+ items/);
      }),
    );
  });

  it("splices kind and apiVersion in this order right after the first brace", () => {
    const { items } = cutText('{"items":[{"metadata":{"name":"a","uid":"u"},"data":{"x":"1.0"}}]}');
    assert.deepEqual(texts(items), [
      `{${head},"metadata":{"name":"a","uid":"u"},"data":{"x":"1.0"}}`,
    ]);
    const [item] = items;
    assert.equal(
      item?.bytes.subarray(...(item.volatileRanges as [number, number])).toString(),
      ',"uid":"u"',
    );
  });

  it("keeps kind and apiVersion where an item carries both, and adds only what lacks", () => {
    const { items } = cutText(
      '{"apiVersion":"g/v1","items":[{"apiVersion":"g/v1","kind":"T"},{"kind":"T"},{"a":1,"apiVersion":"g/v1"}],"kind":"TList","metadata":{"continue":"","resourceVersion":"5"}}',
    );
    assert.deepEqual(texts(items), [
      '{"apiVersion":"g/v1","kind":"T"}',
      '{"apiVersion":"v1","kind":"T"}',
      '{"kind":"ConfigMap","a":1,"apiVersion":"g/v1"}',
    ]);
  });

  it("leaves valid JSON of an item that has nothing but status, or nothing", () => {
    const { items } = cutText('{"items":[{"status":1},{}, { }]}');
    assert.deepEqual(texts(items), [`{${head},"status":1}`, `{${head}}`, `{${head} }`]);
    const [first] = items;
    assert.equal(
      first?.bytes.subarray(...(first.volatileRanges as [number, number])).toString(),
      ',"status":1',
    );
  });

  it("reads null and empty items as no items", () => {
    for (const text of [
      '{"items":null,"metadata":{"resourceVersion":"9"}}',
      '{"metadata":{"resourceVersion":"9"},"items":[]}',
    ]) {
      assert.deepEqual(cutText(text), { items: [], end: { resourceVersion: "9", itemCount: 0 } });
    }
  });

  it("tells a Status and other documents from a list", () => {
    assertProtocolError(
      () => cutText('{"kind":"Status","status":"Failure"}'),
      /is a Status without items/,
    );
    assertProtocolError(() => cutText("{}"), /without items/);
    assertProtocolError(() => cutText("[]"), /expected a list/);
    assertProtocolError(() => cutText("<html>"), /expected a list/);
    assertProtocolError(() => cutText('{"items":{}}'), /not an array/);
    assertProtocolError(() => cutText('{"items":[1]}'), /expected an object/);
    assertProtocolError(() => cutText('{"items":[{}{}]}'), /expected a comma/);
    assertProtocolError(() => cutText('{"items":[]} x'), /expected nothing more/);
    assertProtocolError(() => cutText('{"items":[],"items":[]}'), /items only once/);
    assertProtocolError(
      () => cutText('{"items":[],"metadata":{"continue":1}}'),
      /metadata of a list/,
    );
  });

  it("bounds the size of one item, whether it is whole or still arriving", () => {
    const big = `{"items":[{"data":"${"x".repeat(5000)}"}]}`;
    assertProtocolError(
      () => cut([Buffer.from(big)], { maxItemBytes: 4096 }),
      /an item of 5\d+ bytes/,
    );
    assertProtocolError(
      () => cut(cutInto(Buffer.from(big), [1000]), { maxItemBytes: 2048 }),
      /larger than 2048 bytes/,
    );
    assert.equal(cut([Buffer.from(big)], { maxItemBytes: 8192 }).items.length, 1);
  });

  it("reads an item of megabytes that arrives in small chunks", () => {
    const value = 'é\\"'.repeat(500_000);
    const text = `{"items":[{"metadata":{"name":"a"},"data":"${value}"},{"metadata":{"name":"b"}}]}`;
    const { items } = cut(cutInto(Buffer.from(text), [16_384]));
    assert.deepEqual(
      items.map((item) => item.name),
      ["a", "b"],
    );
  });

  it("yields items that hold little memory beside themselves", () => {
    const text = `{"items":[${Array.from({ length: 3000 }, (_, n) => `{"metadata":{"name":"n${n}"},"data":"${"x".repeat(1000)}"}`).join(",")}]}`;
    for (const item of cutText(text).items) {
      assert.ok(item.bytes.buffer.byteLength <= 256 * 1024);
    }
  });

  it("refuses to tell the end before the body has been read", () => {
    const splitter = createListSplitter(options);
    splitter.push([Buffer.from('{"items":[]}')]);
    assertProtocolError(() => splitter.end(), /has not been read to its end/);
  });
});
