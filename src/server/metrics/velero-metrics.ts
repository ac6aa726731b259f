import type { Caches } from "../../controllers/controller-context.ts";
import type { Informer } from "../../runtime/informer.ts";
import { valuesOf } from "../../runtime/object-cache.ts";
import { csiMetrics } from "./csi-metrics.ts";
import type { Metric, Sample } from "./exposition.ts";
import { type ScheduleClock, scheduleMetrics } from "./schedule-metrics.ts";
import {
  type Counter,
  counters,
  durationBounds,
  emptySchedule,
  type ScheduleTally,
  type Tally,
} from "./tally.ts";

/**
 * What the leader tells: counts from the tally, the rest from what stands in the namespace. Names are
 * Velero's where it has them (velero-features 8.3). Each schedule that is there has all its series.
 */
export function leaderMetrics(
  caches: Caches,
  tally: Tally | undefined,
  clock: ScheduleClock,
): readonly Metric[] {
  return [
    ...(tally === undefined ? [] : tallied(caches, tally)),
    ...(tally === undefined ? [] : scheduleMetrics(valuesOf(caches.schedules), tally, clock)),
    ...standing(caches),
    ...csiMetrics(valuesOf(caches.backups)),
  ];
}

function tallied({ schedules }: Caches, tally: Tally): readonly Metric[] {
  const names = ["", ...[...schedules.entries()].map(([, { metadata }]) => metadata.name)].sort();
  const series = (
    name: string,
    help: string,
    value: (of: ScheduleTally) => number | undefined,
    type: "gauge" | "counter" = "gauge",
  ): Metric => ({
    name,
    type,
    help,
    samples: names.flatMap((schedule): readonly Sample[] => {
      const found = value(tally.schedules[schedule] ?? emptySchedule);
      return found === undefined ? [] : [{ labels: { schedule }, value: found }];
    }),
  });
  return [
    ...Object.entries(counters).map(([name, help]) =>
      series(name, help, ({ counts }) => counts[name as Counter] ?? 0, "counter"),
    ),
    {
      name: "velero_backup_duration_seconds",
      type: "histogram",
      help: "How long backups took.",
      samples: names.flatMap((schedule) =>
        histogram(schedule, (tally.schedules[schedule] ?? emptySchedule).durations),
      ),
    },
    series(
      "velero_backup_last_successful_timestamp",
      "When the last Completed backup ended, in seconds since 1970.",
      ({ lastSuccess }) => lastSuccess,
    ),
    series(
      "velero_backup_last_status",
      "1 where the last backup is Completed or there was none, else 0.",
      ({ last }) => (last?.isGood === false ? 0 : 1),
    ),
    series(
      "velero_backup_tarball_size_bytes",
      "Size of the archive of the last backup.",
      ({ last }) => last?.bytes,
    ),
    series(
      "velero_backup_items_total",
      "Items of the last backup.",
      ({ last }) => last?.items ?? 0,
    ),
    series(
      "velero_backup_items_errors",
      "Errors of the last backup.",
      ({ last }) => last?.errors ?? 0,
    ),
  ];
}

function histogram(
  schedule: string,
  { buckets, sum, count }: ScheduleTally["durations"],
): readonly Sample[] {
  const at = (le: string, value: number): Sample => ({
    suffix: "_bucket",
    labels: { schedule, le },
    value,
  });
  return [
    ...durationBounds.map((bound, index) => at(String(bound), buckets[index] ?? 0)),
    at("+Inf", count),
    { suffix: "_sum", labels: { schedule }, value: sum },
    { suffix: "_count", labels: { schedule }, value: count },
  ];
}

function standing(caches: Caches): readonly Metric[] {
  const gauge = (name: string, help: string, samples: readonly Sample[]): Metric => ({
    name,
    type: "gauge",
    help,
    samples,
  });
  const all: readonly (readonly [string, Informer<unknown>])[] = Object.entries(caches);
  return [
    gauge("velero_backup_total", "Backups in the cluster.", [
      { labels: {}, value: caches.backups.size },
    ]),
    gauge("velero_restore_total", "Restores in the cluster.", [
      { labels: {}, value: caches.restores.size },
    ]),
    gauge(
      "velero_backup_location_status_gauge",
      "1 where the location is Available, 0 where it is not.",
      [...caches.locations.entries()].flatMap(([, { metadata, status }]) =>
        status?.phase === undefined
          ? []
          : [
              {
                labels: { backup_location_name: metadata.name },
                value: status.phase === "Available" ? 1 : 0,
              },
            ],
      ),
    ),
    gauge("ark_ts_backups", "Backups in the cluster, by phase.", byPhase(caches.backups)),
    gauge("ark_ts_restores", "Restores in the cluster, by phase.", byPhase(caches.restores)),
    gauge(
      "ark_ts_cache_following",
      "1 where what is known of the kind is followed, 0 where it is as last known.",
      all.map(([kind, { error }]) => ({ labels: { kind }, value: error === undefined ? 1 : 0 })),
    ),
  ];
}

function byPhase(
  runs: Informer<{ readonly status?: { readonly phase?: string } }>,
): readonly Sample[] {
  const found = new Map<string, number>();
  for (const [, { status }] of runs.entries()) {
    const phase = status?.phase ?? "New";
    found.set(phase, (found.get(phase) ?? 0) + 1);
  }
  return [...found].sort().map(([phase, value]) => ({ labels: { phase }, value }));
}
