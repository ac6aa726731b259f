import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { backupKind } from "../../src/api/backup.ts";
import { backupStorageLocationKind } from "../../src/api/backup-storage-location.ts";
import { deleteBackupRequestKind } from "../../src/api/delete-backup-request.ts";
import { annotations } from "../../src/api/labels.ts";
import { scheduleKind } from "../../src/api/schedule.ts";
import { renderMetrics } from "../../src/server/metrics/exposition.ts";
import { createTallyKeeper } from "../../src/server/metrics/keep-tally.ts";
import { leaderMetrics } from "../../src/server/metrics/velero-metrics.ts";
import { type ControllerWorld, createControllerWorld } from "../support/controller-world.ts";

const nightly = { "velero.io/schedule-name": "nightly" };
const startTimestamp = "2026-01-01T00:00:00Z";
const ended = (phase: string) => ({
  phase,
  startTimestamp,
  completionTimestamp: "2026-01-01T00:02:00Z",
});

/** Of velero-features 8.3, without those of repositories and pod volumes. */
const velerosNames: readonly string[] = [
  ...["backup_tarball_size_bytes", "backup_total", "backup_attempt_total", "backup_success_total"],
  ...["backup_partial_failure_total", "backup_failure_total", "backup_validation_failure_total"],
  ...["backup_warning_total", "backup_deletion_attempt_total", "backup_deletion_success_total"],
  ...["backup_deletion_failure_total", "backup_duration_seconds", "backup_last_status"],
  ...["backup_last_successful_timestamp", "backup_items_total", "backup_items_errors"],
  ...["backup_location_status_gauge", "restore_total", "restore_attempt_total"],
  ...["restore_validation_failed_total", "restore_success_total", "restore_failed_total"],
  ...["restore_partial_failure_total", "volume_snapshot_attempt_total"],
  ...["volume_snapshot_success_total", "volume_snapshot_failure_total"],
  ...["csi_snapshot_attempt_total", "csi_snapshot_success_total", "csi_snapshot_failure_total"],
  "schedule_expected_interval_seconds",
];

/** Begins the counting; answers what a scrape shows. */
async function scraping(world: ControllerWorld): Promise<() => string> {
  let current: ReturnType<typeof createTallyKeeper>["current"] = () => undefined;
  await world.start((context) => {
    const keeper = createTallyKeeper(context);
    current = keeper.current;
    return keeper.runnable;
  });
  return () =>
    renderMetrics(
      leaderMetrics(world.context.caches, current(), { now: world.clock.now(), timeZone: "UTC" }),
    );
}
const seen = (world: ControllerWorld, scrape: () => string, line: string) =>
  world.until(line, () => scrape().split("\n").includes(line));

describe("metrics of the leader (regression 44)", () => {
  it("stay true over a change of leaders and when backups expire", async () => {
    const world = await createControllerWorld();
    const scrape = await scraping(world);
    const spec = { schedule: "0 1 * * *", template: {} };
    await world.create(scheduleKind, "nightly", { spec });
    await world.create(backupKind, "one", { labels: nightly, status: ended("Completed") });
    await world.create(backupKind, "two", {
      labels: nightly,
      status: { phase: "InProgress", startTimestamp },
    });
    await seen(world, scrape, 'velero_backup_attempt_total{schedule="nightly"} 2');
    await seen(world, scrape, 'velero_backup_success_total{schedule="nightly"} 1');
    await seen(world, scrape, 'velero_backup_last_status{schedule="nightly"} 1');
    world.loseTerm();
    await world.remove(backupKind, "one");
    await world.patch(backupKind, "two", { status: ended("Failed") });
    const next = await world.nextTerm();
    const again = await scraping(next);
    await seen(next, again, 'velero_backup_failure_total{schedule="nightly"} 1');
    await seen(next, again, 'velero_backup_attempt_total{schedule="nightly"} 2');
    await seen(next, again, 'velero_backup_success_total{schedule="nightly"} 1');
    await seen(next, again, "velero_backup_total 1");
    await next.remove(scheduleKind, "nightly");
    await next.until("its series are gone", () => !again().includes("nightly"));
    await next.stop();
    await world.stop();
  });

  it("have every name of Velero's server that has a meaning here, and the last backup's size whoever leads", async () => {
    const world = await createControllerWorld();
    const scrape = await scraping(world);
    const spec = { schedule: "0 1 * * *", template: {} };
    await world.create(scheduleKind, "nightly", { spec });
    await world.location("main");
    await world.patch(backupStorageLocationKind, "main", { status: { phase: "Available" } });
    await world.create(backupKind, "one", {
      labels: nightly,
      annotations: { [annotations.archiveBytes]: "12345" },
      status: { ...ended("Completed"), csiVolumeSnapshotsAttempted: 1 },
    });
    const size = 'velero_backup_tarball_size_bytes{schedule="nightly"} 12345';
    await seen(world, scrape, size);
    const shown = new Set(
      [...scrape().matchAll(/^(velero_\w+?)(?:_bucket|_sum|_count)?(?:\{.*\})? \d/gm)].map(
        ([, one]) => one,
      ),
    );
    const missing = velerosNames.map((name) => `velero_${name}`).filter((name) => !shown.has(name));
    assert.deepEqual(missing, []);
    world.loseTerm();
    await world.remove(backupKind, "one");
    const next = await world.nextTerm();
    const again = await scraping(next);
    await seen(next, again, 'velero_backup_success_total{schedule="nightly"} 1');
    assert.ok(again().split("\n").includes(size), "the size is as true as the count");
    await next.stop();
    await world.stop();
  });

  it("count a deletion that is over at once", async () => {
    const world = await createControllerWorld();
    const scrape = await scraping(world);
    await world.create(backupKind, "one", { status: ended("Completed") });
    const spec = { backupName: "one" };
    await world.create(deleteBackupRequestKind, "gone", { spec });
    await world.patch(deleteBackupRequestKind, "gone", { status: { phase: "InProgress" } });
    await world.remove(backupKind, "one");
    await world.remove(deleteBackupRequestKind, "gone");
    await seen(world, scrape, 'velero_backup_deletion_success_total{schedule=""} 1');
    await seen(world, scrape, 'velero_backup_deletion_attempt_total{schedule=""} 1');
    await seen(world, scrape, 'velero_backup_success_total{schedule=""} 1');
    await world.stop();
  });

  it("count on from what stands when somebody deletes what was counted", async () => {
    const world = await createControllerWorld();
    const scrape = await scraping(world);
    await world.create(backupKind, "one", { status: ended("Completed") });
    await seen(world, scrape, 'velero_backup_success_total{schedule=""} 1');
    const { cluster } = world;
    const { configMapKind } = await import("../../src/api/config-map-kind.ts");
    const ref = { kind: configMapKind, namespace: "ark-ts", name: "ark-ts-metrics" };
    const signal = new AbortController().signal;
    assert.equal(await cluster.remove(ref, { signal }), true);
    await world.create(backupKind, "two", { status: ended("Completed") });
    await seen(world, scrape, 'velero_backup_success_total{schedule=""} 2');
    await world.stop();
  });
});
