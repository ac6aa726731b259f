import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { defaultRestoreName } from "../../../src/cli/default-restore-name.ts";
import { isResourceName } from "../../../src/format/keys.ts";

const stamp = "20261121074500";

describe("defaultRestoreName()", () => {
  it("is the backup's name and the time", () => {
    assert.equal(defaultRestoreName("nightly", stamp), `nightly-${stamp}`);
  });

  it("shortens what would be too long, and keeps two long names apart (regression 70)", () => {
    const long = (end: string) => `${"schedule.".repeat(27)}${end}`;
    const names = ["a", "b"].map((end) => defaultRestoreName(long(end), stamp));
    for (const name of names) {
      assert.ok(isResourceName(name), name);
      assert.ok(`restore-${name}-resource-list.json.gz`.length <= 255, name);
      assert.ok(name.endsWith(`-${stamp}`));
    }
    assert.notEqual(names[0], names[1]);
  });

  it("is a name wherever it is cut", () => {
    for (let length = 180; length <= 253; length += 1) {
      const backup = "a.b-"
        .repeat(64)
        .slice(0, length)
        .replace(/[-.]+$/, "c");
      assert.ok(isResourceName(defaultRestoreName(backup, stamp)), backup);
    }
  });
});
