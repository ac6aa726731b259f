import type { BackupSpec } from "../api/backup.ts";
import { labels } from "../api/labels.ts";
import type { RawObject } from "../api/raw-object.ts";
import { groupResource, type ResourceKind } from "../api/resource-kind.ts";
import { needsExpansion } from "../domain/selection/namespace-filter.ts";
import { mapConcurrently } from "../lib/concurrency.ts";
import { ArkError, hasCode, toArkError } from "../lib/errors.ts";
import { isGlob, matchesGlob } from "../lib/glob.ts";
import type { Clock } from "../ports/clock.ts";
import type { ClusterReader } from "../ports/cluster.ts";
import { listKind } from "./list-kind.ts";

const getsInFlight = 8;

export interface NamespaceSurvey {
  /** All namespaces where they may be listed; else those named by the user that exist. */
  readonly names: readonly string[];
  readonly optedOut: readonly string[];
  /** Namespaces that were named literally and do not exist. */
  readonly missing: readonly string[];
  /** Namespaces that were named literally and are being deleted. */
  readonly ending: readonly string[];
  /** Include patterns that match no namespace. */
  readonly unmatched: readonly string[];
  /** Names and patterns of the exclude list that match no namespace; empty where unknown. */
  readonly unmatchedExcludes: readonly string[];
  /** False when this user may not list namespaces: they are then read one by one. */
  readonly listable: boolean;
  /** Why Namespace objects that are in scope cannot be read, where that is so. */
  readonly refusal?: ArkError;
}

/**
 * Learns which namespaces live and which opted out. A user with rights in single namespaces
 * cannot list them: the named ones are then read one by one, and what is not allowed is a refusal.
 */
export async function surveyNamespaces(
  spec: BackupSpec,
  kinds: readonly ResourceKind[],
  ports: { readonly cluster: ClusterReader; readonly clock: Clock },
  signal: AbortSignal,
): Promise<NamespaceSurvey> {
  const kind = kinds.find((candidate) => groupResource(candidate) === "namespaces");
  if (kind === undefined) return surveyed([], {}, false);
  const named = (spec.includedNamespaces ?? []).filter((name) => name !== "*" && !isGlob(name));
  try {
    const found: RawObject[] = [];
    const outcome = { resourceVersion: "", oneRevision: true };
    for await (const batch of listKind({ kind }, ports, outcome, signal)) {
      for (const object of batch) found.push(object);
    }
    return surveyed(found, spec, true);
  } catch (error) {
    if (!hasCode(error, "ARK_API_FORBIDDEN")) throw error;
    if (needsWholeList(spec)) throw needsListRight(error);
    const isWhole = named.length === 0 || (spec.includedNamespaces ?? []).includes("*");
    const survey = await readOneByOne(kind, named, ports.cluster, signal);
    return isWhole ? { ...survey, refusal: toArkError(error) } : survey;
  }
}

function needsWholeList(spec: BackupSpec): boolean {
  return needsExpansion({
    includes: spec.includedNamespaces ?? [],
    excludes: spec.excludedNamespaces ?? [],
  });
}

function needsListRight(cause: ArkError): ArkError {
  return new ArkError(
    "ARK_API_FORBIDDEN",
    "cannot expand namespace patterns without listing namespaces",
    {
      ...(cause.tried === undefined ? {} : { tried: cause.tried }),
      ...(cause.answer === undefined ? {} : { answer: cause.answer }),
      advice: "name the namespaces in full, or get the right to list namespaces",
      cause,
    },
  );
}

function surveyed(
  found: readonly RawObject[],
  spec: Pick<BackupSpec, "includedNamespaces" | "excludedNamespaces">,
  listable: boolean,
): NamespaceSurvey {
  const names = found.map((object) => object.name);
  const matchNothing = (patterns: readonly string[] = []): readonly string[] =>
    patterns.filter(
      (pattern) => pattern !== "*" && !names.some((name) => matchesGlob(pattern, name)),
    );
  const unmatched = matchNothing(spec.includedNamespaces);
  return {
    names,
    optedOut: found
      .filter((object) => object.labels[labels.excludeFromBackup] === "true")
      .map((object) => object.name),
    missing: unmatched.filter((pattern) => !isGlob(pattern)),
    ending: found
      .filter(({ name, terminating }) => terminating && spec.includedNamespaces?.includes(name))
      .map(({ name }) => name),
    unmatched: unmatched.filter(isGlob),
    unmatchedExcludes: matchNothing(spec.excludedNamespaces),
    listable,
  };
}

async function readOneByOne(
  kind: ResourceKind,
  named: readonly string[],
  cluster: ClusterReader,
  signal: AbortSignal,
): Promise<NamespaceSurvey> {
  const missing: string[] = [];
  const found: RawObject[] = [];
  const refused: RefusedNamespace[] = [];
  await mapConcurrently(named, getsInFlight, async (name) => {
    const object = await getOrRefused({ kind, name }, cluster, refused, signal);
    if (object === undefined) missing.push(name);
    else if (object !== "refused") found.push(object);
  });
  const refusal = refusalOf(refused);
  const survey = {
    ...surveyed(found, {}, false),
    missing: missing.sort(),
    ending: found.filter(({ terminating }) => terminating).map(({ name }) => name),
  };
  return refusal === undefined ? survey : { ...survey, refusal };
}

export interface RefusedNamespace {
  readonly name: string;
  readonly error: ArkError;
}

/** A Namespace, read by itself; where this user may not, it is added to `refused`. */
export async function getOrRefused(
  { kind, name }: { readonly kind: ResourceKind; readonly name: string },
  cluster: ClusterReader,
  refused: RefusedNamespace[],
  signal: AbortSignal,
): Promise<RawObject | "refused" | undefined> {
  try {
    return await cluster.get({ kind, namespace: "", name }, { signal });
  } catch (error) {
    if (!hasCode(error, "ARK_API_FORBIDDEN")) throw error;
    refused.push({ name, error });
    return "refused";
  }
}

/** One error for all of them; undefined where there is none. */
export function refusalOf(refused: readonly RefusedNamespace[]): ArkError | undefined {
  const [first, ...others] = refused.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  if (first === undefined || others.length === 0) return first?.error;
  const { error } = first;
  const names = others.map(({ name }) => name).join(", ");
  return new ArkError("ARK_API_FORBIDDEN", error.message, {
    ...(error.tried === undefined ? {} : { tried: error.tried }),
    answer: `${error.answer ?? error.message}; the same was said of ${names}`,
    ...(error.advice === undefined ? {} : { advice: error.advice }),
    cause: error,
  });
}
