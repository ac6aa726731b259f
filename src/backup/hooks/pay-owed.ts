import type { BackupSpec } from "../../api/backup.ts";
import type { RunLog } from "../../catalog/run-log.ts";
import type { Liveness } from "../../catalog/run-owner.ts";
import { listThaws, type StoredThaw } from "../../catalog/thaw-records.ts";
import { payThaw, type ThawOutcome, type ThawPorts } from "./pay-thaws.ts";

export interface PayingRun {
  readonly runUid: string;
  readonly clusterId: string;
  readonly spec: BackupSpec;
  readonly log: RunLog;
  readonly liveness: Liveness;
}

/**
 * Pays the post hooks that runs owe which are dead: those of this run's earlier process, and of
 * others in this cluster whose process is gone from this machine; those only once, so that a hook
 * that always fails does not delay each backup. What stays owed is said.
 */
export async function payOwed(
  run: PayingRun,
  ports: ThawPorts,
  signal: AbortSignal,
): Promise<void> {
  const { log } = run;
  const { thaws, unreadable } = await listThaws(ports.store, signal);
  for (const { message } of unreadable) {
    log.write("warn", "a record of post hooks cannot be read", { error: message });
  }
  for (const stored of thaws) {
    if (stored.record.clusterId !== run.clusterId) continue;
    const isOwn = stored.runUid === run.runUid;
    const liveness = run.liveness(stored.record.owner);
    const goesOn = liveness === "alive" && stored.record.attempts === 0;
    if (!isOwn && goesOn) continue;
    if (!isOwn && (liveness !== "gone" || stored.record.attempts > 0)) {
      tellOwed(stored, log);
      continue;
    }
    const options = { resources: run.spec.hooks?.resources ?? [], runUndeclared: false };
    const outcomes = await payThaw(stored, ports, options, signal);
    for (const outcome of outcomes) tellOutcome(stored, outcome, isOwn, log);
  }
}

function tellOwed({ record }: StoredThaw, log: RunLog): void {
  log.write("warn", "pods may be frozen since an earlier backup", {
    backup: record.backup,
    since: record.since,
    pods: podsOf(record.thaws),
    advice: `ark-ts backup thaw ${record.backup}`,
  });
}

function podsOf(thaws: StoredThaw["record"]["thaws"]): readonly string[] {
  return [...new Set(thaws.map(({ namespace, pod }) => `${namespace}/${pod}`))];
}

function tellOutcome(
  { record }: StoredThaw,
  outcome: ThawOutcome,
  isOwn: boolean,
  log: RunLog,
): void {
  const { namespace, pod } = outcome.thaw;
  const fields = { backup: record.backup, pod: `${namespace}/${pod}`, since: record.since };
  if (outcome.state === "paid") {
    log.write("info", "an owed post hook was run", fields);
    return;
  }
  if (outcome.state === "gone") {
    log.write("info", "an owed post hook is needless", { ...fields, reason: outcome.why });
    return;
  }
  const why =
    outcome.state === "failed"
      ? outcome.why
      : "its command stands neither in the pod's annotations nor in this backup's spec, so nobody but you can have it run";
  log.find({
    severity: isOwn ? "error" : "warning",
    code: "ARK_POD_FROZEN",
    message: `pod ${namespace}/${pod} may be frozen since ${record.since} by a run of backup "${record.backup}" that died: ${why}`,
    resource: "pods",
    namespace,
    name: pod,
    advice: `to try again: ark-ts backup thaw ${record.backup}`,
  });
}
