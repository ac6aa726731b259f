import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseHooks } from "../../../../src/domain/hooks/parse-hooks.ts";
import { parseRestoreHooks } from "../../../../src/domain/hooks/parse-restore-hooks.ts";
import { ArkError } from "../../../../src/lib/errors.ts";

const exec = { command: ["x"], container: "c", onError: "Fail", timeout: "5s" };
const whole = {
  resources: [
    {
      name: "h",
      includedNamespaces: ["a"],
      excludedNamespaces: [],
      includedResources: ["pods"],
      excludedResources: [],
      labelSelector: {
        matchLabels: { app: "db" },
        matchExpressions: [{ key: "k", operator: "In", values: ["v"] }],
      },
      pre: [{ exec }],
      post: [{ exec }],
    },
  ],
};

describe("hooks of a restore as somebody has written them", () => {
  it("are refused where an entry has none", () => {
    const init = { initContainers: [{ name: "c", image: "i", command: ["x"] }] };
    const good = { resources: [{ name: "h", postHooks: [{ init }] }] };
    assert.equal(parseRestoreHooks(good, "file"), good);
    const idle = { resources: [{ name: "h", includedNamespaces: ["a"] }] };
    assert.throws(() => parseRestoreHooks(idle, "file"), /\[0\] \("h"\) has no postHooks$/);
  });
});

describe("hooks as somebody has written them", () => {
  it("are taken as they are", () => {
    assert.equal(parseHooks(whole, "file"), whole);
    assert.deepEqual(parseHooks({}, "file"), {});
  });

  const cases: readonly (readonly [string, unknown, RegExp])[] = [
    ["nothing", null, /hooks must be a map/],
    ["a list", [], /hooks must be a map/],
    ["a whole Backup", { spec: { hooks: whole } }, /hooks\.spec is unknown; known are resources/],
    ["a name that is Go's", { resources: [{ name: "h", preHooks: [] }] }, /preHooks is unknown/],
    ["a key of Object's", { resources: [{ name: "h", toString: [] }] }, /toString is unknown/],
    [
      "a command that is a text",
      { resources: [{ name: "h", pre: [{ exec: { command: "x" } }] }] },
      /pre\[0\]\.exec\.command must be a list/,
    ],
    [
      "a number in a command",
      { resources: [{ name: "h", pre: [{ exec: { command: ["sleep", 1] } }] }] },
      /command\[1\] must be a text/,
    ],
    ["no command", { resources: [{ name: "h", pre: [{ exec: {} }] }] }, /at least one word/],
    [
      "an entry without hooks",
      { resources: [...whole.resources, { name: "idle", pre: [] }] },
      /hooks\.resources\[1\] \("idle"\) has neither pre nor post hooks$/,
    ],
    ["no name", { resources: [{}] }, /a name is required/],
  ];
  for (const [name, value, expected] of cases) {
    it(`${name} is refused`, () => {
      assert.throws(
        () => parseHooks(value, "file h.yaml"),
        (error: unknown) =>
          error instanceof ArkError &&
          error.code === "ARK_USAGE" &&
          error.message.startsWith("file h.yaml holds no hooks") &&
          expected.test(error.message),
      );
    });
  }
});
