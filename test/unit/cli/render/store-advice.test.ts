import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { adviceFor, conclusionsOf } from "../../../../src/cli/render/store-advice.ts";
import { probeObjectStore } from "../../../../src/plugin-sdk/probe-store.ts";
import type { ProbeResult } from "../../../../src/ports/object-store.ts";
import { createMemoryStore } from "../../../support/memory-store.ts";
import { ignoringConditions } from "../../../support/weak-store.ts";

const signal = new AbortController().signal;

function result(check: string, outcome: ProbeResult["outcome"]): ProbeResult {
  return { check, outcome, detail: "" };
}

describe("conclusionsOf()", () => {
  it("says of a store that can do everything that runs go on and names are safe", async () => {
    const results = await probeObjectStore(createMemoryStore(), "p", signal);
    assert.deepEqual(conclusionsOf(results), [
      "two runs of one name are kept apart by the store",
      "a backup that is cut off goes on where it was",
    ]);
    assert.deepEqual(
      results.filter((one) => adviceFor(one) !== undefined),
      [],
    );
  });

  it("says what is missed where a store lacks something, as measured", async () => {
    const weak = createMemoryStore({ capabilities: { multipart: false, rangeReads: false } });
    const results = await probeObjectStore(ignoringConditions(weak), "p", signal);
    const conclusions = conclusionsOf(results).join("\n");
    assert.match(conclusions, /looking at each other's records/);
    assert.match(
      conclusions,
      /at most 256 MiB compressed, and one that is cut off may begin again/,
    );
    assert.match(conclusions, /read the whole archive/);
    const measured = results.find(({ check }) => check === "conditional put");
    assert.equal(measured?.outcome, "no");
    assert.match(adviceFor(measured!) ?? "", /conditionalPut=false/);
  });

  it("says what deletions do in buckets with object lock and with versions only", () => {
    const locked = [result("object lock", "yes"), result("versioning", "yes")];
    assert.deepEqual(conclusionsOf(locked), [
      "delete and prune hide backups; their bytes are freed after the retention",
    ]);
    const versioned = [result("object lock", "no"), result("versioning", "yes")];
    assert.deepEqual(conclusionsOf(versioned), [
      "delete and prune hide backups; their bytes stay as old versions",
    ]);
    assert.deepEqual(conclusionsOf([...versioned, result("lifecycle", "yes")]), [
      "delete and prune hide backups; their bytes are freed by the bucket's lifecycle rule",
    ]);
    assert.match(adviceFor(result("lifecycle", "no")) ?? "", /let a lifecycle rule remove/);
  });
});
