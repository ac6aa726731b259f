import { createHash } from "node:crypto";
import { apiVersion, groupResource, type ResourceKind } from "../api/resource-kind.ts";
import type { BackupPlan } from "../domain/plan.ts";
import { checkBackupSpec } from "../domain/selection/backup-spec-checks.ts";
import { planBackup } from "../domain/selection/plan-backup.ts";
import { usesGlobalFilter } from "../domain/selection/resource-filter.ts";
import {
  type StrayTerm,
  strayTerm,
  suggestKind,
  suggestNamespace,
} from "../domain/selection/suggest-terms.ts";
import { ArkError } from "../lib/errors.ts";
import type { Discovery } from "../ports/cluster.ts";
import type { BackupPorts, BackupRequest } from "./backup-run.ts";
import { loadPolicies } from "./load-policies.ts";
import { type NamespaceSurvey, surveyNamespaces } from "./survey-namespaces.ts";

export interface PlannedRun {
  readonly plan: BackupPlan;
  readonly survey: NamespaceSurvey;
  readonly discovery: Discovery;
  /** The resource policies as they were read; absent: there are none. */
  readonly policyText?: string;
}

/**
 * Reads what a plan needs and decides it; nothing is written. Errors: ARK_USAGE for a spec that
 * contradicts itself, ARK_KIND_UNKNOWN and ARK_NAMESPACE_MISSING for terms that a person typed
 * and that select nothing, and those of `loadPolicies`.
 */
export async function planRun(
  request: BackupRequest,
  ports: Pick<BackupPorts, "cluster" | "clock">,
  signal: AbortSignal,
): Promise<PlannedRun> {
  refuseContradictions(request);
  const discovery = await ports.cluster.discover({ signal });
  const survey = await surveyNamespaces(request.spec, discovery.kinds, ports, signal);
  const policies = await loadPolicies(request, ports.cluster, signal);
  const plan = planBackup({
    name: request.name,
    spec: request.spec,
    discovered: {
      kinds: discovery.kinds,
      brokenGroups: discovery.failures.map((failure) => failure.group),
    },
    activeNamespaces: survey.names,
    knowsAllNamespaces: survey.listable,
    optedOutNamespaces: survey.optedOut,
    ...(policies === undefined ? {} : { policies }),
    allApiVersions: request.allApiVersions === true,
  });
  if (request.typed) refuseUnknown(plan, survey, discovery.kinds);
  return { plan, survey, discovery, ...(policies && { policyText: policies.text }) };
}

function refuseContradictions(request: BackupRequest): void {
  const violations = checkBackupSpec(request.spec);
  if (violations.length === 0) return;
  throw new ArkError("ARK_USAGE", `cannot plan backup "${request.name}": ${violations.join("; ")}`);
}

function refuseUnknown(
  plan: BackupPlan,
  survey: NamespaceSurvey,
  kinds: readonly ResourceKind[],
): void {
  if (plan.unknownIncludes.length > 0) throw unknownKinds(plan, kinds);
  const nowhere = [...survey.missing, ...survey.unmatched];
  if (nowhere.length > 0) {
    throw new ArkError(
      "ARK_NAMESPACE_MISSING",
      `there is no namespace ${nowhere.map(quote).join(", ")} in this cluster`,
      {
        advice: advised(
          nowhere,
          (term) => suggestNamespace(term, survey.names),
          "see the namespaces with: kubectl get namespaces",
        ),
      },
    );
  }
}

/** A name that the other scope has is told apart from one that nothing has. */
function unknownKinds(plan: BackupPlan, kinds: readonly ResourceKind[]): ArkError {
  const strays: StrayTerm[] = [];
  const unknown: string[] = [];
  for (const term of plan.unknownIncludes) {
    const scope = scopeOf(plan, term);
    const stray = scope === undefined ? undefined : strayTerm(term, kinds, scope);
    if (stray === undefined) unknown.push(term);
    else strays.push(stray);
  }
  const named = unknown.map(quote).join(", ");
  const problems = [
    ...strays.map(({ problem }) => problem),
    ...(unknown.length > 0 ? [`this cluster serves no ${listedKind(plan)} named ${named}`] : []),
  ];
  const general =
    "see what is served with: kubectl api-resources; a kind is named by its plural, singular or short name, with .group where several groups have it";
  const suggest = (term: string) => suggestKind(term, kinds, scopeOf(plan, term));
  const hints = [
    ...strays.map(({ advice }) => advice),
    ...(unknown.length > 0 ? [advised(unknown, suggest, general)] : []),
  ];
  return new ArkError("ARK_KIND_UNKNOWN", problems.join("; "), { advice: hints.join("; ") });
}

/** What may have been meant by each term, before the general advice. */
function advised(
  terms: readonly string[],
  suggest: (term: string) => string | undefined,
  general: string,
): string {
  const hints = terms.flatMap((term) => {
    const hint = suggest(term);
    if (hint === undefined) return [];
    return [terms.length === 1 ? hint : `${quote(term)}: ${hint}`];
  });
  return [...hints, general].join("; ");
}

/** The scope of the list that has the term; undefined where lists hold kinds of both. */
function scopeOf({ spec }: BackupPlan, term: string): boolean | undefined {
  if (usesGlobalFilter(spec)) return undefined;
  return (spec.includedNamespaceScopedResources ?? []).includes(term);
}

/** With the scoped lists a name of the other scope selects nothing. */
function listedKind({ spec }: BackupPlan): string {
  return usesGlobalFilter(spec) ? "kind" : "kind of the list's scope (cluster or namespace)";
}

const quote = (text: string): string => JSON.stringify(text);

/** Identifies what a plan would take: two runs with one digest do the same. */
export function planDigest(plan: BackupPlan): string {
  const essence = {
    name: plan.name,
    spec: plan.spec,
    namespaces: plan.namespaces.lists,
    kinds: plan.kinds.map((kind) => `${groupResource(kind)} ${apiVersion(kind)}`),
    related: plan.related.map(({ kind, takes }) => `${takes} ${groupResource(kind)}`),
    selectors: plan.selectors,
    policies: plan.policies?.sha256,
    otherVersions: plan.otherVersions?.map((kind) => `${groupResource(kind)} ${apiVersion(kind)}`),
  };
  return createHash("sha256").update(JSON.stringify(essence)).digest("hex");
}
