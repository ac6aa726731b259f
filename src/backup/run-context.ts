import type { BackupPhase } from "../api/backup.ts";
import type { RunLog } from "../catalog/run-log.ts";
import type { BackupPlan } from "../domain/plan.ts";
import type { ClusterIdentity } from "../ports/cluster.ts";
import type { RunFacts } from "./backup-resource.ts";
import type { BackupPorts, BackupReport, BackupRequest, ContinuedFrom } from "./backup-run.ts";
import type { Captured } from "./capture.ts";
import type { ActStage } from "./hooks/act-stage.ts";
import type { NativeStage } from "./native/native-stage.ts";
import type { OperationStage } from "./operations/operation-stage.ts";
import { optOutsOf } from "./opt-outs.ts";
import type { PlannedRun } from "./plan-run.ts";
import type { SnapshotStage } from "./snapshots/snapshot-stage.ts";
import type { TakenUp } from "./take-up-run.ts";

/** `1.1.0` where objects stand in version folders too: design part 5 says why not always. */
export function formatVersionOf({ otherVersions }: BackupPlan): "1.0.0" | "1.1.0" {
  return otherVersions === undefined ? "1.0.0" : "1.1.0";
}

/** What every stage of one run knows. */
export interface RunContext {
  readonly request: BackupRequest;
  readonly ports: BackupPorts;
  readonly log: RunLog;
  /** The run's, however often it is continued. */
  readonly uid: string;
  /** When the run was begun, by this process or an earlier one. */
  readonly startedAt: Date;
  /** When this process began, on the monotonic clock. */
  readonly startedMs: number;
  readonly identity: ClusterIdentity;
  readonly run: PlannedRun;
  readonly before: TakenUp | undefined;
  readonly act: ActStage;
  readonly operations: OperationStage;
  readonly snapshots: SnapshotStage;
  readonly natives: NativeStage;
}

export function factsOf(context: RunContext, phase: BackupPhase, objects: number): RunFacts {
  const { uid, startedAt, identity, log, ports } = context;
  const { policies } = context.run.plan;
  return {
    uid,
    startedAt,
    endedAt: ports.clock.now(),
    identity,
    formatVersion: formatVersionOf(context.run.plan),
    phase,
    objects,
    warnings: log.count("warning"),
    errors: log.count("error"),
    operations: context.operations.counts(),
    natives: {
      attempted: context.natives.attempted(),
      completed: context.natives.records().filter(({ failure }) => failure === undefined).length,
    },
    hooks: context.before?.run.end?.hooks ?? context.act.counts(),
    ...(policies === undefined ? {} : { policies }),
  };
}

export function reportOf(
  context: RunContext,
  captured: Captured | undefined,
): Omit<BackupReport, "backup" | "manifest"> {
  const inScope = context.run.plan.kinds.length;
  const { before, log, ports } = context;
  return {
    findings: log.findings,
    volumes: captured?.volumes ?? [],
    objects: captured?.collected.objects ?? 0,
    kindsListed: captured === undefined ? 0 : inScope - captured.collected.kindsFailed,
    kindsInScope: inScope,
    archiveBytes: captured?.written.archive.sizeBytes ?? 0,
    durationMs: ports.clock.monotonicMs() - context.startedMs,
    ...(captured !== undefined && {
      kindsInPart: captured.collected.kindsInPart,
      optedOut: optOutsOf(context.run, captured.collected.dropped.optedOut),
    }),
    ...(before === undefined ? {} : { continued: continuedFrom(before) }),
  };
}

function continuedFrom({ run }: TakenUp): ContinuedFrom {
  const objects = [...run.lists.values()].reduce((sum, list) => sum + list.count, 0);
  return { objects, parts: run.parts.length, sealed: false };
}
