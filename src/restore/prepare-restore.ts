import type { OpenedBackup } from "../catalog/opened-backup.ts";
import type { RunLog } from "../catalog/run-log.ts";
import type { LoadedPolicies } from "../domain/policies/planned-policies.ts";
import type { RestoreChanges } from "../domain/restore/changes.ts";
import type { ChosenVersion } from "../domain/restore/choose-version.ts";
import { restoreOptions } from "../domain/restore/restore-options.ts";
import { knownKinds, type SelectionInput, selectForRestore } from "../domain/restore/selection.ts";
import type { FineFilters } from "../domain/selection/fine-filters.ts";
import type { NativeVolumeStep } from "../format/native-volume-step.ts";
import type { ArkError } from "../lib/errors.ts";
import { checkDamage } from "./check-damage.ts";
import { nameClones } from "./natives/name-clones.ts";
import { persistentVolumes } from "./natives/native-volumes.ts";
import { createOwnerLookup, type OwnerLookup } from "./owners/owner-lookup.ts";
import { isPlanned, planRestore, type RestorePlan } from "./plan-restore.ts";
import { type InterruptedRestore, itemKey } from "./record/interrupted-restore.ts";
import { reportNamed } from "./report/report-named.ts";
import { reportStirring } from "./report/report-stirring.ts";
import { reportEmptyTerms, reportTerms } from "./report/report-terms.ts";
import type { RestorePorts, RestoreRequest } from "./restore-request.ts";
import { chooseVersions } from "./survey/choose-versions.ts";
import { surveyBackup } from "./survey/survey-backup.ts";
import { surveyJobs, surveyReferences } from "./survey/survey-references.ts";
import { surveyVolumes, type VolumeSurvey } from "./survey/survey-volumes.ts";
import { discoverTargetKinds, type TargetKinds } from "./survey/target-kinds.ts";

const definitions = "customresourcedefinitions.apiextensions.k8s.io";

export interface Preparation {
  readonly request: RestoreRequest;
  readonly ports: RestorePorts;
  readonly backup: OpenedBackup;
  readonly log: RunLog;
  readonly before: InterruptedRestore;
  /** What processes before this one asked of providers. Default: nothing. */
  readonly volumeSteps?: ReadonlyMap<string, NativeVolumeStep>;
  readonly changes: RestoreChanges;
  readonly policies: LoadedPolicies | undefined;
  /** No restore is to follow at once. Default: false. */
  readonly isPlan?: boolean;
}

export interface Prepared {
  readonly plan: RestorePlan;
  readonly target: TargetKinds;
  /** As it looks in the versions that were chosen. */
  readonly backup: OpenedBackup;
  readonly versions: readonly ChosenVersion[];
  readonly lookup: OwnerLookup;
  /** What ends the run before its first write, where nobody typed the request. */
  readonly refusal: ArkError | undefined;
}

/**
 * Everything that is read before the first write, the bytes to be restored included. Errors:
 * ARK_KIND_UNKNOWN, ARK_NAMESPACE_MISSING, ARK_POLICY_INVALID, ARK_BACKUP_DAMAGED, those of the
 * reads.
 */
export async function prepareRestore(
  preparation: Preparation,
  signal: AbortSignal,
): Promise<Prepared> {
  const { request, ports, backup: opened, log, before, changes, policies } = preparation;
  const { isPlan = false, volumeSteps: steps = new Map() } = preparation;
  const target = await discoverTargetKinds(ports.cluster, signal);
  const isNamed = policies !== undefined || namesKinds(request);
  const survey = await surveyBackup(opened, isNamed, signal);
  const known = {
    served: target.served,
    brokenGroups: target.brokenGroups,
    backedUp: survey.kinds,
    namespaces: survey.namespaces,
  };
  const filters = policies && (await resolvePolicies(policies, request, known, log));
  const options = restoreOptions(request);
  const selection = selectForRestore({ spec: request.spec, ...known, options, filters });
  const stray = reportTerms(request, survey, selection, log);
  const refusal = (await reportNamed(request, opened, selection, log, signal)) ?? stray;
  const { includesKind } = selection;
  const choosing = { request, ports, log, backup: opened, survey, target, includesKind };
  const { backup, versions } = await chooseVersions(choosing, signal);
  const holds = (resource: string): boolean =>
    selection.includesKind(resource) && survey.kinds.some((kind) => kind.resource === resource);
  const surveyed =
    holds("persistentvolumeclaims") || holds("persistentvolumes")
      ? await surveyVolumes(backup, ports.store, volumeSurveyOf(request), signal)
      : new Map();
  const restoredJobs =
    holds("jobs.batch") && holds("pods")
      ? await surveyJobs(backup, selection, signal)
      : new Set<string>();
  const pulledIn = await surveyReferences(backup, selection, signal);
  const isRestored = (name: string): boolean =>
    isPlanned({ selection, pulledIn }, { resource: persistentVolumes, name });
  const { cluster } = ports;
  const volumes = await nameClones(
    { volumes: surveyed, selection, isPlanned: isRestored, steps, target, cluster },
    signal,
  );
  const wasMade = (name: string): boolean => {
    const key = itemKey({ resource: definitions, namespace: "", name });
    return before.outcomes.has(key) || before.inDoubt.has(key);
  };
  const input = { backup, selection, changes, pulledIn, volumes, restoredJobs, target, wasMade };
  const plan = await planRestore(input, signal);
  reportEmptyTerms(plan, survey, log);
  if (changes.passive) reportStirring(plan, log);
  await checkDamage(
    { request, ports, backup, log, isPlan },
    (line) => isPlanned(plan, line),
    signal,
  );
  for (const note of backup.notes()) log.write("info", note, { backup: backup.name });
  log.write("info", "restore planned", {
    backup: backup.name,
    kinds: plan.kinds.size,
    objects: plan.totalItems,
    namespaces: plan.namespaces.size,
  });
  const lookup = createOwnerLookup({ backup, ports });
  return { plan, target, backup, versions, lookup, refusal };
}

function volumeSurveyOf({ allowDamaged, spec }: RestoreRequest): VolumeSurvey {
  return { allowDamaged: allowDamaged === true, restoresData: spec.restorePVs !== false };
}

/** The filters of single kinds that the policies come to here; what has no effect is a finding. */
async function resolvePolicies(
  policies: LoadedPolicies,
  { spec }: RestoreRequest,
  known: Pick<SelectionInput, "served" | "backedUp" | "brokenGroups" | "namespaces">,
  log: RunLog,
): Promise<FineFilters | undefined> {
  const { planRestorePolicies } = await import("../domain/restore/plan-policies.ts");
  const source = { kinds: knownKinds(known), brokenGroups: known.brokenGroups };
  const { findings, itemFilters, where } = planRestorePolicies(
    policies,
    source,
    spec,
    known.namespaces,
  );
  for (const { severity, message } of findings) {
    const code = "ARK_POLICY_NO_EFFECT";
    log.find({ severity, code, message: `${message} (resource policies of ${where})` });
  }
  return itemFilters;
}

function namesKinds(request: RestoreRequest): boolean {
  const { spec } = request;
  const { objects, recreateObjects } = restoreOptions(request);
  const lists = [spec.includedResources, spec.excludedResources, spec.restoreStatus];
  return lists.some((list) => list !== undefined) || objects.length + recreateObjects.length > 0;
}
