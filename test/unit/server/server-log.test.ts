import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ArkError } from "../../../src/lib/errors.ts";
import { createServerLog, type ServerLogOptions } from "../../../src/server/server-log.ts";

const clock = { now: () => new Date("2026-01-01T00:00:00Z") };
const lines = (options: ServerLogOptions) => {
  const written: string[] = [];
  return { written, log: createServerLog((line) => written.push(line), clock, options) };
};
const error = new ArkError("ARK_STORE_DENIED", "cannot list", { answer: "AccessDenied" });

describe("createServerLog()", () => {
  it("writes one JSON object a line, an error by its sentence and its code", () => {
    const { written, log } = lines({ level: "info", format: "json" });
    log.write("warn", "check failed", { location: "a\nb", error, nothing: undefined });
    assert.deepEqual(
      written.map((line) => [line.endsWith("}\n"), JSON.parse(line)]),
      [
        [
          true,
          {
            time: "2026-01-01T00:00:00.000Z",
            level: "warning",
            msg: "check failed",
            location: "a\nb",
            "error.message": "cannot list: AccessDenied",
            "error.code": "ARK_STORE_DENIED",
          },
        ],
      ],
    );
  });

  it("writes text in logrus's form, one line whatever the values are", () => {
    const { written, log } = lines({ level: "info", format: "text" });
    log.write("info", "check done", { location: "a b\n", count: 2 });
    assert.deepEqual(written, [
      'time="2026-01-01T00:00:00.000Z" level=info msg="check done" location="a b\\n" count=2\n',
    ]);
  });

  it("leaves out what is less than the level", () => {
    const { written, log } = lines({ level: "warning", format: "text" });
    for (const level of ["debug", "info", "warn", "error"] as const) log.write(level, level);
    assert.deepEqual(
      written.map((line) => /level=(\w+)/.exec(line)?.[1]),
      ["warning", "error"],
    );
  });
});
