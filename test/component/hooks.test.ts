import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { BackupSpec, ExecHook } from "../../src/api/backup.ts";
import { annotations } from "../../src/api/labels.ts";
import { readResults } from "../../src/catalog/read-side-file.ts";
import { backupKeys } from "../../src/format/keys.ts";
import { readEntries } from "../support/take-backup.ts";
import {
  assertNothingLeft,
  createHooksWorld,
  freezeAndThaw,
  type HooksWorld,
  idle,
  key,
  told,
} from "./hooks-world.ts";

const exec = (word: string, more: Partial<ExecHook> = {}) => ({
  exec: { command: [word], ...more },
});
const statusOf = async (world: HooksWorld, ...args: Parameters<HooksWorld["backUp"]>) => {
  const report = await world.backUp(...args);
  const { phase, hookStatus, errors = 0 } = report.backup.status;
  return { report, phase, errors, hookStatus };
};

describe("18: hooks around a block of pods", () => {
  it("pre before post, both once; nothing is owed when it is done", async () => {
    const world = createHooksWorld();
    world.seedPod("db", { annotations: freezeAndThaw });
    world.seedPod("web");
    const { phase, hookStatus, report } = await statusOf(world);
    assert.deepEqual(world.ran, ["freeze db", "thaw db"]);
    assert.equal(phase, "Completed", told(report).join("\n"));
    assert.deepEqual(hookStatus, { hooksAttempted: 2, hooksFailed: 0 });
    assertNothingLeft(world);
  });

  it("what is owed is in the store before the first pre hook begins", async () => {
    const seen: unknown[] = [];
    const world: HooksWorld = createHooksWorld({
      async freeze() {
        const [owed = ""] = world.owed();
        const { body } = await world.store.get(owed, { signal: idle });
        for await (const chunk of body) seen.push(JSON.parse(Buffer.from(chunk).toString()));
      },
    });
    world.seedPod("db", { annotations: freezeAndThaw });
    await world.backUp();
    const [record] = seen as { readonly backup: string; readonly thaws: readonly object[] }[];
    assert.equal(record?.backup, "b1");
    assert.deepEqual(
      record?.thaws.map((thaw) => ({ ...thaw, uid: "" })),
      [
        {
          namespace: "shop",
          pod: "db",
          uid: "",
          container: "main",
          command: ["thaw"],
          timeoutMs: 30_000,
        },
      ],
    );
  });

  it("pods that share a claim are frozen together, others are not", async () => {
    const world = createHooksWorld();
    world.seedPod("a", { annotations: freezeAndThaw, claims: ["data"] });
    world.seedPod("b", { claims: ["data", "log"] });
    world.seedPod("c", { annotations: freezeAndThaw, claims: ["log"] });
    await world.backUp();
    assert.deepEqual(world.ran, ["freeze a", "freeze c", "thaw a", "thaw c"]);
    assertNothingLeft(world);
  });

  it("pods whose claims are of one volume group are frozen together", async () => {
    const rows: readonly (readonly [BackupSpec, string, number])[] = [
      [{}, "velero.io/volume-group", 1],
      [{ volumeGroupSnapshotLabelKey: "team" }, "team", 1],
      [{ volumeGroupSnapshotLabelKey: "team" }, "velero.io/volume-group", 2],
    ];
    for (const [spec, label, blocks] of rows) {
      const owed: (readonly string[])[] = [];
      const world: HooksWorld = createHooksWorld({ freeze: () => void owed.push(world.owed()) });
      for (const name of ["data", "log"]) world.seedClaim(name, { [label]: "all" });
      world.seedPod("a", { annotations: freezeAndThaw, claims: ["data"] });
      world.seedPod("b", { annotations: freezeAndThaw, claims: ["log"] });
      await world.backUp("b1", spec);
      assert.equal(new Set(owed.flat()).size, blocks, `${label}: ${world.ran.join(", ")}`);
      assert.deepEqual(world.owed(), []);
    }
  });

  it("four blocks at once, and no more", async () => {
    let now = 0;
    let most = 0;
    const world = createHooksWorld({
      async freeze() {
        now += 1;
        most = Math.max(most, now);
        await new Promise((resolve) => setImmediate(resolve));
      },
      thaw: () => {
        now -= 1;
      },
    });
    for (let i = 0; i < 12; i += 1) world.seedPod(`p${i}`, { annotations: freezeAndThaw });
    await world.backUp();
    assert.equal(world.ran.length, 24);
    assert.equal(most, 4);
  });

  it("hooks of the spec, for the pods it selects; a pod's annotation takes their place", async () => {
    const world = createHooksWorld({ own: () => undefined });
    const labels = { app: "db" };
    world.seedPod("a", { labels });
    world.seedPod("b", { labels, annotations: { [key("pre", "command")]: "own" } });
    world.seedPod("c");
    const labelSelector = { matchLabels: labels };
    const resources = [{ name: "h", labelSelector, pre: [exec("freeze")], post: [exec("thaw")] }];
    const { hookStatus, report } = await statusOf(world, "b1", { hooks: { resources } });
    assert.deepEqual([...world.ran].sort(), ["freeze a", "own b", "thaw a", "thaw b"]);
    assert.deepEqual(hookStatus, { hooksAttempted: 4, hooksFailed: 0 });
    assert.deepEqual(report.backup.spec.hooks, { resources });
  });

  it("16: pods that have ended run nothing, which counts as attempted", async () => {
    const world = createHooksWorld();
    world.seedPod("done", { annotations: freezeAndThaw, phase: "Succeeded" });
    const { phase, hookStatus } = await statusOf(world);
    assert.deepEqual(world.ran, []);
    assert.equal(phase, "Completed");
    assert.deepEqual(hookStatus, { hooksAttempted: 2, hooksFailed: 0 });
    assertNothingLeft(world);
  });

  it("entries of the spec that are for no pod are warnings, by name", async () => {
    const world = createHooksWorld();
    world.seedPod("db", { labels: { app: "db" } });
    const labelSelector = { matchLabels: { app: "bd" } };
    const hooks = {
      resources: [
        { name: "misspelt", labelSelector, pre: [exec("freeze")] },
        { name: "right", pre: [exec("freeze")] },
      ],
    };
    const { report, phase } = await statusOf(world, "b1", { hooks });
    assert.deepEqual(
      report.findings.map(({ severity, code }) => `${severity} ${code}`),
      ["warning ARK_HOOK_NO_EFFECT"],
    );
    assert.match(report.findings[0]?.message ?? "", /"misspelt"/);
    assert.deepEqual([phase, world.ran], ["Completed", ["freeze db"]]);
  });

  it("misspelt annotations are warnings, also where the pod has no hook without them", async () => {
    const world = createHooksWorld();
    world.seedPod("db", {
      annotations: { [key("pre", "comand")]: "freeze", [key("post", "container")]: "main" },
    });
    const { report } = await statusOf(world);
    assert.deepEqual(world.ran, []);
    const [alone, misspelt, ...others] = report.findings.map(({ message }) => message).sort();
    assert.match(misspelt ?? "", /pre\.hook\S+comand is none of hooks, .*command, container/);
    assert.match(alone ?? "", /post\.hook\S+container has no effect: there is no command in /);
    assert.deepEqual(others, []);
  });

  it("annotations that are not used are warnings", async () => {
    const world = createHooksWorld();
    world.seedPod("db", { annotations: { ...freezeAndThaw, [key("pre", "timeout")]: "90" } });
    const { report, phase } = await statusOf(world);
    assert.equal(phase, "Completed");
    assert.match(told(report).join("\n"), /ARK_HOOK_INVALID pod shop\/db: annotation pre\..*"90"/);
  });
});

describe("hooks that fail", () => {
  const failing = {
    async broken(
      _call: unknown,
      session: { stderr(text: string): Promise<void>; exit(code: number): Promise<void> },
    ) {
      await session.stderr("disk is busy\n");
      await session.exit(3);
    },
  };
  const cases: readonly (readonly [string | undefined, readonly string[]])[] = [
    ["Fail", ["broken db", "thaw db"]],
    ["Continue", ["broken db", "thaw db"]],
    [undefined, ["broken db", "thaw db"]],
  ];
  for (const [onError, ran] of cases) {
    it(`a pre hook, on-error ${onError}: partially failed, and the post hook runs as it may have frozen`, async () => {
      const world = createHooksWorld(failing);
      const mode: Record<string, string> =
        onError === undefined ? {} : { [key("pre", "on-error")]: onError };
      world.seedPod("db", {
        annotations: { ...freezeAndThaw, [key("pre", "command")]: "broken", ...mode },
      });
      const { phase, errors, hookStatus, report } = await statusOf(world);
      assert.deepEqual([phase, errors], ["PartiallyFailed", 1]);
      assert.deepEqual(hookStatus, { hooksAttempted: 2, hooksFailed: 1 });
      assert.deepEqual(world.ran, ran);
      assert.deepEqual(told(report), [
        'ARK_HOOK_FAILED pre hook "broken" (annotation) of pod shop/db failed: exit code 3 in container "main"; its output ended: disk is busy',
      ]);
      assert.equal(report.findings[0]?.advice !== undefined, onError === "Fail");
      assert.ok((await readEntries(world.store, "b1")).has("pods shop/db"));
      const results = await readResults(world.store, backupKeys("b1").results, idle);
      assert.match(results?.errors.namespaces?.["shop"]?.join() ?? "", /exit code 3.*disk is busy/);
      assertNothingLeft(world);
    });
  }

  it("with Fail the pod's later hooks are not run, though attempted; with Continue they are", async () => {
    for (const [onError, ran] of [
      ["Fail", 1],
      ["Continue", 2],
    ] as const) {
      const world = createHooksWorld(failing);
      world.seedPod("db");
      const resources = [{ name: "h", pre: [exec("broken", { onError }), exec("freeze")] }];
      const { hookStatus } = await statusOf(world, "b1", { hooks: { resources } });
      assert.equal(world.ran.length, ran);
      assert.deepEqual(hookStatus, { hooksAttempted: 2, hooksFailed: 1 });
    }
  });

  it("a pre hook that certainly did not begin, with Fail: no post hook, nothing owed", async () => {
    const authorise = ({ subresource }: { readonly subresource: string }) => subresource !== "exec";
    const world = createHooksWorld({}, { authorise });
    world.seedPod("db", { annotations: { ...freezeAndThaw, [key("pre", "on-error")]: "Fail" } });
    const { report, hookStatus } = await statusOf(world);
    assert.deepEqual(world.ran, []);
    assert.deepEqual(hookStatus, { hooksAttempted: 1, hooksFailed: 1 });
    assert.match(told(report).join(), /"get" and "create" on "pods\/exec" in namespace "shop"/);
    assertNothingLeft(world);
  });

  it("a container that is not there is named, with those that are", async () => {
    const world = createHooksWorld();
    world.seedPod("db", { annotations: { ...freezeAndThaw, [key("pre", "container")]: "nope" } });
    const { report } = await statusOf(world);
    assert.match(told(report).join(), /the pod has no container "nope", only main, side/);
  });

  it("one that hangs is given up after its timeout, and the post hook runs", async () => {
    const world: HooksWorld = createHooksWorld({
      async hang(_call, session) {
        void world.clock.advance(5_000);
        await new Promise((resolve) => session.gone.addEventListener("abort", resolve));
      },
    });
    const timeout = { [key("pre", "timeout")]: "5s" };
    world.seedPod("db", {
      annotations: { ...freezeAndThaw, [key("pre", "command")]: "hang", ...timeout },
    });
    const { report, phase } = await statusOf(world);
    assert.equal(phase, "PartiallyFailed");
    assert.match(
      told(report).join(),
      /"hang" in container "main" of pod "shop\/db" did not end within 5 s/,
    );
    assert.deepEqual(world.ran, ["hang db", "thaw db"]);
    assertNothingLeft(world);
  });

  it("one whose end is not told is no success", async () => {
    const world = createHooksWorld({ vanish: (_call, session) => session.close() });
    world.seedPod("db", { annotations: { ...freezeAndThaw, [key("pre", "command")]: "vanish" } });
    const { report, hookStatus } = await statusOf(world);
    assert.deepEqual(hookStatus, { hooksAttempted: 2, hooksFailed: 1 });
    assert.match(told(report).join(), /ended before the command's end was told/);
  });

  it("a post hook: the pod may be frozen still, and the record stays until it is paid", async () => {
    let works = false;
    const world: HooksWorld = createHooksWorld({
      stuck: async (call, session) => {
        if (works) (world.frozen as Set<string>).delete(call.pod);
        await session.exit(works ? 0 : 1);
      },
    });
    world.seedPod("db", { annotations: { ...freezeAndThaw, [key("post", "command")]: "stuck" } });
    const { report, phase } = await statusOf(world);
    assert.equal(phase, "PartiallyFailed");
    assert.match(
      told(report).join("\n"),
      /ARK_HOOK_FAILED post hook "stuck"[\s\S]*ARK_POD_FROZEN pod shop\/db may be frozen since 2026-01-01T/,
    );
    assert.equal(world.owed().length, 1);
    // Others are not delayed by it: it was tried.
    await world.backUp("b2");
    assert.deepEqual(world.ran.filter((one) => one === "stuck db").length, 2);
    works = true;
    const { listThaws } = await import("../../src/catalog/thaw-records.ts");
    const { payThaw } = await import("../../src/backup/hooks/pay-thaws.ts");
    const options = { resources: [], runUndeclared: false };
    for (const thaw of (await listThaws(world.store, idle)).thaws)
      await payThaw(thaw, world, options, idle);
    assertNothingLeft(world);
  });
});

describe("a cancel while a pre hook hangs", () => {
  it("ends the run, thaws what may be frozen, seals nothing and says so", async () => {
    const cancel = new AbortController();
    const world = createHooksWorld({
      async hang(_call, session) {
        cancel.abort(new Error("Ctrl-C"));
        await new Promise((resolve) => session.gone.addEventListener("abort", resolve));
      },
    });
    world.seedPod("a", { annotations: freezeAndThaw, claims: ["x"] });
    world.seedPod("b", {
      annotations: { ...freezeAndThaw, [key("pre", "command")]: "hang" },
      claims: ["x"],
    });
    world.seedPod("c", { annotations: freezeAndThaw, claims: ["x"] });
    const report = await world.backUp("b1", {}, {}, cancel.signal);
    assert.equal(report.manifest, undefined);
    assert.equal(report.backup.metadata.annotations?.[annotations.outcome], "cancelled");
    assert.deepEqual(world.ran, ["freeze a", "hang b", "thaw a", "thaw b"]);
    assert.match(told(report).join(), /pre hook "hang".*stopped by a cancel/);
    assert.deepEqual(report.thawed, ["shop/a", "shop/b"]);
    assert.deepEqual(report.backup.status.hookStatus, { hooksAttempted: 4, hooksFailed: 1 });
    assertNothingLeft(world);
    assert.deepEqual(
      world.store.keys().filter((one) => one.startsWith("metadata/")),
      [],
    );
  });

  it("post hooks that hang too end a minute later; what is owed stays", async () => {
    const cancel = new AbortController();
    const world: HooksWorld = createHooksWorld({
      async hang(call, session) {
        if (call.command[1] === "pre") cancel.abort(new Error("Ctrl-C"));
        else void world.clock.advance(60_000);
        await new Promise((resolve) => session.gone.addEventListener("abort", resolve));
      },
    });
    world.seedPod("db", {
      annotations: {
        [key("pre", "command")]: '["hang","pre"]',
        [key("post", "command")]: '["hang","post"]',
        [key("post", "timeout")]: "3h",
      },
    });
    const report = await world.backUp("b1", {}, {}, cancel.signal);
    assert.match(told(report).join("\n"), /ARK_POD_FROZEN pod shop\/db may be frozen/);
    assert.equal(world.owed().length, 1);
    assert.deepEqual(report.thawed, []);
  });
});
