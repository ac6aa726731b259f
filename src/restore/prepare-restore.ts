import type { OpenedBackup } from "../catalog/opened-backup.ts";
import type { RunLog } from "../catalog/run-log.ts";
import { type RestoreSelection, selectForRestore } from "../domain/restore/selection.ts";
import { ArkError } from "../lib/errors.ts";
import { isGlob } from "../lib/glob.ts";
import { planRestore, type RestorePlan } from "./plan-restore.ts";
import type { RestorePorts, RestoreRequest } from "./restore-request.ts";
import { type BackupSurvey, surveyBackup } from "./survey-backup.ts";
import { surveyJobs, surveyReferences } from "./survey-references.ts";
import { surveyVolumes } from "./survey-volumes.ts";
import { discoverTargetKinds, type TargetKinds } from "./target-kinds.ts";

export interface Preparation {
  readonly request: RestoreRequest;
  readonly ports: RestorePorts;
  readonly backup: OpenedBackup;
  readonly log: RunLog;
}

/** Everything that is read before the first write. Errors: ARK_KIND_UNKNOWN, those of the reads. */
export async function prepareRestore(
  { request, ports, backup, log }: Preparation,
  signal: AbortSignal,
): Promise<{ readonly plan: RestorePlan; readonly target: TargetKinds }> {
  const target = await discoverTargetKinds(ports.cluster, signal);
  const survey = await surveyBackup(backup, signal);
  const selection = selectForRestore({
    spec: request.spec,
    served: target.served,
    brokenGroups: target.brokenGroups,
    backedUp: survey.kinds,
    namespaces: survey.namespaces,
  });
  reportTerms(request, survey, selection, log);
  const holds = (resource: string): boolean =>
    selection.includesKind(resource) && survey.kinds.some((kind) => kind.resource === resource);
  const volumes =
    holds("persistentvolumeclaims") || holds("persistentvolumes")
      ? await surveyVolumes(backup, ports.store, signal)
      : new Map();
  const restoredJobs =
    holds("jobs.batch") && holds("pods")
      ? await surveyJobs(backup, selection, signal)
      : new Set<string>();
  const pulledIn = await surveyReferences(backup, selection, signal);
  const input = { backup, selection, pulledIn, volumes, restoredJobs, target };
  const plan = await planRestore(input, signal);
  for (const note of backup.notes()) log.write("info", note, { backup: backup.name });
  log.write("info", "restore planned", {
    backup: backup.name,
    kinds: plan.kinds.size,
    objects: plan.totalItems,
    namespaces: plan.namespaces.size,
  });
  return { plan, target };
}

/** Terms and namespaces that select nothing. */
function reportTerms(
  request: RestoreRequest,
  survey: BackupSurvey,
  selection: RestoreSelection,
  log: RunLog,
): void {
  if (selection.unknownIncludes.length > 0) {
    const terms = selection.unknownIncludes.map((term) => JSON.stringify(term)).join(", ");
    throw new ArkError(
      "ARK_KIND_UNKNOWN",
      `neither the backup nor the cluster knows a kind named ${terms}`,
      { advice: "see what the backup holds with: ark-ts backup describe NAME --details" },
    );
  }
  for (const term of selection.unknownExcludes) {
    const message = `the exclude term ${JSON.stringify(term)} names no kind of backup or cluster`;
    log.find({ severity: "warning", code: "ARK_KIND_UNKNOWN", message });
  }
  const known = new Set(survey.namespaces);
  for (const name of request.spec.includedNamespaces ?? []) {
    if (isGlob(name) || known.has(name)) continue;
    const message = `the backup holds nothing of namespace "${name}"`;
    log.find({ severity: "warning", code: "ARK_NAMESPACE_MISSING", message });
  }
}
