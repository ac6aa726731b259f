import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  createWatchSplitter,
  type WatchFrame,
} from "../../../../src/adapters/kube/watch-splitter.ts";
import { hasCode } from "../../../../src/lib/errors.ts";

const object = (name: string, resourceVersion: string) =>
  `{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"${name}","resourceVersion":"${resourceVersion}"},"data":{"a":"x\\n\\"}{ü"}}`;
const line = (type: string, body: string) => `{"type":"${type}","object":${body}}\n`;

function framesOf(chunks: readonly Uint8Array[]): WatchFrame[] {
  const splitter = createWatchSplitter("configmaps");
  const frames = chunks.flatMap((chunk) => [...splitter.push(chunk)]);
  splitter.end();
  return frames;
}

const brief = (frame: WatchFrame) =>
  "object" in frame ? `${frame.type} ${frame.object.bytes.toString()}` : JSON.stringify(frame);

describe("createWatchSplitter()", () => {
  const text =
    line("ADDED", object("a", "5")) +
    line("BOOKMARK", '{"metadata":{"resourceVersion":"9"}}') +
    line("DELETED", object("ü", "12"));
  const wanted = [
    `ADDED ${object("a", "5")}`,
    '{"type":"BOOKMARK","resourceVersion":"9"}',
    `DELETED ${object("ü", "12")}`,
  ];

  it("gives the same events, byte by byte, wherever the body is cut into chunks", () => {
    const bytes = Buffer.from(text);
    fc.assert(
      fc.property(fc.array(fc.nat({ max: bytes.length })), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const chunks = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
        assert.deepEqual(framesOf(chunks).map(brief), wanted);
      }),
    );
  });

  it("reads what identifies the object", () => {
    const [frame] = framesOf([Buffer.from(line("MODIFIED", object("a", "5")))]);
    assert.ok(frame !== undefined && "object" in frame);
    assert.equal(frame.object.name, "a");
    assert.equal(frame.object.resourceVersion, "5");
  });

  it("takes members in any order, and passes over those it does not know", () => {
    const body = `{ "more": [1], "object": ${object("a", "5")}, "type": "ADDED" }\n`;
    assert.deepEqual(framesOf([Buffer.from(body)]).map(brief), [wanted[0]]);
  });

  it("hands over the Status of an error", () => {
    const [frame] = framesOf([Buffer.from(line("ERROR", '{"kind":"Status","code":410}'))]);
    assert.deepEqual(frame, { type: "ERROR", status: '{"kind":"Status","code":410}' });
  });

  for (const [what, body] of [
    ["ends inside an event", text.slice(0, -10)],
    ["is no JSON", "nonsense\n"],
    ["breaks off inside its line", `${text.slice(0, 40)}\n`],
    ["has a type that nobody knows", line("RENAMED", object("a", "5"))],
    ["has no object", '{"type":"ADDED"}\n'],
    ["has more behind its end", `{"type":"ADDED","object":${object("a", "5")},}\n`],
  ] as const) {
    it(`refuses a body that ${what}`, () => {
      assert.throws(
        () => framesOf([Buffer.from(body)]),
        (error) => hasCode(error, "ARK_API_PROTOCOL") && error.disposition === "retry",
      );
    });
  }

  it("gives the whole events before the one that it refuses", () => {
    const splitter = createWatchSplitter("configmaps");
    const frames: string[] = [];
    assert.throws(() => {
      for (const frame of splitter.push(Buffer.from(`${text}nonsense\n`))) {
        frames.push(brief(frame));
      }
    });
    assert.deepEqual(frames, wanted);
  });
});
