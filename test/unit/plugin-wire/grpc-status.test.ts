import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readStatus } from "../../../src/plugin-wire/grpc-status.ts";
import { rpcStatus, stack } from "../../../src/plugin-wire/services/shared-messages.ts";

const frames = [
  { file: "store.go", line: 17, function: "PutObject" },
  { file: "server.go", line: 3, function: "serve" },
];
const withStack = rpcStatus.encode({
  code: 2,
  message: " plugin: x was not found",
  details: [{ typeUrl: "type.googleapis.com/generated.Stack", value: stack.encode({ frames }) }],
});

describe("readStatus() (plugins.md g.1, test 9)", () => {
  it("reads the stack of a Go error, the origin first", () => {
    const status = readStatus(2, "bucket is gone", withStack);
    assert.deepEqual(status, { code: 2, message: "bucket is gone", frames });
  });

  it("takes the text from the details where the header is empty", () => {
    assert.equal(readStatus(2, "", withStack).message, "plugin: x was not found");
  });

  it("does without details, and with details that are none", () => {
    assert.deepEqual(readStatus(14, "gone", undefined), { code: 14, message: "gone", frames: [] });
    const broken = readStatus(2, "text", Buffer.from("ffff", "hex"));
    assert.deepEqual(broken, { code: 2, message: "text", frames: [] });
  });
});
