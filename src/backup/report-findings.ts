import { groupResource } from "../api/resource-kind.ts";
import type { RunLog } from "../catalog/run-log.ts";
import { resourceOrders } from "../domain/ordered-resources.ts";
import { ArkError, hasCode } from "../lib/errors.ts";
import type { KindFailure } from "./collect-kind.ts";
import type { Collected } from "./collect-objects.ts";
import { reportMislabelled } from "./opt-outs.ts";
import type { PlannedRun } from "./plan-run.ts";
import { reportPolicies } from "./report-policies.ts";
import { reportRelated } from "./report-related.ts";
import { reportVersions } from "./report-versions.ts";

/** What planning already knows to be missing or without effect. */
export function reportPlan({ plan, survey, discovery }: PlannedRun, log: RunLog): void {
  for (const term of plan.unknownIncludes) {
    log.find({
      severity: "error",
      code: "ARK_KIND_UNKNOWN",
      message: `include term "${term}" selects no kind of this cluster`,
    });
  }
  for (const term of plan.unknownExcludes) {
    log.find({
      severity: "warning",
      code: "ARK_KIND_UNKNOWN",
      message: `exclude term "${term}" selects no kind of this cluster`,
    });
  }
  reportPolicies(plan, log);
  for (const term of resourceOrders(plan.spec, discovery.kinds).unknown) {
    log.find({
      severity: "warning",
      code: "ARK_ORDER_NO_EFFECT",
      message: `"${term}" of the ordered resources is no kind of this cluster`,
    });
  }
  for (const namespace of survey.missing) {
    log.find({
      severity: "error",
      code: "ARK_NAMESPACE_MISSING",
      message: `namespace "${namespace}" is named by the backup and does not exist`,
    });
  }
  for (const namespace of survey.ending) {
    log.find({
      severity: "error",
      code: "ARK_NAMESPACE_MISSING",
      message: `namespace "${namespace}" is named by the backup and is being deleted: what is left of it is not all there was`,
      advice: "an earlier backup may hold it whole: ark-ts backup get",
    });
  }
  for (const pattern of [...survey.unmatched, ...survey.unmatchedExcludes]) {
    log.find({
      severity: "warning",
      code: "ARK_NAMESPACE_MISSING",
      message: `"${pattern}" of the namespace filter matches no namespace of this cluster`,
    });
  }
  for (const { group, versions, reason } of discovery.failures) {
    if (!plan.brokenGroups.includes(group)) continue;
    const name = versions.length === 0 ? group : `${group}/${versions.join(",")}`;
    log.find({
      severity: "error",
      code: "ARK_LIST_FAILED",
      resource: `*.${group}`,
      message: `the kinds of ${name} could not be learned: ${reason}; their objects are not in this backup`,
      advice: `leave them out with --exclude-resources '*.${group}', or mend the service`,
    });
  }
}

/** What collection could not take. Forbidden kinds come as one list that can be pasted. */
export function reportCollected(run: PlannedRun, collected: Collected, log: RunLog): void {
  const forbidden = collected.failures.filter(
    ({ error, taken, deniedIn }) =>
      hasCode(error, "ARK_API_FORBIDDEN") && taken === 0 && deniedIn === undefined,
  );
  const isAll = collected.kinds.length === 0 && forbidden.length === collected.failures.length;
  if (forbidden.length > 0) reportForbidden(run, forbidden, isAll, log);
  for (const failure of collected.failures) {
    if (!forbidden.includes(failure) && !isDeniedInPart(failure)) reportFailure(failure, log);
  }
  reportDeniedInPart(collected.failures.filter(isDeniedInPart), log);
  reportRelated(collected.related, log);
  reportVersions(collected, log);
  reportMislabelled(collected.mislabelled, log);
  const found = collected.kinds.filter((kind) => kind.resource !== "namespaces" && kind.count > 0);
  if (found.length === 0 && collected.failures.length === 0) {
    log.find({
      severity: "warning",
      code: "ARK_NOTHING_SELECTED",
      message: "nothing matched: there is no object in this backup but namespaces",
      advice: "look at the filters and selectors that were given",
    });
  }
}

/**
 * Throws what the findings say when not one kind could be listed: an empty backup would only look
 * like one.
 */
export function refuseNothingListed(collected: Collected, log: RunLog): void {
  if (collected.kinds.length > 0 || collected.failures.length === 0) return;
  const found = log.findings.find(
    ({ code }) => code === "ARK_API_FORBIDDEN" || code === "ARK_LIST_FAILED",
  );
  const [failure] = collected.failures;
  if (found === undefined || failure === undefined) return;
  const { advice } = found;
  const { answer, code, message } = failure.error;
  const kinds = collected.failures.length;
  const none = kinds === 1 ? "the one kind in scope could not" : `none of the ${kinds} kinds could`;
  throw new ArkError(code, `nothing was backed up: ${none} be listed`, {
    answer: answer ?? message,
    ...(advice === undefined ? {} : { advice }),
    cause: failure.error,
  });
}

function reportFailure({ kind, error, taken, removed }: KindFailure, log: RunLog): void {
  const resource = groupResource(kind);
  if (removed) {
    const extent = taken === 0 ? "none of its objects is" : `${taken} of its objects are`;
    log.find({
      severity: "warning",
      code: "ARK_KIND_REMOVED",
      resource,
      message: `${resource} was removed while the backup ran: the API server serves it no more, and ${extent} in this backup`,
    });
    return;
  }
  const why = error.answer ?? error.message;
  const extent =
    taken === 0
      ? "its objects are not in this backup"
      : `only ${taken} of its objects ${taken === 1 ? "is" : "are"} in this backup`;
  log.find({
    severity: "error",
    code: "ARK_LIST_FAILED",
    resource,
    message: `${resource} could not be listed: ${why}; ${extent}`,
    advice:
      taken > 0 && hasCode(error, "ARK_API_FORBIDDEN")
        ? `get the right to all of them; --exclude-resources ${resource} would leave out those that are in it too`
        : `leave it out with --exclude-resources ${resource}, or mend what answers for it`,
  });
}

const deniedNames = 6;

function isDeniedInPart({ error, deniedIn }: KindFailure): boolean {
  return deniedIn !== undefined && hasCode(error, "ARK_API_FORBIDDEN");
}

/** One finding for each set of namespaces. To exclude the kinds would lose them everywhere. */
function reportDeniedInPart(failures: readonly KindFailure[], log: RunLog): void {
  const byPlace = new Map<string, string[]>();
  for (const { kind, deniedIn = [] } of failures) {
    const place = deniedIn.join(",");
    byPlace.set(place, [...(byPlace.get(place) ?? []), groupResource(kind)]);
  }
  for (const [place, resources] of byPlace) {
    const more = resources.length - deniedNames;
    const names = resources.slice(0, deniedNames).join(", ");
    const kinds = more > 0 ? `${names} and ${more} more kinds` : names;
    const where = `the ${place.includes(",") ? "namespaces" : "namespace"} ${place.replaceAll(",", ", ")}`;
    log.find({
      severity: "error",
      code: "ARK_API_FORBIDDEN",
      message: `this user may not list ${kinds} in ${where}; their objects there are not in this backup, those of the other namespaces are`,
      advice: `get the right to list them there, or leave ${place} out of the namespaces that are taken`,
    });
  }
}

function reportForbidden(
  { plan }: PlannedRun,
  forbidden: readonly KindFailure[],
  isAll: boolean,
  log: RunLog,
): void {
  const scoped = hasScopedLists(plan.spec);
  const named = (failures: readonly KindFailure[]): readonly string[] =>
    failures.flatMap(({ kind }) => withTwins(groupResource(kind), plan));
  const flags: readonly (readonly [string, readonly string[]])[] = scoped
    ? [
        ["--exclude-namespace-scoped-resources", named(forbidden.filter((f) => f.kind.namespaced))],
        ["--exclude-cluster-scoped-resources", named(forbidden.filter((f) => !f.kind.namespaced))],
      ]
    : [["--exclude-resources", named(forbidden)]];
  const paste = flags
    .filter(([, names]) => names.length > 0)
    .map(([flag, names]) => `${flag} ${names.join(",")}`)
    .join(" ");
  const kinds = forbidden.length === 1 ? "1 kind" : `${forbidden.length} kinds`;
  // With all of them left out nothing would remain.
  const otherwise = !isAll
    ? `leave them out with ${paste}, or `
    : plan.namespaces.everything
      ? "name the namespaces in which this user has rights with --include-namespaces, or "
      : "";
  log.find({
    severity: "error",
    code: "ARK_API_FORBIDDEN",
    message: `this user may not list ${kinds}; their objects are not in this backup`,
    advice: `${otherwise}get the right to list them`,
  });
}

/** Where a kind is left out, another one with the same objects would be taken in its place. */
function withTwins(resource: string, plan: PlannedRun["plan"]): readonly string[] {
  const twins = plan.leftOut.filter((kind) => kind.twinOf === resource);
  return [resource, ...twins.map((kind) => kind.resource)];
}

function hasScopedLists(spec: PlannedRun["plan"]["spec"]): boolean {
  return [
    spec.includedClusterScopedResources,
    spec.excludedClusterScopedResources,
    spec.includedNamespaceScopedResources,
    spec.excludedNamespaceScopedResources,
  ].some((list) => (list ?? []).length > 0);
}
