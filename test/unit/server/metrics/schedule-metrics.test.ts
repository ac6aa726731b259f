import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { load } from "js-yaml";
import type { Schedule } from "../../../../src/api/schedule.ts";
import type { LiveBackup } from "../../../../src/controllers/controller-context.ts";
import { csiMetrics } from "../../../../src/server/metrics/csi-metrics.ts";
import type { Metric } from "../../../../src/server/metrics/exposition.ts";
import { scheduleMetrics } from "../../../../src/server/metrics/schedule-metrics.ts";
import { emptySchedule, emptyTally, type Tally } from "../../../../src/server/metrics/tally.ts";

const createdAt = "2026-01-01T00:00:00Z";
const hours = (count: number): Date => new Date(Date.parse(createdAt) + count * 3_600_000);

const schedule = (name: string, spec: object = {}, status: object = {}): Schedule =>
  ({
    metadata: { name, creationTimestamp: createdAt },
    spec: { schedule: "0 3 * * *", template: {}, ...spec },
    status: { phase: "Enabled", ...status },
  }) as unknown as Schedule;

const sampleOf = (metrics: readonly Metric[], name: string, of: string): number | undefined =>
  metrics
    .find((metric) => metric.name === name)
    ?.samples.find(({ labels }) => Object.values(labels).includes(of))?.value;

const at = (all: readonly Schedule[], now: Date, tally: Tally = emptyTally) =>
  scheduleMetrics(all, tally, { now, timeZone: "UTC" });

/** Of an alert that reads `time() - METRIC > N * 3600`. */
function alert(name: string) {
  const rules = load(readFileSync("deploy/monitoring/alerts.yaml", "utf8")) as {
    readonly spec: {
      readonly groups: readonly { readonly rules: readonly Record<string, string>[] }[];
    };
  };
  const found = rules.spec.groups
    .flatMap((group) => group.rules)
    .find((rule) => rule["alert"] === name);
  const [, metric = "", count = ""] =
    /^time\(\) - (\w+) > (\d+) \* 3600$/.exec(found?.["expr"] ?? "") ?? [];
  return { metric, afterHours: Number(count) };
}

describe("metrics of schedules", () => {
  it("raise an alert on a schedule that has never had a good backup, and on no other", () => {
    const { metric, afterHours } = alert("ArkTsNeverBackedUp");
    const fires = (one: Schedule, now: Date, tally?: Tally): boolean => {
      const since = sampleOf(at([one], now, tally), metric, one.metadata.name);
      return since !== undefined && now.getTime() / 1000 - since > afterHours * 3600;
    };
    const nightly = schedule("nightly");
    assert.equal(fires(nightly, hours(afterHours - 1)), false);
    assert.equal(fires(nightly, hours(afterHours + 1)), true);
    assert.equal(fires(schedule("nightly", { paused: true }), hours(100)), false);
    const good = { schedules: { nightly: { ...emptySchedule, lastSuccess: 1 } }, counted: {} };
    assert.equal(fires(nightly, hours(100), good), false);
  });

  it("tell what is due next, and for how long it is overdue", () => {
    const all = [
      schedule("late", {}, { lastBackup: "2026-01-01T03:00:00Z" }),
      schedule("fine", {}, { lastBackup: "2026-01-02T03:00:00Z" }),
      schedule("paused", { paused: true }),
    ];
    const found = at(all, hours(29));
    assert.equal(sampleOf(found, "ark_ts_schedule_overdue_seconds", "late"), 2 * 3600);
    assert.equal(sampleOf(found, "ark_ts_schedule_overdue_seconds", "fine"), 0);
    assert.equal(sampleOf(found, "ark_ts_schedule_overdue_seconds", "paused"), undefined);
    assert.equal(
      sampleOf(found, "ark_ts_schedule_next_timestamp", "fine"),
      hours(51).getTime() / 1000,
    );
  });

  it("tell how long it is from one time to the next, by Velero's name", () => {
    const all = [
      schedule("nightly"),
      schedule("often", { schedule: "*/15 * * * *" }),
      schedule("interval", { schedule: "@every 90m" }),
      schedule("paused", { paused: true }),
      schedule("wrong", { schedule: "never" }),
    ];
    const found = at(all, hours(1));
    const interval = (name: string) =>
      sampleOf(found, "velero_schedule_expected_interval_seconds", name);
    assert.deepEqual(
      all.map(({ metadata }) => interval(metadata.name)),
      [86_400, 900, 5_400, undefined, undefined],
    );
  });
});

describe("metrics of CSI snapshots", () => {
  it("take those as failed that a backup has not brought to an end when it is over", () => {
    const backup = (name: string, status: object): LiveBackup =>
      ({ metadata: { name }, spec: {}, status }) as unknown as LiveBackup;
    const counts = { csiVolumeSnapshotsAttempted: 3, csiVolumeSnapshotsCompleted: 1 };
    const found = csiMetrics([
      backup("runs", counts),
      backup("over", { ...counts, completionTimestamp: createdAt }),
      backup("none", {}),
    ]);
    const failures = "velero_csi_snapshot_failure_total";
    assert.equal(sampleOf(found, failures, "runs"), 0);
    assert.equal(sampleOf(found, failures, "over"), 2);
    assert.equal(sampleOf(found, failures, "none"), undefined);
    assert.equal(sampleOf(found, "velero_csi_snapshot_success_total", "over"), 1);
  });
});
