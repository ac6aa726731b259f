import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatHandshake, parseHandshake } from "../../../src/plugin-wire/handshake.ts";

describe("parseHandshake() (plugins.md g.1, test 1)", () => {
  for (const [line, target] of [
    ["1|2|unix|/tmp/vp/plugin42|grpc", "unix:/tmp/vp/plugin42"],
    ["1|2|unix|/tmp/vp/plugin42|grpc|", "unix:/tmp/vp/plugin42"],
    ["1|2|unix|/tmp/vp/plugin42|grpc||true", "unix:/tmp/vp/plugin42"],
    ["1|2|tcp|127.0.0.1:10000|grpc|", "127.0.0.1:10000"],
    ["  1|2|unix|/tmp/p|grpc|\r", "unix:/tmp/p"],
    [formatHandshake("/tmp/own"), "unix:/tmp/own"],
  ] as const) {
    it(`reads ${JSON.stringify(line)}`, () => {
      assert.deepEqual(parseHandshake(line), { target });
    });
  }

  for (const [line, fault] of [
    ["1|2|unix|/tmp/p", /net\/rpc, not gRPC/],
    ["1|2|unix|/tmp/p|netrpc|", /netrpc, not gRPC/],
    ["2|2|unix|/tmp/p|grpc|", /version 2 of go-plugin/],
    ["1|1|unix|/tmp/p|grpc|", /version 1 of Velero's plugin protocol/],
    ["1|2|pipe|/tmp/p|grpc|", /network of kind "pipe"/],
    ["loading configuration…", /not that of a Velero plugin/],
    ["", /not that of a Velero plugin/],
    ["a|b|c|d|e", /not that of a Velero plugin/],
  ] as const) {
    it(`refuses ${JSON.stringify(line)}, and shows the line`, () => {
      assert.throws(
        () => parseHandshake(line),
        (thrown: { code: string; message: string; answer: string }) => {
          assert.equal(thrown.code, "ARK_PLUGIN_START");
          assert.match(thrown.message, fault);
          assert.equal(thrown.answer, JSON.stringify(line));
          return true;
        },
      );
    });
  }
});
