import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { RestoreReport } from "../../src/restore/restore-request.ts";
import { runRestore } from "../../src/restore/run-restore.ts";
import { startMortalProcess } from "../support/mortal-process.ts";
import { createHookWorld, type HookWorld, pod, post, spec } from "./restore-hooks-world.ts";

const codes = (report: RestoreReport) => report.findings.map(({ code }) => code);

describe("exec hooks of restored pods", () => {
  it("run in the first container, by annotation, and are told with exit code and last lines", async () => {
    const world = createHookWorld(async (_call, session) => {
      await session.stdout("one\ntwo\n");
      await session.exit(0);
    });
    await world.backUp([
      pod("shop/db", {
        annotations: { [post("command")]: '["load","all"]' },
        containers: ["a", "b"],
      }),
      pod("shop/other"),
    ]);
    const report = await world.restore();
    assert.deepEqual(world.ran, ["load all db/a"]);
    assert.deepEqual(report.findings, []);
    assert.deepEqual(report.hooks, [
      {
        namespace: "shop",
        pod: "db",
        container: "a",
        source: "annotation",
        name: "<from-annotation>",
        command: ["load", "all"],
        failed: false,
        exitCode: 0,
        lines: ["one", "two"],
      },
    ]);
    assert.deepEqual(report.restore.status.hookStatus, { hooksAttempted: 1 });
  });

  it("are told where an entry of the spec is for no pod, by the mapped namespace", async () => {
    const world = createHookWorld();
    await world.backUp([pod("shop/a")]);
    const entry = (name: string, namespace: string) => ({
      ...{ name, includedNamespaces: [namespace] },
      postHooks: [{ exec: { command: [name] } }],
    });
    const resources = [entry("before", "shop"), entry("after", "copy")];
    const report = await world.restore({
      namespaceMapping: { shop: "copy" },
      hooks: { resources },
    });
    assert.deepEqual(world.ran, ["after a/main"]);
    assert.deepEqual(codes(report), ["ARK_HOOK_NO_EFFECT"]);
    assert.match(report.findings[0]!.message, /the hooks "before" of the spec are for no pod/);
  });

  it("are those of the annotation alone where it has a command, else of the spec, by target namespace and label", async () => {
    const world = createHookWorld();
    await world.backUp([
      pod("shop/a", { annotations: { [post("command")]: "own" } }),
      pod("shop/b", { labels: { app: "x" } }),
      pod("shop/c"),
      pod("other/d", { labels: { app: "x" } }),
    ]);
    await world.restore({
      namespaceMapping: { shop: "copy" },
      ...spec([{ exec: { command: ["spec"] } }], {
        includedNamespaces: ["copy"],
        labelSelector: { matchLabels: { app: "x" } },
      }),
    });
    assert.deepEqual(world.ran.sort(), ["own a/main", "spec b/main"]);
  });

  it("of one pod run one after another, all of them though one fails with Continue", async () => {
    const world = createHookWorld((call, session) =>
      session.exit(call.command[0] === "bad" ? 3 : 0),
    );
    await world.backUp([pod("shop/a")]);
    const report = await world.restore(
      spec([{ exec: { command: ["bad"], onError: "Continue" } }, { exec: { command: ["good"] } }]),
    );
    assert.deepEqual(world.ran, ["bad a/main", "good a/main"]);
    assert.equal(report.restore.status.phase, "PartiallyFailed");
    assert.deepEqual(report.restore.status.hookStatus, { hooksAttempted: 2, hooksFailed: 1 });
    assert.match(report.findings[0]!.message, /exit code 3 in container "main"/);
  });

  it("are ended by one with Fail: the pod's others are errors and do not run, those of other pods do", async () => {
    const world = createHookWorld((call, session) => session.exit(call.pod === "a" ? 1 : 0));
    await world.backUp([
      pod("shop/a", { containers: ["m", "n"] }),
      pod("shop/b", { containers: ["m", "n"] }),
    ]);
    const report = await world.restore(
      spec([
        { exec: { command: ["one"], onError: "Fail" } },
        { exec: { command: ["two"] } },
        { exec: { command: ["three"], container: "n" } },
      ]),
    );
    assert.deepEqual(world.ran.sort(), ["one a/m", "one b/m", "three b/n", "two b/m"]);
    assert.deepEqual(report.restore.status.hookStatus, { hooksAttempted: 6, hooksFailed: 3 });
    assert.match(report.findings[1]!.message, /it was not run: a hook before it failed/);
  });

  it("wait for their own container, by name, and a pod that does not come up keeps no other back", async () => {
    const world = createHookWorld();
    await world.backUp([pod("shop/a", { containers: ["slow"] }), pod("shop/b")]);
    const report = await world.restore(spec([{ exec: { command: ["go"], waitTimeout: "90s" } }]));
    assert.deepEqual(world.ran, ["go b/main"]);
    assert.match(report.findings[0]!.message, /not run: waited 90 s for container "slow" to run/);
    assert.ok(
      world.told.some(({ waitingFor = "" }) =>
        /hooks of 1 pod; Pod "shop\/a": container "slow" to run/.test(waitingFor),
      ),
    );
  });

  it("wait until the container is ready where one of its hooks asks for it", async () => {
    const world = createHookWorld();
    await world.backUp([pod("shop/a")]);
    const faults = world.server.faults;
    let looks = 0;
    world.server.faults = (call) => {
      if (call.method === "GET" && call.path.endsWith("/pods/a")) {
        looks += 1;
        if (looks === 5) {
          void world.setStatus("shop/a", {
            phase: "Running",
            containerStatuses: [{ name: "main", ready: true, state: { running: {} } }],
          });
        }
      }
      return faults?.(call);
    };
    const report = await world.restore(
      spec([{ exec: { command: ["one"] } }, { exec: { command: ["two"], waitForReady: true } }]),
    );
    assert.deepEqual(world.ran, ["one a/main", "two a/main"]);
    assert.deepEqual(report.findings, []);
    assert.ok(looks >= 5);
  });

  it("are errors where the pod ends or goes away before", async () => {
    for (const [how, words] of [
      ["ended", /the pod came to phase Failed before it could run/],
      ["gone", /the pod was deleted before it could run/],
    ] as const) {
      const world = createHookWorld();
      await world.backUp([pod("shop/a", { containers: ["slow"] })]);
      const faults = world.server.faults;
      let looks = 0;
      world.server.faults = (call) => {
        if (call.method === "GET" && call.path.endsWith("/pods/a") && ++looks === 3) {
          if (how === "ended") void world.setStatus("shop/a", { phase: "Failed" });
          else return { status: 404 };
        }
        return faults?.(call);
      };
      const report = await world.restore(spec([{ exec: { command: ["go"] } }]));
      assert.deepEqual(world.ran, []);
      assert.match(report.findings[0]!.message, words);
    }
  });

  it("for a container that the pod has not are left out with a warning", async () => {
    const world = createHookWorld();
    await world.backUp([pod("shop/a")]);
    const report = await world.restore(spec([{ exec: { command: ["go"], container: "none" } }]));
    assert.equal(report.restore.status.phase, "Completed");
    assert.deepEqual(codes(report), ["ARK_HOOK_FAILED"]);
    assert.equal(report.findings[0]!.severity, "warning");
  });

  it("run for pods that this restore made only", async () => {
    const world = createHookWorld();
    const objects = [pod("shop/a", { annotations: { [post("command")]: "go" } })];
    await world.backUp(objects);
    await world.restore();
    await world.restore({}, { name: "r2" });
    assert.deepEqual(world.ran, ["go a/main"]);
  });
});

describe("exec hooks of a restore that is continued", () => {
  const start = (world: HookWorld, ports: object = {}) =>
    runRestore(
      {
        name: "r1",
        isNameGiven: true,
        owner: { host: "far", bootId: "boot", pid: 7 },
        typed: true,
        limits: { writers: 1 },
        spec: {
          backupName: "b1",
          ...spec([{ exec: { command: ["one"] } }, { exec: { command: ["two"] } }]),
        },
      },
      {
        cluster: world.cluster,
        store: world.store,
        clock: world.clock,
        log: { write: () => {} },
        liveness: () => "gone",
        ...ports,
      },
      new AbortController().signal,
    );

  it("are those that are still owed; one that had begun runs again, and that is said", async () => {
    const undisturbed = createHookWorld();
    await undisturbed.backUp([pod("shop/a"), pod("shop/b")]);
    const counting = startMortalProcess(
      { cluster: undisturbed.cluster, store: undisturbed.store },
      undefined,
    );
    await start(undisturbed, { cluster: counting.cluster, store: counting.store });
    const steps = counting.calls
      .map(({ method }) => method)
      .filter((method) => ["create", "patch", "put", "remove", "exec"].includes(method));
    let twice = 0;
    for (let at = steps.indexOf("exec") - 2; at <= steps.lastIndexOf("exec") + 3; at += 1) {
      for (const when of ["before", "after"] as const) {
        const world = createHookWorld();
        await world.backUp([pod("shop/a"), pod("shop/b")]);
        const { cluster, store } = world;
        const process = startMortalProcess({ cluster, store }, { at, when });
        const first = await Promise.race([
          start(world, { cluster: process.cluster, store: process.store }),
          process.died,
        ]);
        if (first !== "died") continue;
        for (let turn = 0; turn < 20; turn += 1)
          await new Promise((resolve) => setImmediate(resolve));
        const before = [...world.ran];
        const report = await start(world);
        for (const command of ["one a/main", "two a/main", "one b/main", "two b/main"]) {
          assert.ok(world.ran.includes(command), `${command} after ${when} ${at}`);
        }
        const again = world.ran.slice(before.length).filter((one) => before.includes(one));
        const said = report.findings.filter(({ message }) => message.includes("runs again"));
        assert.ok(again.length <= said.length, `${again} at ${when} ${at}`);
        assert.ok(again.length <= 2);
        twice += again.length;
        assert.deepEqual(report.restore.status.hookStatus, { hooksAttempted: 4 });
      }
    }
    assert.ok(twice > 0, "the test met a hook in doubt");
  });
});
