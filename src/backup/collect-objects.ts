import type { RawObject } from "../api/raw-object.ts";
import { apiVersion, groupResource, type ResourceKind } from "../api/resource-kind.ts";
import type { BackupPlan } from "../domain/plan.ts";
import { namespacesToList } from "../domain/selection/namespace-filter.ts";
import type { ManifestKind } from "../format/manifest.ts";
import type { ResourceListBuilder } from "../format/resource-list.ts";
import { mapConcurrently } from "../lib/concurrency.ts";
import { type ArkError, toArkError } from "../lib/errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { ClusterReader } from "../ports/cluster.ts";
import type { ArchiveWriter } from "./archive-writer.ts";
import { type ListOutcome, type ListScope, listKind } from "./list-kind.ts";
import type { MemberBuffers } from "./member-buffers.ts";
import { createMemberBuilder, createRunBuffers } from "./member-builder.ts";
import type { CutPlan } from "./plan-cut.ts";
import { createObjectSelector, type ObjectSelector } from "./select-objects.ts";
import type { NamespaceSurvey } from "./survey-namespaces.ts";

/** Lists in flight: enough to keep the API server busy, few enough for the memory budget. */
const kindsInFlight = 4;
const getsInFlight = 8;

export interface CollectInput {
  readonly plan: BackupPlan;
  readonly cutPlan: CutPlan;
  readonly survey: NamespaceSurvey;
  readonly cluster: ClusterReader;
  readonly clock: Clock;
  readonly archive: ArchiveWriter;
  readonly names: ResourceListBuilder;
  readonly mtimeSeconds: number;
  readonly onObjects: (count: number) => void;
  readonly onKind: (kind: ResourceKind, event: "begun" | "done") => void;
}

export interface KindFailure {
  readonly kind: ResourceKind;
  readonly error: ArkError;
  /** Objects that were taken before the list failed. */
  readonly taken: number;
}

export interface Collected {
  readonly kinds: readonly ManifestKind[];
  readonly failures: readonly KindFailure[];
  readonly objects: number;
  readonly dropped: ObjectSelector["dropped"];
}

/**
 * Lists every kind of the plan and writes what selection keeps. A kind that cannot be listed is
 * a failure of that kind, never of the run; a failure of the store ends the run.
 */
export async function collectObjects(input: CollectInput, signal: AbortSignal): Promise<Collected> {
  const selector = createObjectSelector(input.plan);
  const kinds: ManifestKind[] = [];
  const failures: KindFailure[] = [];
  const buffers = createRunBuffers();
  const isNamespace = (kind: ResourceKind): boolean => groupResource(kind) === "namespaces";

  const collect = async (kind: ResourceKind): Promise<void> => {
    input.onKind(kind, "begun");
    const select = isNamespace(kind) ? selector.selectNamespaces : selector.select;
    const { entry, error } = await collectKind(kind, { ...input, buffers }, select, signal);
    if (error === undefined || entry.count > 0) kinds.push(entry);
    if (error !== undefined) failures.push({ kind, error, taken: entry.count });
    input.onKind(kind, "done");
  };
  const others = input.plan.kinds.filter((kind) => !isNamespace(kind));
  await mapConcurrently(largestFirst(others, input.cutPlan), kindsInFlight, collect);
  await mapConcurrently(input.plan.kinds.filter(isNamespace), 1, collect);
  const objects = kinds.reduce((sum, kind) => sum + kind.count, 0);
  return { kinds: inOrder(kinds, input.plan), failures, objects, dropped: selector.dropped };
}

function largestFirst(kinds: readonly ResourceKind[], cut: CutPlan): readonly ResourceKind[] {
  const expected = (kind: ResourceKind): number => cut.expected.get(groupResource(kind)) ?? 0;
  return [...kinds].sort((a, b) => expected(b) - expected(a));
}

function inOrder(kinds: readonly ManifestKind[], plan: BackupPlan): readonly ManifestKind[] {
  const place = new Map(plan.kinds.map((kind, index) => [groupResource(kind), index]));
  return [...kinds].sort((a, b) => (place.get(a.resource) ?? 0) - (place.get(b.resource) ?? 0));
}

type Select = (objects: readonly RawObject[]) => readonly RawObject[];

async function collectKind(
  kind: ResourceKind,
  input: CollectInput & { readonly buffers: MemberBuffers },
  select: Select,
  signal: AbortSignal,
): Promise<{ readonly entry: ManifestKind; readonly error?: ArkError }> {
  const builder = createMemberBuilder(kind, input.mtimeSeconds, input.buffers);
  const once = onceEach(input.plan);
  const outcome: ListOutcome = { resourceVersion: "", oneRevision: true };
  let count = 0;
  let error: ArkError | undefined;
  const source = objectsOf(kind, input, outcome, signal);
  for (;;) {
    let batch: readonly RawObject[] | undefined;
    try {
      const next = await source.next();
      if (next.done === true) break;
      batch = next.value;
    } catch (thrown) {
      signal.throwIfAborted();
      error = toArkError(thrown);
      break;
    }
    const kept = select(once(batch));
    for (const object of kept) {
      input.names.add(apiVersion(kind), kind.kind, object);
      const member = builder.add(object);
      if (member !== undefined) await input.archive.addMember(member, signal);
    }
    count += kept.length;
    input.onObjects(kept.length);
  }
  const rest = builder.close();
  if (rest !== undefined) await input.archive.addMember(rest, signal);
  return { entry: manifestKind(kind, count, outcome), ...(error === undefined ? {} : { error }) };
}

/** With several selectors one object can come several times; it is written once. */
function onceEach(plan: BackupPlan): Select {
  if (plan.selectors.length < 2) return (objects) => objects;
  const seen = new Set<string>();
  return (objects) =>
    objects.filter((object) => {
      const key = `${object.namespace}/${object.name}`;
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    });
}

async function* objectsOf(
  kind: ResourceKind,
  input: CollectInput,
  outcome: ListOutcome,
  signal: AbortSignal,
): AsyncGenerator<readonly RawObject[]> {
  const { cluster, clock, cutPlan } = input;
  const membership = cutPlan.membership(kind);
  if (!membership.member) outcome.reason = membership.reason;
  const ports = {
    cluster,
    clock,
    ...(membership.member && cutPlan.sequence !== undefined ? { cuts: cutPlan.sequence } : {}),
  };
  if (groupResource(kind) === "namespaces" && !input.survey.listable) {
    yield* readNamespaces(kind, input, outcome, signal);
    return;
  }
  for (const scope of listScopes(kind, input.plan)) {
    const one: ListOutcome = { resourceVersion: "", oneRevision: true };
    yield* listKind(scope, ports, one, signal);
    mergeOutcome(outcome, one);
  }
}

function listScopes(kind: ResourceKind, plan: BackupPlan): readonly ListScope[] {
  const namespaces = kind.namespaced ? namespacesToList(plan.namespaces) : undefined;
  const isNamespace = groupResource(kind) === "namespaces";
  const selectors = plan.selectors.length === 0 || isNamespace ? [undefined] : plan.selectors;
  return (namespaces ?? [undefined]).flatMap((namespace) =>
    selectors.map((labelSelector) => ({
      kind,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labelSelector === undefined || labelSelector === "" ? {} : { labelSelector }),
    })),
  );
}

/** Several lists of one kind are one revision only if each is, and all of the same. */
function mergeOutcome(whole: ListOutcome, one: ListOutcome): void {
  const first = whole.resourceVersion === "";
  if (!one.oneRevision) whole.oneRevision = false;
  if (!first && whole.resourceVersion !== one.resourceVersion) {
    whole.oneRevision = false;
    whole.reason ??= "its lists are of several revisions";
  }
  if (one.reason !== undefined) whole.reason ??= one.reason;
  if (first && one.cut !== undefined) whole.cut = one.cut;
  if (one.cut === undefined || one.cut !== whole.cut || !whole.oneRevision) delete whole.cut;
  whole.resourceVersion = one.resourceVersion;
}

async function* readNamespaces(
  kind: ResourceKind,
  input: CollectInput,
  outcome: ListOutcome,
  signal: AbortSignal,
): AsyncGenerator<readonly RawObject[]> {
  outcome.oneRevision = false;
  outcome.reason = "namespaces may not be listed by this user: they were read one by one";
  const found = await mapConcurrently(input.survey.names, getsInFlight, (name) =>
    input.cluster.get({ kind, namespace: "", name }, { signal }),
  );
  const present = found.filter((object) => object !== undefined);
  outcome.resourceVersion = present.at(-1)?.resourceVersion ?? "";
  yield present;
}

function manifestKind(kind: ResourceKind, count: number, outcome: ListOutcome): ManifestKind {
  return {
    resource: groupResource(kind),
    version: apiVersion(kind),
    kind: kind.kind,
    namespaced: kind.namespaced,
    count,
    resourceVersion: outcome.resourceVersion,
    oneRevision: outcome.oneRevision,
    ...(outcome.cut === undefined ? {} : { cut: outcome.cut }),
    ...(outcome.reason === undefined ? {} : { reason: outcome.reason }),
  };
}
