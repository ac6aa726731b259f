/** Schedules over the in-memory API server, by a clock that moves when told to. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { backupKind } from "../../src/api/backup.ts";
import { annotations, labels } from "../../src/api/labels.ts";
import { type Schedule, scheduleKind } from "../../src/api/schedule.ts";
import { createScheduleController } from "../../src/controllers/schedule/create-schedule-controller.ts";
import type { ControllerWorld } from "../support/controller-world.ts";
import {
  backupsOf,
  daily,
  finish,
  hour,
  minute,
  often,
  pass,
  started,
  statusOf,
  worldOf,
} from "./schedules-world.ts";

const specOf = async (world: ControllerWorld, name: string) =>
  (await world.demand(scheduleKind, name)).spec;

describe("a schedule", () => {
  it("makes a Backup at its time, named by it in UTC, and says when", async () => {
    const world = await started();
    await world.create(scheduleKind, "nightly", { spec: often });
    await pass(world, 10 * minute - 1);
    assert.deepEqual(await backupsOf(world), [], "creation is no time to fire (regression 38)");
    assert.deepEqual(await statusOf(world, "nightly"), { phase: "Enabled" });
    await pass(world, 1);
    assert.deepEqual(await backupsOf(world), ["nightly-20260101030000"]);
    assert.deepEqual(await statusOf(world, "nightly"), {
      phase: "Enabled",
      lastBackup: "2026-01-01T03:00:00Z",
    });
    await finish(world);
    await pass(world, 10 * minute);
    assert.deepEqual(await backupsOf(world), ["nightly-20260101030000", "nightly-20260101031000"]);
    const events = await world.events();
    assert.deepEqual(
      events.map(({ about, type, reason }) => [about, type, reason]),
      [
        ["Schedule/nightly", "Normal", "BackupCreated"],
        ["Schedule/nightly", "Normal", "BackupCreated"],
      ],
    );
    await world.stop();
  });

  it("gives its Backups the template, its labels and annotations, and no marks of Argo CD or Flux (regression 43)", async () => {
    const world = await started();
    const template = {
      ...daily.template,
      metadata: { labels: { from: "template" } },
      resourcePolicy: { kind: "ConfigMap", name: "rules", apiGroup: "" },
    };
    await world.create(scheduleKind, "own", {
      spec: daily,
      labels: { team: "a", "app.kubernetes.io/instance": "argo-app" },
      annotations: { note: "n", "argocd.argoproj.io/tracking-id": "x" },
    });
    const other = await world.create(scheduleKind, "template", {
      spec: { ...daily, template, useOwnerReferencesInBackup: true },
      labels: { team: "a" },
    });
    await pass(world, 10 * minute);
    const own = await world.demand(backupKind, "own-20260101030000");
    assert.deepEqual(own.metadata.labels, { team: "a", [labels.scheduleName]: "own" });
    const { [annotations.scheduleUid]: uid, ...told } = own.metadata.annotations ?? {};
    assert.ok(uid !== undefined);
    assert.deepEqual(told, { note: "n", [annotations.scheduledFor]: "2026-01-01T03:00:00Z" });
    assert.deepEqual(own.spec, daily.template);
    assert.equal(own.metadata.ownerReferences, undefined);

    const ruled = await world.demand(backupKind, "template-20260101030000");
    assert.deepEqual(ruled.metadata.labels, {
      from: "template",
      [labels.scheduleName]: "template",
    });
    assert.deepEqual(ruled.spec.resourcePolicy, { kind: "configmap", name: "rules" });
    assert.deepEqual(ruled.metadata.ownerReferences, [
      {
        apiVersion: "velero.io/v1",
        kind: "Schedule",
        name: "template",
        uid: other.metadata.uid,
        controller: true,
      },
    ]);
    await world.stop();
  });

  it("that is wrong says all that is wrong, and works once it is corrected (regression 38)", async () => {
    const world = await started();
    await world.create(scheduleKind, "wrong", {
      spec: {
        schedule: "61 3 * * 7",
        template: {
          includedNamespaces: ["a"],
          excludedNamespaces: ["a"],
          resourcePolicy: { kind: "configmap", name: " " },
        },
      },
    });
    await pass(world, minute);
    const status = await statusOf(world, "wrong");
    assert.equal(status?.phase, "FailedValidation");
    assert.deepEqual(status?.validationErrors, [
      'schedule: minute "61": 61 is above 59, the most',
      'schedule: day of week "7": 7 is above 6, the most; Sunday is 0',
      'template: namespaces: "a" is both included and excluded',
      "template: the name of the ConfigMap of resource policies is blank",
    ]);
    const [event] = await world.events();
    assert.deepEqual([event?.type, event?.reason], ["Warning", "FailedValidation"]);
    await world.patch(scheduleKind, "wrong", { spec: daily, status: null });
    await world.patch(scheduleKind, "wrong", {
      spec: { template: { excludedNamespaces: null, resourcePolicy: null } },
    });
    await pass(world, 9 * minute);
    assert.deepEqual((await statusOf(world, "wrong"))?.phase, "Enabled");
    assert.deepEqual(await backupsOf(world), ["wrong-20260101030000"]);
    await world.stop();
  });

  it("with a name that is too long for a label is told so", async () => {
    const world = await started();
    await world.create(scheduleKind, "n".repeat(64), { spec: daily });
    await pass(world, minute);
    const status = await statusOf(world, "n".repeat(64));
    assert.match(status?.validationErrors?.[0] ?? "", /^name: it has 64 characters/);
    await world.stop();
  });

  it("makes no Backup beside an unfinished one, and one as soon as that is done", async () => {
    const world = await started();
    await world.create(scheduleKind, "often", { spec: often });
    await pass(world, 10 * minute);
    await world.patch(backupKind, "often-20260101030000", { status: { phase: "Queued" } });
    await pass(world, 27 * minute + 5_000);
    assert.deepEqual(await backupsOf(world), ["often-20260101030000"]);
    const waits = (await world.events()).filter(({ reason }) => reason === "RunWaits");
    assert.match(waits[0]?.message ?? "", /waits for Backup often-20260101030000/);
    await finish(world);
    await pass(world, 0);
    assert.deepEqual(await backupsOf(world), ["often-20260101030000", "often-20260101032000"]);
    const late = (await world.events()).find(({ reason }) => reason === "BackupCreatedLate");
    assert.match(late?.message ?? "", /7 minutes late: it was due at 2026-01-01T03:20:00Z/);
    await finish(world);
    await pass(world, 3 * minute);
    assert.equal((await backupsOf(world)).length, 3, "the next time is its own again");
    await world.stop();
  });

  it("goes by the zone of the expression, and else by the server's", async () => {
    const world = await started({ settings: { timeZone: "Asia/Tokyo" } });
    await world.create(scheduleKind, "tokyo", { spec: { ...daily, schedule: "0 12 * * *" } });
    await world.create(scheduleKind, "berlin", {
      spec: { ...daily, schedule: "CRON_TZ=Europe/Berlin 0 4 * * *" },
    });
    await pass(world, 10 * minute);
    assert.deepEqual(await backupsOf(world), ["berlin-20260101030000", "tokyo-20260101030000"]);
    await world.stop();
  });

  it("notices within a minute that the clock was set forward", async () => {
    const world = await started();
    await world.create(scheduleKind, "nightly", { spec: daily });
    await pass(world, minute);
    const now = world.clock.now;
    Object.assign(world.clock, { now: () => new Date(now().getTime() + 4 * hour) });
    await pass(world, minute);
    assert.deepEqual(await backupsOf(world), ["nightly-20260101030000"]);
    await world.stop();
  });

  it("at rest costs no request", async () => {
    let requests = 0;
    const world = await started({
      api: {
        // Lists and watches are those of the caches.
        authorise: ({ verb, resource }) => {
          const isOurs = resource === "schedules" || resource === "backups";
          if (isOurs && verb !== "list" && verb !== "watch") requests += 1;
          return true;
        },
      },
    });
    await world.create(scheduleKind, "yearly", { spec: { ...daily, schedule: "@yearly" } });
    await world.create(scheduleKind, "broken", { spec: { ...daily, schedule: "" } });
    await pass(world, 5 * minute);
    const before = requests;
    assert.ok(before > 0);
    await pass(world, 15 * minute);
    assert.equal(requests, before);
    await world.stop();
  });
});

describe("the spec of a schedule", () => {
  it("is never written to (regression 38)", async () => {
    const patched: string[] = [];
    const world = await started({
      api: {
        admission: ({ operation, kind, object }) => {
          if (operation === "update" && kind.resource === "schedules") {
            patched.push(JSON.stringify((object as unknown as Schedule).spec));
          }
          return object;
        },
      },
    });
    const spec = { ...often, skipImmediately: true };
    await world.create(scheduleKind, "nightly", { spec });
    await pass(world, 11 * minute);
    await finish(world);
    await pass(world, 10 * minute);
    assert.ok(patched.length >= 3, "phase, and twice lastBackup");
    for (const written of patched) assert.deepEqual(JSON.parse(written), spec);
    await world.stop();
  });
});

describe("a pause", () => {
  it("lets its times pass, and the end of it does not fire (regression 38)", async () => {
    const world = await started();
    await world.create(scheduleKind, "nightly", { spec: { ...often, paused: true } });
    await pass(world, 25 * minute);
    assert.deepEqual(await statusOf(world, "nightly"), {
      phase: "Enabled",
      lastSkipped: "2026-01-01T03:10:00Z",
    });
    await world.patch(scheduleKind, "nightly", { spec: { paused: false } });
    await pass(world, minute);
    assert.deepEqual(await backupsOf(world), []);
    await pass(world, 4 * minute);
    assert.deepEqual(await backupsOf(world), ["nightly-20260101032000"]);
    await world.stop();
  });

  it("is made up by one Backup where skipImmediately is false", async () => {
    const world = await started();
    const spec = { ...often, paused: true, skipImmediately: false };
    await world.create(scheduleKind, "nightly", { spec });
    await pass(world, 25 * minute);
    await world.patch(scheduleKind, "nightly", { spec: { paused: false } });
    await pass(world, 2_000);
    assert.deepEqual(await backupsOf(world), ["nightly-20260101031000"]);
    assert.deepEqual(await specOf(world, "nightly"), { ...spec, paused: false });
    await world.stop();
  });

  it("is made up as well where the server is set to it, unless the schedule says otherwise", async () => {
    const world = await started({ settings: { scheduleSkipImmediately: false } });
    await world.create(scheduleKind, "server", { spec: { ...often, paused: true } });
    await world.create(scheduleKind, "own", {
      spec: { ...often, paused: true, skipImmediately: true },
    });
    await pass(world, 25 * minute);
    await world.patch(scheduleKind, "server", { spec: { paused: false } });
    await world.patch(scheduleKind, "own", { spec: { paused: false } });
    await pass(world, 2_000);
    assert.deepEqual(await backupsOf(world), ["server-20260101031000"]);
    await world.stop();
  });
});

describe("a server that was away", () => {
  it("makes up what was missed by one Backup (regression 39)", async () => {
    const world = await started();
    await world.create(scheduleKind, "often", { spec: often });
    await pass(world, 10 * minute);
    await finish(world);
    await world.stop();
    await pass(world, 30 * hour + 10 * minute);
    const next = await world.nextTerm();
    await next.start(createScheduleController);
    await pass(next, minute);
    assert.deepEqual(await backupsOf(next), ["often-20260101030000", "often-20260102091000"]);
    await next.stop();
  });

  it("does not fire for a schedule that it has never seen, unless asked", async () => {
    const world = await worldOf();
    await world.create(scheduleKind, "new", { spec: daily });
    await world.create(scheduleKind, "asked", { spec: { ...daily, skipImmediately: false } });
    await pass(world, 5 * hour);
    await world.start(createScheduleController);
    await pass(world, minute);
    assert.deepEqual(await backupsOf(world), ["asked-20260101030000"]);
    assert.equal((await statusOf(world, "new"))?.lastSkipped, "2026-01-01T07:50:00Z");
    await world.stop();
  });
});
