import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { annotations } from "../../../../src/api/labels.ts";
import {
  defaultReadyMs,
  runOptionProblems,
  runOptions,
} from "../../../../src/domain/restore/run-options.ts";

describe("annotations of how a Restore is run", () => {
  it("ask for nothing where they are not there", () => {
    const nothing = { strict: false, allowDamaged: false, readBack: true, limits: {} };
    assert.deepEqual(runOptions(), nothing);
    assert.deepEqual(runOptions({ [annotations.strict]: "false" }), nothing);
    assert.deepEqual(runOptionProblems(), []);
  });

  it("ask for each thing by itself", () => {
    const notes = {
      [annotations.strict]: "true",
      [annotations.allowDamaged]: "true",
      [annotations.skipReadBack]: "true",
      [annotations.waitForReady]: "90s",
      [annotations.requireReady]: "true",
      [annotations.waitLimits]: "namespace-terminating=1m, object-terminating=5s",
    };
    assert.deepEqual(runOptionProblems(notes), []);
    assert.deepEqual(runOptions(notes), {
      strict: true,
      allowDamaged: true,
      readBack: false,
      readiness: { timeoutMs: 90_000, required: true },
      limits: { namespaceTerminatingMs: 60_000, objectGoneMs: 5_000 },
    });
    const required = runOptions({ [annotations.requireReady]: "true" });
    assert.deepEqual(required.readiness, { timeoutMs: defaultReadyMs, required: true });
  });

  it("are told one by one where they cannot be meant", () => {
    const problems = runOptionProblems({
      [annotations.strict]: "yes",
      [annotations.waitForReady]: "-5m",
      [annotations.waitLimits]: "dinner=1h,object-terminating=soon",
    });
    assert.deepEqual(
      problems.map((one) => /strict|wait-for-ready|dinner|soon/.exec(one)?.[0]),
      ["strict", "wait-for-ready", "dinner", "soon"],
    );
  });
});
