import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { BackupResourceHookSpec } from "../../../../src/api/backup.ts";
import { hookViolations } from "../../../../src/domain/hooks/hook-spec-checks.ts";
import { createHookTracker } from "../../../../src/domain/hooks/hook-tracker.ts";
import type { HookPod, PodHook } from "../../../../src/domain/hooks/pod-hook.ts";

const pod: HookPod = {
  namespace: "a",
  name: "p",
  uid: "u",
  labels: {},
  annotations: {},
  containers: ["c"],
  sidecars: [],
  phase: "Running",
  claims: [],
};
const hook = (overrides: Partial<PodHook> = {}): PodHook => ({
  phase: "pre",
  source: "spec",
  name: "h",
  index: 0,
  container: "",
  command: ["x"],
  onError: "",
  timeoutMs: 1,
  ...overrides,
});

describe("counts of hooks", () => {
  it("count what was added, and of that what failed", () => {
    const tracker = createHookTracker();
    const [a, b, c] = [hook(), hook({ index: 1 }), hook({ phase: "post" })];
    for (const one of [a, b, c]) tracker.add(pod, one);
    tracker.record(pod, a, false);
    tracker.record(pod, b, true);
    assert.deepEqual(tracker.counts(), { hooksAttempted: 3, hooksFailed: 1 });
  });

  it("of hooks that Velero cannot tell apart the first one counts", () => {
    const tracker = createHookTracker();
    for (const failed of [false, true]) {
      tracker.add(pod, hook({ command: [String(failed)] }));
      tracker.record(pod, hook(), failed);
    }
    assert.deepEqual(tracker.counts(), { hooksAttempted: 1, hooksFailed: 0 });
  });

  it("one that was not added is not recorded", () => {
    const tracker = createHookTracker();
    tracker.record(pod, hook(), true);
    assert.deepEqual(tracker.counts(), { hooksAttempted: 0, hooksFailed: 0 });
  });
});

describe("checks of spec.hooks", () => {
  const exec = { command: ["x"] };
  const cases: readonly (readonly [string, unknown, string | undefined])[] = [
    [
      "sound",
      { name: "h", pre: [{ exec }], post: [{ exec: { ...exec, timeout: "1s" } }] },
      undefined,
    ],
    ["no name", { pre: [{ exec }] }, "a name is required"],
    ["no exec", { name: "h", pre: [{}] }, "pre[0]: exec is required"],
    ["no command", { name: "h", post: [{ exec: {} }] }, "post[0].exec: a command"],
    ["an empty command", { name: "h", pre: [{ exec: { command: [] } }] }, "at least one word"],
    ["onError", { name: "h", pre: [{ exec: { ...exec, onError: "fail" } }] }, '"fail" is neither'],
    ["timeout", { name: "h", pre: [{ exec: { ...exec, timeout: "30" } }] }, '"30" is no duration'],
    [
      "operator",
      { name: "h", labelSelector: { matchExpressions: [{ key: "a", operator: "Is" }] } },
      '"Is" is no operator',
    ],
    [
      "values",
      { name: "h", labelSelector: { matchExpressions: [{ key: "a", operator: "In" }] } },
      "needs values",
    ],
  ];
  for (const [name, resource, expected] of cases) {
    it(name, () => {
      const hooks = { resources: [resource as BackupResourceHookSpec] };
      const found = hookViolations({ hooks });
      if (expected === undefined) assert.deepEqual(found, []);
      else assert.match(found.join("; "), new RegExp(expected.replace(/[[\]]/g, "\\$&")));
    });
  }
});
