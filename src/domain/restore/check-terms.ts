import type { RestoreSpec } from "../../api/restore.ts";
import type { Finding } from "../../api/results.ts";
import { closestFirst, editDistance } from "../../lib/edit-distance.ts";
import { isGlob, matchesGlob } from "../../lib/glob.ts";
import type { ResolvedTerm } from "../selection/resolve-term.ts";
import { neverRestored } from "./rule-table.ts";
import type { BackedUpKind, RestoreSelection } from "./selection.ts";

/** A term of a restore that does not do what whoever wrote it can have meant. */
export interface TermProblem extends Finding {
  /** To go on without the term would restore what was not asked for, or nothing at all. */
  readonly stops: boolean;
}

export interface TermInput {
  readonly spec: RestoreSpec;
  readonly selection: RestoreSelection;
  readonly kinds: readonly BackedUpKind[];
  /** Namespaces in which the backup holds objects, or that it holds as objects. */
  readonly namespaces: readonly string[];
}

/** Names of what the backup has in one sentence. */
const namedCandidates = 8;

/** Include terms that select nothing are errors, exclude terms warnings. Mappings are errors. */
export function checkTerms(input: TermInput): readonly TermProblem[] {
  return [
    ...includedNamespaces(input),
    ...includedKinds(input),
    ...statusKinds(input),
    ...objectKinds(input),
    ...recreatedNamespaces(input),
    ...excluded(input),
    ...strayMappings(input),
    ...mergedNamespaces(input),
  ];
}

function includedNamespaces({ spec, namespaces }: TermInput): TermProblem[] {
  const terms = (spec.includedNamespaces ?? []).filter((term) => term !== "*");
  const missing = terms.filter((term) => !namesNamespace(term, namespaces));
  return missing.map((term) => ({
    severity: "error",
    code: "ARK_NAMESPACE_MISSING",
    message: `the backup holds nothing of ${isGlob(term) ? "a namespace like" : "namespace"} ${JSON.stringify(term)}`,
    advice: candidates("namespaces of the backup", closestFirst(term, namespaces)),
    stops: missing.length === terms.length,
  }));
}

function includedKinds({ spec, selection, kinds }: TermInput): TermProblem[] {
  const missing = selection.includeTerms.filter((term) => !isHeld(term, kinds));
  const all = (spec.includedResources ?? []).length;
  return missing.map(({ term, selected }) => ({
    severity: "error",
    code: "ARK_KIND_UNKNOWN",
    message:
      selected.length > 0
        ? `the backup holds no object of kind ${JSON.stringify(term)}`
        : `neither the backup nor the cluster knows a kind named ${JSON.stringify(term)}`,
    advice: candidates("kinds of the backup", closestKinds(term, kinds)),
    stops: missing.length === all,
  }));
}

function statusKinds({ selection }: TermInput): TermProblem[] {
  return selection.statusTerms
    .filter(({ selected, brokenGroup }) => selected.length === 0 && !brokenGroup)
    .map(({ term }) => ({
      severity: "error",
      code: "ARK_KIND_UNKNOWN",
      message: `status: neither the backup nor the cluster knows a kind named ${JSON.stringify(term)}`,
      stops: false,
    }));
}

/** Objects that are named one by one: their kinds. That none has the name is told by the plan. */
function objectKinds({ selection, kinds }: TermInput): TermProblem[] {
  return [...selection.objectTerms, ...selection.recreateTerms]
    .filter(({ resources }) => resources.length === 0)
    .map(({ text, kind }) => ({
      severity: "error",
      code: "ARK_KIND_UNKNOWN",
      message: `${text}: neither the backup nor the cluster knows a kind named ${JSON.stringify(kind)}`,
      advice: candidates("kinds of the backup", closestKinds(kind, kinds)),
      stops: true,
    }));
}

/** Policy recreate leaves them as they are, named or not. */
function recreatedNamespaces({ selection }: TermInput): TermProblem[] {
  return selection.recreateTerms
    .filter(({ resources }) => resources.includes("namespaces"))
    .map(({ text, name }) => ({
      severity: "error",
      code: "ARK_USAGE",
      message: `${text} cannot be recreated: an existing namespace is left as it is, with all that is in it`,
      advice: `to have it anew, delete it first (kubectl delete namespace ${name}) and restore then`,
      stops: true,
    }));
}

function excluded({ spec, selection, namespaces }: TermInput): TermProblem[] {
  const strayNamespaces = (spec.excludedNamespaces ?? [])
    .filter((term) => !namesNamespace(term, namespaces))
    .map((term) => ({
      code: "ARK_NAMESPACE_MISSING" as const,
      message: `the exclude term ${JSON.stringify(term)} names no namespace of the backup`,
    }));
  const strayKinds = selection.excludeTerms
    .filter(({ selected, brokenGroup }) => selected.length === 0 && !brokenGroup)
    .map(({ term }) => ({
      code: "ARK_KIND_UNKNOWN" as const,
      message: `the exclude term ${JSON.stringify(term)} names no kind of backup or cluster`,
    }));
  return [...strayNamespaces, ...strayKinds].map((stray) => ({
    severity: "warning",
    ...stray,
    stops: false,
  }));
}

/** A mistyped source would leave its namespace to be restored under its own name. */
function strayMappings({ spec, selection, namespaces }: TermInput): TermProblem[] {
  const taken = namespaces.filter((name) => selection.includesNamespace(name));
  return Object.entries(spec.namespaceMapping ?? {})
    .filter(([from]) => !taken.includes(from))
    .map(([from, to]) => {
      const known = namespaces.includes(from);
      const why = known
        ? `namespace ${JSON.stringify(from)} is not among those that are restored`
        : `the backup holds nothing of namespace ${JSON.stringify(from)}`;
      return {
        severity: "error",
        code: "ARK_NAMESPACE_MISSING",
        message: `namespace mapping ${JSON.stringify(`${from}:${to}`)}: ${why}`,
        advice: known
          ? candidates("namespaces that are restored", taken)
          : candidates("namespaces of the backup", closestFirst(from, namespaces)),
        stops: true,
      };
    });
}

function mergedNamespaces({ spec, selection, namespaces }: TermInput): TermProblem[] {
  const sources = new Map<string, string[]>();
  for (const name of namespaces) {
    if (!selection.includesNamespace(name)) continue;
    const target = selection.mapNamespace(name);
    sources.set(target, [...(sources.get(target) ?? []), name]);
  }
  const fate =
    spec.existingResourcePolicy === "update"
      ? "one overwrites the other"
      : "only one of them is restored";
  return [...sources]
    .filter(([, names]) => names.length > 1)
    .map(([target, names]) => ({
      severity: "warning",
      code: "ARK_NAMESPACES_MERGED",
      message: `namespaces ${names.map((name) => JSON.stringify(name)).join(" and ")} of the backup are both restored into ${JSON.stringify(target)}: of objects of the same kind and name ${fate}`,
      stops: false,
    }));
}

function namesNamespace(term: string, namespaces: readonly string[]): boolean {
  return namespaces.some((name) => matchesGlob(term, name));
}

function isHeld({ selected, brokenGroup }: ResolvedTerm, kinds: readonly BackedUpKind[]): boolean {
  if (selected.length === 0) return brokenGroup;
  return kinds.some(({ resource }) => selected.includes(resource));
}

function isNever(resource: string): boolean {
  return neverRestored.includes(resource);
}

function closestKinds(term: string, kinds: readonly BackedUpKind[]): string[] {
  const word = term.toLowerCase();
  const steps = ({ resource, kind }: BackedUpKind): number =>
    Math.min(
      ...[resource, resource.split(".")[0] ?? "", kind.toLowerCase()].map((name) =>
        editDistance(word, name),
      ),
    );
  return [...kinds]
    .filter(({ resource }) => !isNever(resource))
    .map((kind) => ({ resource: kind.resource, steps: steps(kind) }))
    .sort((a, b) => a.steps - b.steps || (a.resource < b.resource ? -1 : 1))
    .map(({ resource }) => resource);
}

function candidates(what: string, names: readonly string[]): string {
  if (names.length === 0) return `${what}: none`;
  const left = names.length - namedCandidates;
  const shown = names.slice(0, namedCandidates).join(", ");
  return `${what}, closest first: ${shown}${left > 0 ? ` and ${left} more` : ""}`;
}
