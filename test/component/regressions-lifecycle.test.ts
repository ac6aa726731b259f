/** What users of other tools have reported about the lives of runs (users.md part 5, "Lifecycle"). */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { backupKind } from "../../src/api/backup.ts";
import { backupPhases } from "../../src/api/backup-phases.ts";
import { isTerminal } from "../../src/api/phase-table.ts";
import { restorePhases } from "../../src/api/restore-phases.ts";
import { verifyBackup } from "../../src/catalog/verify-backup.ts";
import { exitStatusOfPhase } from "../../src/cli/exit-codes.ts";
import { hasEnded, type Run } from "../../src/cli/server-mode/runs.ts";
import { createBackupController } from "../../src/controllers/backup/backup-controller.ts";
import type { ControllerContext } from "../../src/controllers/controller-context.ts";
import { deletability } from "../../src/domain/deletion.ts";
import { decideExpiry, goodOnesOf } from "../../src/domain/retention/decide-expiry.ts";
import type { RestoreItemAction } from "../../src/ports/restore-item-action.ts";
import { createWorld, from, hasPhase, holdArchives, signal } from "./backups-world.ts";
import { told } from "./hooks-world.ts";
import { createOperationsWorld } from "./operations-world.ts";
import { createMover } from "./restore-actions-world.ts";
import {
  createRestoreController,
  createRestoresWorld,
  ended,
  restoreKind,
  untilPhase,
} from "./server-restores-world.ts";

describe("regression 34: two leaders that overlap", () => {
  it("finish a Backup once: what the former one held back is refused when it goes on", async () => {
    const former = await createWorld();
    const letGo = holdArchives(former);
    await former.start(createBackupController);
    const made = await former.create(backupKind, "b1", from("shop"));
    await hasPhase(former, "b1", "InProgress");
    const store = former.store("default");
    await former.until("its archive is held back", () => store.keys().length > 0);
    store.faults.clear();
    // The former one sleeps in the middle of its write, and does not know that it was deposed.
    const next = await former.nextTerm();
    await next.start(createBackupController);
    await hasPhase(next, "b1", "Completed");
    const sealed = store.bytes("backups/b1/velero-backup.json");
    const ended = await next.demand(backupKind, "b1");
    const keys = store.keys();
    former.loseTerm();
    letGo();
    await former.stop().catch(() => undefined);
    await next.clock.advance(300_000);
    assert.deepEqual(store.keys(), keys);
    assert.deepEqual(store.bytes("backups/b1/velero-backup.json"), sealed);
    const later = await next.demand(backupKind, "b1");
    assert.equal(later.metadata.resourceVersion, ended.metadata.resourceVersion);
    assert.equal(JSON.parse(Buffer.from(sealed).toString()).metadata.uid, made.metadata.uid);
    const { damages } = await verifyBackup(store, "b1", { level: "objects", signal });
    assert.deepEqual(damages, []);
    await next.stop();
  });

  for (const delayMs of [0, 30, 700]) {
    it(`that both believe to lead, all the time, leave one whole backup for each Backup (lists of ${delayMs} ms)`, async () => {
      const former = await createWorld();
      if (delayMs > 0) {
        former.server.faults = ({ method, path }) =>
          method === "GET" && path.endsWith("/configmaps") ? { delayMs } : undefined;
      }
      await former.start(createBackupController);
      const next = await former.nextTerm();
      await next.start(createBackupController);
      const names = ["shop", "web", "blog"].map((source, at) => [`b${at}`, source] as const);
      const store = former.store("default");
      const seals: string[] = [];
      store.faults.add(({ operation, key }) => {
        if (operation === "put" && key.endsWith("/velero-backup.json")) seals.push(key);
        return undefined;
      });
      for (const [name, source] of names) await next.create(backupKind, name, from(source));
      for (const [name] of names) await hasPhase(next, name, "Completed", "Failed");
      await next.clock.advance(300_000);
      for (const [name] of names) {
        const { damages } = await verifyBackup(store, name, { level: "objects", signal });
        assert.deepEqual(damages, []);
        const { status } = await next.demand(backupKind, name);
        assert.equal(status?.phase, "Completed", status?.failureReason);
      }
      assert.equal(new Set(seals).size, names.length);
      assert.deepEqual(
        store.keys().filter((key) => key.startsWith("metadata/")),
        [],
      );
      former.loseTerm();
      await former.stop().catch(() => undefined);
      await next.stop();
    });
  }
});

describe("regression 36: one operation has failed while others are pending", () => {
  it("the backup is never Completed, and its phase says so from then on", async () => {
    const world = createOperationsWorld({
      fate: (claim) => (claim === "a" ? "fails" : "ends"),
      polls: (claim) => (claim === "a" ? 0 : 5),
    });
    for (const name of ["a", "b"]) world.seedClaim(name, {});
    const phases: string[] = [];
    const report = await world.copyUp({ onPhase: (phase) => phases.push(phase) });
    const { status } = report.backup;
    assert.equal(status.phase, "PartiallyFailed", told(report).join("\n"));
    assert.deepEqual(
      [
        status.backupItemOperationsAttempted,
        status.backupItemOperationsCompleted,
        status.backupItemOperationsFailed,
      ],
      [2, 1, 1],
    );
    assert.deepEqual(phases, [
      "WaitingForPluginOperations",
      "WaitingForPluginOperationsPartiallyFailed",
      "FinalizingPartiallyFailed",
    ]);
  });

  for (const isTakenOver of [false, true]) {
    it(`the restore is never Completed, and its phase says so from then on${isTakenOver ? ", whoever goes on with it" : ""}`, async () => {
      let mayEnd = false;
      const { action } = createMover({
        polls: 0,
        fate: (name) => (name === "settings-0" ? "fails" : mayEnd ? "ends" : "never"),
      });
      const move: RestoreItemAction = {
        ...action,
        appliesTo: { includedResources: ["configmaps"] },
        execute: async (...given) => ({
          ...(await action.execute(...given)),
          additionalItems: [],
        }),
      };
      const opened = { backup: [], restore: [move], deletion: [], block: [], served: [] };
      const open = async () => ({ ...opened, close: async () => undefined });
      const acting = (context: ControllerContext) =>
        createRestoreController({ ...context, actions: { open } });
      let world = await createRestoresWorld({ objects: 2 });
      await world.start(acting);
      await world.create(restoreKind, "r1", { spec: { backupName: "nightly" } });
      await untilPhase(world, "r1", "WaitingForPluginOperationsPartiallyFailed");
      if (isTakenOver) {
        world.loseTerm();
        await world.stop();
        world = await world.nextTerm();
        await world.start(acting);
      }
      await world.clock.advance(60_000);
      const waiting = await world.demand(restoreKind, "r1");
      assert.equal(waiting.status?.phase, "WaitingForPluginOperationsPartiallyFailed");
      mayEnd = true;
      const { status } = await untilPhase(world, "r1", ...ended);
      assert.equal(status?.phase, "PartiallyFailed", status?.failureReason);
      assert.deepEqual(
        [status?.restoreItemOperationsCompleted, status?.restoreItemOperationsFailed],
        [1, 1],
      );
      await world.stop();
    });
  }

  it("no phase that tells of a failure leads to Completed", () => {
    for (const { phases, next } of [backupPhases, restorePhases]) {
      for (const phase of phases.filter((one) => /PartiallyFailed$/.test(one))) {
        const reached = new Set<string>([phase]);
        for (const one of reached) {
          for (const after of next[one as keyof typeof next] ?? []) reached.add(after);
        }
        assert.ok(!reached.has("Completed"), phase);
      }
    }
  });
});

describe("regression 37: phases on the way, such as FinalizingPartiallyFailed", () => {
  const past = "2026-01-01T00:00:00Z";
  const inPhase = (phase: string) => ({
    apiVersion: "velero.io/v1" as const,
    kind: "Backup" as const,
    metadata: {
      name: "b1",
      namespace: "ark-ts",
      uid: "u1",
      labels: { "velero.io/schedule-name": "daily" },
    },
    spec: {},
    status: { phase, expiration: past, startTimestamp: past } as never,
  });
  const onTheWay = (table: typeof backupPhases | typeof restorePhases): readonly string[] =>
    table.phases.filter((phase) => !isTerminal(table, phase) && phase !== "Deleting");

  it("are no end to who waits, of backups and of restores, and no success", () => {
    assert.ok(onTheWay(backupPhases).includes("FinalizingPartiallyFailed"));
    assert.ok(onTheWay(restorePhases).includes("FinalizingPartiallyFailed"));
    for (const [noun, table] of [
      ["backup", backupPhases],
      ["restore", restorePhases],
    ] as const) {
      for (const phase of onTheWay(table)) {
        assert.equal(hasEnded(noun, inPhase(phase) as Run), false, phase);
        assert.notEqual(exitStatusOfPhase(phase), 0, phase);
      }
    }
  });

  it("keep a backup from expiry and deletion, and from speaking for its schedule", () => {
    for (const phase of onTheWay(backupPhases)) {
      const decision = decideExpiry(inPhase(phase), {
        now: new Date("2026-06-01T00:00:00Z"),
        location: undefined,
        requests: () => [],
        retryAfterMs: 0,
      });
      assert.deepEqual(decision, { action: "leave" }, phase);
      assert.deepEqual(goodOnesOf("daily", [inPhase(phase)], []), [], phase);
      assert.notEqual(deletability(phase), "ended", phase);
    }
    assert.equal(deletability("FinalizingPartiallyFailed"), "busy");
  });
});
