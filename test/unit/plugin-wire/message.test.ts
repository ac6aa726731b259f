import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  bool,
  bytes,
  int32,
  int64,
  message,
  messages,
  nested,
  string,
  stringMap,
  strings,
} from "../../../src/plugin-wire/message.ts";
import { rejectsWithCode } from "../../support/store-testing.ts";

const inner = message({ file: string(1), line: int32(2) });
const codec = message({
  plugin: string(1),
  body: bytes(2),
  flag: bool(3),
  count: int64(4),
  tags: stringMap(5),
  names: strings(6),
  frames: messages(7, inner),
  one: nested(8, inner),
});

describe("message()", () => {
  it("decodes what it encodes", () => {
    const value = {
      plugin: "velero.io/aws",
      body: Buffer.from([0, 255, 1]),
      flag: true,
      count: -9_007_199_254_740_993n,
      tags: { "velero.io/backup": "b", ü: "" },
      names: ["a", "", "c"],
      frames: [
        { file: "a.go", line: 12 },
        { file: "", line: -1 },
      ],
      one: { file: "b.go", line: 0 },
    };
    assert.deepEqual(codec.decode(codec.encode(value)), value);
  });

  it("writes nothing for zero values, and gives them for what is not there", () => {
    const zero = { plugin: "", body: new Uint8Array(0), flag: false, count: 0n, tags: {} };
    assert.equal(codec.encode({ ...zero, names: [], frames: [] }).length, 0);
    const decoded = codec.decode(Buffer.alloc(0));
    assert.deepEqual(
      { ...decoded, body: decoded.body.length },
      {
        ...zero,
        body: 0,
        names: [],
        frames: [],
        one: undefined,
      },
    );
  });

  it("writes the bytes of protobuf", () => {
    assert.equal(codec.encode({ plugin: "ab" }).toString("hex"), "0a026162");
    assert.equal(codec.encode({ count: 300n }).toString("hex"), "20ac02");
    assert.equal(codec.encode({ count: -1n }).toString("hex"), "20ffffffffffffffffff01");
    assert.equal(codec.encode({ tags: { k: "v" } }).toString("hex"), "2a060a016b120176");
  });

  it("passes over fields that it does not know, of every wire type", () => {
    const unknown = Buffer.from("98060199060102030405060708a2060141ad0601020304", "hex");
    const known = codec.encode({ plugin: "x" });
    assert.equal(codec.decode(Buffer.concat([unknown, known])).plugin, "x");
  });

  for (const [what, hex] of [
    ["ends inside a number", "20ff"],
    ["ends inside a field", "0a05616263"],
    ["has a number of more than 64 bits", "20ffffffffffffffffffff01"],
    ["has a wire type that is none", "0b"],
  ] as const) {
    it(`refuses a message that ${what}`, async () => {
      const decode = async () => codec.decode(Buffer.from(hex, "hex"));
      await rejectsWithCode(decode(), "ARK_PLUGIN_PROTOCOL");
    });
  }
});
