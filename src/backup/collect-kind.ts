import type { RawObject } from "../api/raw-object.ts";
import { apiVersion, groupResource, type ResourceKind } from "../api/resource-kind.ts";
import type { ListPosition } from "../format/checkpoint.ts";
import type { ManifestKind } from "../format/manifest.ts";
import { type ArkError, hasCode, toArkError } from "../lib/errors.ts";
import type { CollectInput } from "./collect-input.ts";
import type { KindTaker } from "./item-taker.ts";
import { endsTheRun, type ListOutcome } from "./list-kind.ts";
import { listsOf, positionOf, type RunningList } from "./list-scopes.ts";
import { createMemberBuilder, type OpenMember } from "./member-builder.ts";

export interface CollectedKind {
  readonly entry: ManifestKind;
  /** Why the rest of the kind is missing. */
  readonly error?: ArkError;
  /** Namespaces whose lists were refused, where others were read; absent: none. */
  readonly deniedIn?: readonly string[];
}

export interface KindFailure {
  readonly kind: ResourceKind;
  readonly error: ArkError;
  /** Objects that were taken before the list failed. */
  readonly taken: number;
  readonly deniedIn?: readonly string[];
  /** It is served no more. */
  readonly removed?: true;
}

/**
 * Lists one kind and hands its members to the archive, each with the positions of the lists
 * that it makes durable. Thrown are errors of the
 * store, and those after which no other kind could be listed either.
 */
export async function collectKind(
  kind: ResourceKind,
  input: CollectInput,
  taker: KindTaker,
  signal: AbortSignal,
): Promise<CollectedKind> {
  const builder = createMemberBuilder(kind, { ...input, targetBytes: input.memberBytes });
  const positions = new Map<string, ListPosition>();
  const whole: ListOutcome = { resourceVersion: "", oneRevision: true };
  let count = 0;
  let error: ArkError | undefined;
  let listsRead = 0;
  const deniedIn: string[] = [];
  const send = async (member: OpenMember): Promise<void> => {
    member.positions.push(...positions.values());
    positions.clear();
    await input.archive.addMember(member, signal);
  };
  for (const list of listsOf(kind, input)) {
    const read = await readList(list, { input, taker, builder, positions, send }, signal);
    count += read.count;
    error ??= read.error;
    const { namespace } = list.scope;
    if (hasCode(read.error, "ARK_API_FORBIDDEN") && namespace !== undefined) {
      // Rights differ by namespace: the others may be open.
      deniedIn.push(namespace);
      continue;
    }
    mergeOutcome(whole, list.outcome);
    if (read.error !== undefined) break;
    listsRead += 1;
  }
  const rest = builder.close();
  if (rest !== undefined) await send(rest);
  if (error !== undefined) notWhole(whole, deniedIn);
  input.archive.notePositions([...positions.values()]);
  return {
    entry: manifestKind(kind, count, whole),
    ...(error === undefined ? {} : { error }),
    ...(listsRead > 0 && deniedIn.length > 0 && { deniedIn }),
  };
}

interface Reading {
  readonly input: CollectInput;
  readonly taker: KindTaker;
  readonly builder: ReturnType<typeof createMemberBuilder>;
  readonly positions: Map<string, ListPosition>;
  readonly send: (member: OpenMember) => Promise<void>;
}

async function readList(
  list: RunningList,
  reading: Reading,
  signal: AbortSignal,
): Promise<{ readonly count: number; readonly error?: ArkError }> {
  const { input, positions, taker } = reading;
  const { kind, labelSelector } = list.scope;
  const resource = groupResource(kind);
  const { id } = list;
  let count = list.countBefore;
  let lastKey = list.cursor.startAfter;
  if (list.done) return { count };
  const once = input.onceEach(kind);
  const source = list.objects(signal);
  const standing = () => ({
    count,
    ...(lastKey === undefined ? {} : { lastKey }),
    wanted: taker.news(),
  });
  for (;;) {
    let batch: readonly RawObject[];
    try {
      const next = await source.next();
      if (next.done === true) break;
      batch = next.value;
    } catch (thrown) {
      signal.throwIfAborted();
      const error = toArkError(thrown);
      if (endsTheRun.has(error.code)) throw error;
      // What came before it goes into a member, and whoever continues must not take it again.
      positions.set(id, positionOf(list, { ...standing(), done: false }));
      return { count, error };
    }
    const { taken, held } = await taker.take(once(batch), labelSelector !== undefined, signal);
    for (const object of held) {
      input.names.add(apiVersion(kind), kind.kind, object);
      input.ordered.note(resource, object.namespace, object.name);
    }
    for (const object of taken) {
      input.names.add(apiVersion(kind), kind.kind, object);
      input.ordered.note(resource, object.namespace, object.name);
      count += 1;
      lastKey = taker.listKey(object);
      const member = reading.builder.add(object);
      if (member === undefined) continue;
      positions.set(id, positionOf(list, { ...standing(), done: false }));
      await reading.send(member);
    }
    input.onObjects(taken.length);
  }
  positions.set(id, positionOf(list, { count, done: true, wanted: taker.news() }));
  return { count };
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

/** A list that failed belongs to no cut: some of its objects are missing. */
function notWhole(outcome: ListOutcome, deniedIn: readonly string[]): void {
  delete outcome.cut;
  outcome.oneRevision = false;
  if (deniedIn.length === 0) outcome.reason ??= "its list failed half way";
  else {
    const places = `${deniedIn.length === 1 ? "namespace" : "namespaces"} ${deniedIn.join(", ")}`;
    outcome.reason = `this user may not list it in ${places}`;
  }
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
