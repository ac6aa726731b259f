import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type {
  BackupResourceHook,
  BackupResourceHookSpec,
  ExecHook,
} from "../../../../src/api/backup.ts";
import { hooksOfPod } from "../../../../src/domain/hooks/hooks-of-pod.ts";
import {
  type HookPhase,
  type HookPod,
  hookTarget,
  type PodHook,
} from "../../../../src/domain/hooks/pod-hook.ts";
import { restoreHookAnnotation } from "../../../../src/domain/hooks/restore-hook-annotations.ts";

const key = (prefix: string, name: string) => `${prefix}hook.backup.velero.io/${name}`;

function pod(overrides: Partial<HookPod> = {}): HookPod {
  return {
    namespace: "shop",
    name: "db-0",
    uid: "u1",
    labels: { app: "db", tier: "data" },
    annotations: {},
    containers: ["postgres", "exporter"],
    sidecars: ["proxy"],
    phase: "Running",
    claims: [],
    ...overrides,
  };
}

const exec = (word: string, more: Partial<ExecHook> = {}) => ({
  exec: { command: [word], ...more },
});

/** `[annotations, phase, what runs: words of each hook]` */
const annotationCases: readonly (readonly [
  name: string,
  annotations: Readonly<Record<string, string>>,
  phase: HookPhase,
  expected: Partial<PodHook> | undefined,
  notes?: number,
])[] = [
  ["nothing: no hook", {}, "pre", undefined],
  ["a plain text is one word", { command: "ls -l" }, "pre", { command: ["ls -l"] }],
  ["a JSON array is many", { command: '["ls","-l"]' }, "pre", { command: ["ls", "-l"] }],
  ["a broken array is one word", { command: '["ls",' }, "pre", { command: ['["ls",'] }, 1],
  ["an array of numbers is one word", { command: "[1,2]" }, "pre", { command: ["[1,2]"] }, 1],
  ["null in an array is an empty word", { command: '["a",null]' }, "pre", { command: ["a", ""] }],
  [
    "a space before the bracket: one word",
    { command: ' ["a"]' },
    "pre",
    { command: [' ["a"]'] },
    1,
  ],
  ["an empty array stays empty", { command: "[]" }, "pre", { command: [] }],
  ["an empty command is none", { command: "", container: "x" }, "pre", undefined],
  ["without a command nothing counts", { container: "x", timeout: "1s" }, "pre", undefined],
  [
    "the container as it is given",
    { command: "x", container: "exporter" },
    "pre",
    { container: "exporter" },
  ],
  ["on-error Fail", { command: "x", "on-error": "Fail" }, "pre", { onError: "Fail" }],
  ["on-error Continue", { command: "x", "on-error": "Continue" }, "pre", { onError: "Continue" }],
  ["an unknown on-error is none", { command: "x", "on-error": "fail" }, "pre", { onError: "" }, 1],
  ["no on-error is none", { command: "x" }, "pre", { onError: "" }],
  ["timeout", { command: "x", timeout: "1m30s" }, "pre", { timeoutMs: 90_000 }],
  ["no timeout: 30 s", { command: "x" }, "pre", { timeoutMs: 30_000 }],
  ["zero: 30 s", { command: "x", timeout: "0" }, "pre", { timeoutMs: 30_000 }],
  [
    "a bad timeout: 30 s, and a note",
    { command: "x", timeout: "90" },
    "pre",
    { timeoutMs: 30_000 },
    1,
  ],
  ["below zero: four hours", { command: "x", timeout: "-1s" }, "pre", { timeoutMs: 14_400_000 }],
];

describe("hooks by annotation", () => {
  for (const prefix of ["pre.", ""] as const) {
    for (const [name, given, phase, expected, notes = 0] of annotationCases) {
      it(`${prefix === "" ? "legacy keys" : prefix} ${name}`, () => {
        const entries = Object.entries(given).map(([k, v]) => [key(prefix, k), v]);
        const found = hooksOfPod(pod({ annotations: Object.fromEntries(entries) }), [], phase);
        assert.equal(found.notes.length, notes);
        if (expected === undefined) return assert.deepEqual(found.hooks, []);
        const [hook, ...more] = found.hooks;
        assert.deepEqual(more, []);
        assert.deepEqual({ ...hook, ...expected }, hook);
        assert.equal(hook?.source, "annotation");
      });
    }
  }

  it("a list that is broken is told, with what is run instead", () => {
    const annotations = { [key("pre.", "command")]: '["true"' };
    assert.deepEqual(hooksOfPod(pod({ annotations }), [], "pre").notes, [
      'annotation pre.hook.backup.velero.io/command begins as a JSON list and is no list of texts: ["true" is run as one word, the name of a program',
    ]);
    const restored = restoreHookAnnotation({ "post.hook.restore.velero.io/command": "[true]" });
    assert.match(
      restored?.notes.join() ?? "",
      /^annotation post\.hook\.restore.* \[true\] is run as/,
    );
  });

  it("pre. wins over the legacy keys, and takes no value from them", () => {
    const annotations = {
      [key("", "command")]: "old",
      [key("", "timeout")]: "5s",
      [key("pre.", "command")]: "new",
    };
    const { hooks } = hooksOfPod(pod({ annotations }), [], "pre");
    assert.deepEqual(
      hooks.map(({ command, timeoutMs }) => [command, timeoutMs]),
      [[["new"], 30_000]],
    );
  });

  it("the legacy keys are no post hook", () => {
    const annotations = { [key("", "command")]: "old" };
    assert.deepEqual(hooksOfPod(pod({ annotations }), [], "post").hooks, []);
  });

  it("an annotation takes the place of all hooks of the spec, for its own phase only", () => {
    const resources = [{ name: "a", pre: [exec("pre-a"), exec("pre-b")], post: [exec("post-a")] }];
    const annotated = pod({ annotations: { [key("pre.", "command")]: "own" } });
    const words = (phase: HookPhase) =>
      hooksOfPod(annotated, resources, phase).hooks.map(({ command }) => command[0]);
    assert.deepEqual(words("pre"), ["own"]);
    assert.deepEqual(words("post"), ["post-a"]);
  });
});

/** `[filters of the entry, does it select the pod shop/db-0]` */
const selectorCases: readonly (readonly [Partial<BackupResourceHookSpec>, boolean])[] = [
  [{}, true],
  [{ includedNamespaces: ["shop"] }, true],
  [{ includedNamespaces: ["*"] }, true],
  [{ includedNamespaces: ["sh*"] }, true],
  [{ includedNamespaces: ["other"] }, false],
  [{ excludedNamespaces: ["shop"] }, false],
  [{ includedNamespaces: ["shop"], excludedNamespaces: ["shop"] }, false],
  [{ excludedNamespaces: ["other"] }, true],
  [{ includedResources: ["pods"] }, true],
  [{ includedResources: ["pod"] }, true],
  [{ includedResources: ["po"] }, true],
  [{ includedResources: ["*"] }, true],
  [{ includedResources: ["deployments", "pods"] }, true],
  [{ includedResources: ["deployments"] }, false],
  [{ includedResources: ["pods.metrics.k8s.io"] }, false],
  [{ includedResources: ["nonsense"] }, false],
  [{ excludedResources: ["pods"] }, false],
  [{ excludedResources: ["po"] }, false],
  [{ excludedResources: ["secrets"] }, true],
  [{ labelSelector: {} }, true],
  [{ labelSelector: { matchLabels: { app: "db" } } }, true],
  [{ labelSelector: { matchLabels: { app: "web" } } }, false],
  [{ labelSelector: { matchExpressions: [{ key: "tier", operator: "Exists" }] } }, true],
  [{ labelSelector: { matchExpressions: [{ key: "x", operator: "NotIn", values: ["y"] }] } }, true],
  [{ includedNamespaces: ["shop"], labelSelector: { matchLabels: { app: "web" } } }, false],
];

describe("hooks by spec", () => {
  for (const [filters, selected] of selectorCases) {
    it(`${JSON.stringify(filters)} ${selected ? "selects" : "leaves out"} the pod`, () => {
      const resources = [{ name: "h", pre: [exec("x")], ...filters }];
      assert.equal(hooksOfPod(pod(), resources, "pre").hooks.length, selected ? 1 : 0);
    });
  }

  it("all entries that select the pod apply, in their order, with defaults of their own", () => {
    const resources = [
      { name: "a", pre: [exec("1"), exec("2", { timeout: "5s", onError: "Fail" as const })] },
      { name: "b", includedNamespaces: ["other"], pre: [exec("never")] },
      {
        name: "c",
        pre: [{} as BackupResourceHook, exec("3", { container: "proxy" })],
        post: [exec("4")],
      },
    ];
    const shape = (phase: HookPhase) =>
      hooksOfPod(pod(), resources, phase).hooks.map((hook) =>
        [hook.name, hook.index, hook.command[0], hook.container, hook.onError, hook.timeoutMs].join(
          " ",
        ),
      );
    assert.deepEqual(shape("pre"), ["a 0 1   30000", "a 1 2  Fail 5000", "c 1 3 proxy  30000"]);
    assert.deepEqual(shape("post"), ["c 0 4   30000"]);
  });
});

describe("where a hook runs", () => {
  const hook = (overrides: Partial<PodHook>): PodHook => ({
    phase: "pre",
    source: "annotation",
    name: "",
    index: 0,
    container: "",
    command: ["x"],
    onError: "",
    timeoutMs: 1,
    ...overrides,
  });
  const cases: readonly (readonly [string, Partial<HookPod>, Partial<PodHook>, string])[] = [
    ["no container given: the first", {}, {}, "run postgres"],
    ["the one that is given", {}, { container: "exporter" }, "run exporter"],
    ["16: a native sidecar", {}, { container: "proxy" }, "run proxy"],
    ["one that is not there", {}, { container: "nope" }, "invalid"],
    ["no containers at all", { containers: [] }, {}, "invalid"],
    ["no command", {}, { command: [] }, "invalid"],
    ["16: a pod that succeeded", { phase: "Succeeded" }, {}, "ended"],
    ["16: a pod that failed", { phase: "Failed" }, {}, "ended"],
    ["a missing container counts even then", { phase: "Failed" }, { container: "no" }, "invalid"],
    ["a pending pod is asked", { phase: "Pending" }, {}, "run postgres"],
  ];
  for (const [name, podPart, hookPart, expected] of cases) {
    it(name, () => {
      const target = hookTarget(pod(podPart), hook(hookPart));
      const told = target.state === "run" ? `run ${target.container}` : target.state;
      assert.equal(told, expected);
    });
  }
});
