import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readCommandStatus } from "../../../../../src/adapters/kube/exec/command-status.ts";

const nonZero = (message: unknown) => ({
  status: "Failure",
  reason: "NonZeroExitCode",
  message: "command terminated with non-zero exit code",
  details: { causes: [{ reason: "ExitCode", message }] },
});
const failed = (message: string) => ({ state: "failed", message });

describe("how a command ended", () => {
  const cases: readonly (readonly [string, unknown, unknown])[] = [
    ["success", { metadata: {}, status: "Success" }, { state: "ended", exitCode: 0 }],
    ["an exit code", nonZero("137"), { state: "ended", exitCode: 137 }],
    [
      "a failure with code 0 is none",
      nonZero("0"),
      failed("command terminated with non-zero exit code"),
    ],
    [
      "a failure without its code",
      { status: "Failure", reason: "NonZeroExitCode", message: "m" },
      failed("m"),
    ],
    [
      "the runtime's own failure",
      { status: "Failure", reason: "InternalError", message: "container not found" },
      failed("container not found"),
    ],
    ["another status", { status: "Maybe" }, undefined],
    ["no status", { kind: "Pod" }, undefined],
    ["no object", [1], undefined],
  ];
  for (const [name, value, expected] of cases) {
    it(name, () => assert.deepEqual(readCommandStatus(JSON.stringify(value)), expected));
  }
  it("text that is not JSON, or not whole, says nothing", () => {
    for (const text of ["", "command failed", '{"status":"Succ']) {
      assert.equal(readCommandStatus(text), undefined);
    }
  });
});
