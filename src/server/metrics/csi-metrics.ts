import { labels } from "../../api/labels.ts";
import type { LiveBackup } from "../../controllers/controller-context.ts";
import type { Metric } from "./exposition.ts";

/** Of each Backup that is there and took CSI snapshots, with Velero's names and labels. */
export function csiMetrics(backups: Iterable<LiveBackup>): readonly Metric[] {
  const attempts: Metric["samples"][number][] = [];
  const successes: Metric["samples"][number][] = [];
  const failures: Metric["samples"][number][] = [];
  for (const { metadata, status } of backups) {
    const attempted = status?.csiVolumeSnapshotsAttempted ?? 0;
    if (attempted === 0) continue;
    const completed = Math.min(attempted, status?.csiVolumeSnapshotsCompleted ?? 0);
    const schedule = metadata.labels?.[labels.scheduleName] ?? "";
    const of = { schedule, backupName: metadata.name };
    attempts.push({ labels: of, value: attempted });
    successes.push({ labels: of, value: completed });
    // Those of a backup that goes on may still succeed.
    const isOver = (status?.completionTimestamp ?? "") !== "";
    failures.push({ labels: of, value: isOver ? attempted - completed : 0 });
  }
  const counter = (what: string, help: string, samples: Metric["samples"]): Metric => ({
    name: `velero_csi_snapshot_${what}_total`,
    type: "counter",
    help,
    samples,
  });
  return [
    counter("attempt", "CSI snapshots that the backup began.", attempts),
    counter("success", "CSI snapshots of the backup that succeeded.", successes),
    counter("failure", "CSI snapshots of the backup that failed.", failures),
  ];
}
