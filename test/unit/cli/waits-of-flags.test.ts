import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { FlagValue } from "../../../src/cli/flag-spec.ts";
import { createFlagValues } from "../../../src/cli/flag-values.ts";
import { waitsOfFlags } from "../../../src/cli/waits-of-flags.ts";
import { settableWaits } from "../../../src/domain/restore/waits.ts";
import { hasCode } from "../../../src/lib/errors.ts";
import { defaultRestoreLimits } from "../../../src/restore/restore-request.ts";

const waits = (flags: Readonly<Record<string, FlagValue>>) =>
  waitsOfFlags(createFlagValues(new Map(Object.entries(flags))));
const usage = (pattern: RegExp) => (error: unknown) =>
  hasCode(error, "ARK_USAGE") && pattern.test(error.message);

describe("waitsOfFlags()", () => {
  it("sets nothing where nothing was typed", () => {
    assert.deepEqual(waits({}), {});
  });

  it("sets the limit of each wait that has one, by its name in the table", () => {
    for (const [wait, key] of settableWaits) {
      assert.deepEqual(waits({ "wait-limits": { [wait]: "1h30m" } }), {
        limits: { [key]: 5_400_000 },
      });
      assert.ok(defaultRestoreLimits[key] > 0, `${wait} has a default`);
    }
  });

  it("refuses names that are no wait or have no limit to set, and limits that are none", () => {
    const limits = (given: Readonly<Record<string, string>>) => () =>
      waits({ "wait-limits": given });
    assert.throws(
      limits({ forever: "1m" }),
      usage(/--wait-limits=forever=1m: there is no such wait/),
    );
    assert.throws(limits({ readiness: "1m" }), usage(/--wait-limits=readiness/));
    assert.throws(limits({ "namespace-terminating": "soon" }), usage(/not a duration/));
    assert.throws(limits({ "namespace-terminating": "0s" }), usage(/must be longer than nothing/));
  });

  it("waits for workloads only where that was asked for", () => {
    const readiness = (required: boolean, timeoutMs: number) => ({
      readiness: { required, timeoutMs },
    });
    assert.deepEqual(waits({ "wait-for-ready": true }), readiness(false, 300_000));
    assert.deepEqual(
      waits({ "require-ready": true, "ready-timeout": "5s" }),
      readiness(true, 5_000),
    );
    assert.throws(() => waits({ "ready-timeout": "5s" }), usage(/no effect without/));
    assert.throws(
      () => waits({ "wait-for-ready": true, "ready-timeout": "0s" }),
      usage(/must be longer/),
    );
  });
});
