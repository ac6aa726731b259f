/** Leaders that come and go while a Schedule makes its Backup. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { backupKind } from "../../src/api/backup.ts";
import { backupStorageLocationKind } from "../../src/api/backup-storage-location.ts";
import { type Schedule, scheduleKind } from "../../src/api/schedule.ts";
import { createBackupController } from "../../src/controllers/backup/backup-controller.ts";
import { createScheduleController } from "../../src/controllers/schedule/create-schedule-controller.ts";
import { ApiStatus } from "../support/api-server/api-status.ts";
import type { ControllerWorld } from "../support/controller-world.ts";
import {
  backupsOf,
  daily,
  finish,
  hour,
  minute,
  often,
  pass,
  signal,
  started,
  statusOf,
  worldOf,
} from "./schedules-world.ts";

describe("a leader that dies between the Backup and the status", () => {
  /** The first status of that kind is never written: the term is lost right there. */
  async function interrupted(isLate: boolean): Promise<ControllerWorld> {
    let lose: (() => void) | undefined;
    const world = await worldOf({
      api: {
        admission: ({ operation, kind, object }) => {
          const { status } = object as unknown as Schedule;
          if (operation === "update" && kind.resource === "schedules" && status?.lastBackup) {
            if (lose !== undefined) {
              lose();
              lose = undefined;
              throw new ApiStatus(503, "ServiceUnavailable", "going away");
            }
          }
          return object;
        },
      },
    });
    lose = world.loseTerm;
    await world.create(scheduleKind, "nightly", { spec: daily });
    if (isLate) {
      await world.patch(scheduleKind, "nightly", { status: { phase: "Enabled" } });
      await pass(world, 9 * hour);
    }
    await world.start(createScheduleController);
    await pass(world, isLate ? 10_000 : 10 * minute);
    assert.equal((await backupsOf(world)).length, 1);
    assert.equal((await statusOf(world, "nightly"))?.lastBackup, undefined);
    return world;
  }

  for (const isLate of [false, true]) {
    it(`leaves a Backup that counts${isLate ? ", though it was made late" : ""}`, async () => {
      const world = await interrupted(isLate);
      const made = await backupsOf(world);
      await finish(world);
      await pass(world, 3 * minute);
      const next = await world.nextTerm();
      await next.start(createScheduleController);
      await pass(next, minute);
      assert.deepEqual(await backupsOf(next), made);
      const backup = await next.demand(backupKind, made[0] ?? "");
      const { lastBackup } = (await statusOf(next, "nightly")) ?? {};
      assert.equal(lastBackup, backup.metadata.creationTimestamp);
      await next.stop();
    });
  }

  it("whose request arrives when the next leader has long looked makes no second one", async () => {
    const world = await worldOf();
    await world.create(scheduleKind, "nightly", { spec: { ...daily, skipImmediately: false } });
    await pass(world, hour);
    let arrive: () => void = () => undefined;
    const underWay = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    let isSent = false;
    await world.start((context) => {
      const create: typeof context.cluster.create = async (ref, body) => {
        isSent = true;
        await underWay;
        return await world.cluster.create(ref, body, { signal });
      };
      return createScheduleController({ ...context, cluster: { ...context.cluster, create } });
    });
    await world.until("the request is sent", () => isSent);
    world.loseTerm();
    const next = await world.nextTerm();
    await pass(next, 5 * minute);
    await next.start(createScheduleController);
    await pass(next, minute);
    await finish(next);
    arrive();
    await pass(next, 5 * minute);
    assert.deepEqual(await backupsOf(next), ["nightly-20260101030000"]);
    await next.stop();
  });

  it("whose request arrives when another time has come too makes no second one: it is made up once", async () => {
    const world = await worldOf();
    world.server.seed({ apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } });
    await world.location("default");
    await world.patch(backupStorageLocationKind, "default", { status: { phase: "Available" } });
    await world.create(scheduleKind, "nightly", { spec: { ...often, skipImmediately: false } });
    const { promise: underWay, resolve: arrive } = Promise.withResolvers<void>();
    let isSent = false;
    let hasArrived = false;
    await world.start((context) => {
      const create: typeof context.cluster.create = async (ref, body) => {
        isSent = true;
        await underWay;
        const made = await world.cluster.create(ref, body, { signal });
        hasArrived = true;
        return made;
      };
      return createScheduleController({ ...context, cluster: { ...context.cluster, create } });
    });
    await world.until("the request is sent", () => isSent);
    world.loseTerm();
    const next = await world.nextTerm();
    await pass(next, 11 * minute);
    await next.start((context) => [
      createScheduleController(context),
      createBackupController(context),
    ]);
    const madeUp = "nightly-20260101031000";
    await next.until("it is made up", async () => (await backupsOf(next)).includes(madeUp));
    arrive();
    await next.until("the late one has come", () => hasArrived);
    await next.until("it is gone", async () => (await backupsOf(next)).length === 1);
    await next.until("the one that counts is done", async () => {
      const { status } = await next.demand(backupKind, madeUp);
      return status?.phase === "Completed";
    });
    await pass(next, 10 * minute);
    assert.deepEqual(await backupsOf(next), [madeUp, "nightly-20260101032000"]);
    const told = (await next.events()).filter(({ reason }) => reason === "BackupMadeUp");
    assert.deepEqual(
      told.map(({ about }) => about),
      ["Schedule/nightly"],
    );
    assert.match(told[0]?.message ?? "", /removed Backup nightly-20260101030000 before it began/);
    await next.stop();
  });

  it("does not hide a name that somebody else has taken", async () => {
    const world = await started();
    await world.create(backupKind, "nightly-20260101030000", { spec: {} });
    await world.create(scheduleKind, "nightly", { spec: daily });
    await pass(world, 10 * minute);
    assert.deepEqual(await backupsOf(world), ["nightly-20260101030000", "nightly-20260101030001"]);
    await world.stop();
  });
});
