import type { OpenedBackup } from "../catalog/opened-backup.ts";
import type { RunLog } from "../catalog/run-log.ts";
import { selectForRestore } from "../domain/restore/selection.ts";
import type { ArkError } from "../lib/errors.ts";
import { checkDamage } from "./check-damage.ts";
import { type InterruptedRestore, itemKey } from "./interrupted-restore.ts";
import { isPlanned, planRestore, type RestorePlan } from "./plan-restore.ts";
import { reportEmptyTerms, reportTerms } from "./report-terms.ts";
import type { RestorePorts, RestoreRequest } from "./restore-request.ts";
import { surveyBackup } from "./survey-backup.ts";
import { surveyJobs, surveyReferences } from "./survey-references.ts";
import { surveyVolumes } from "./survey-volumes.ts";
import { discoverTargetKinds, type TargetKinds } from "./target-kinds.ts";

const definitions = "customresourcedefinitions.apiextensions.k8s.io";

export interface Preparation {
  readonly request: RestoreRequest;
  readonly ports: RestorePorts;
  readonly backup: OpenedBackup;
  readonly log: RunLog;
  readonly before: InterruptedRestore;
}

export interface Prepared {
  readonly plan: RestorePlan;
  readonly target: TargetKinds;
  /** What ends the run before its first write, where nobody typed the request. */
  readonly refusal: ArkError | undefined;
}

/**
 * Everything that is read before the first write, the bytes to be restored included. Errors:
 * ARK_KIND_UNKNOWN, ARK_NAMESPACE_MISSING, ARK_BACKUP_DAMAGED, those of the reads.
 */
export async function prepareRestore(
  { request, ports, backup, log, before }: Preparation,
  signal: AbortSignal,
): Promise<Prepared> {
  const target = await discoverTargetKinds(ports.cluster, signal);
  const survey = await surveyBackup(backup, namesKinds(request), signal);
  const selection = selectForRestore({
    spec: request.spec,
    served: target.served,
    brokenGroups: target.brokenGroups,
    backedUp: survey.kinds,
    namespaces: survey.namespaces,
  });
  const refusal = reportTerms(request, survey, selection, log);
  const holds = (resource: string): boolean =>
    selection.includesKind(resource) && survey.kinds.some((kind) => kind.resource === resource);
  const volumes =
    holds("persistentvolumeclaims") || holds("persistentvolumes")
      ? await surveyVolumes(backup, ports.store, request.allowDamaged === true, signal)
      : new Map();
  const restoredJobs =
    holds("jobs.batch") && holds("pods")
      ? await surveyJobs(backup, selection, signal)
      : new Set<string>();
  const pulledIn = await surveyReferences(backup, selection, signal);
  const wasMade = (name: string): boolean => {
    const key = itemKey({ resource: definitions, namespace: "", name });
    return before.outcomes.has(key) || before.inDoubt.has(key);
  };
  const input = { backup, selection, pulledIn, volumes, restoredJobs, target, wasMade };
  const plan = await planRestore(input, signal);
  reportEmptyTerms(plan, survey, log);
  await checkDamage({ request, ports, backup, log }, (line) => isPlanned(plan, line), signal);
  for (const note of backup.notes()) log.write("info", note, { backup: backup.name });
  log.write("info", "restore planned", {
    backup: backup.name,
    kinds: plan.kinds.size,
    objects: plan.totalItems,
    namespaces: plan.namespaces.size,
  });
  return { plan, target, refusal };
}

function namesKinds({ spec }: RestoreRequest): boolean {
  const lists = [spec.includedResources, spec.excludedResources, spec.restoreStatus];
  return lists.some((list) => list !== undefined);
}
