import type { RawObject } from "../api/raw-object.ts";
import { apiVersion, groupResource, type ResourceKind } from "../api/resource-kind.ts";
import { type ListPosition, listId } from "../format/checkpoint.ts";
import type { ManifestKind } from "../format/manifest.ts";
import { type ArkError, toArkError } from "../lib/errors.ts";
import type { CollectInput } from "./collect-input.ts";
import type { KindTaker } from "./item-taker.ts";
import { endsTheRun, keyOf, type ListOutcome } from "./list-kind.ts";
import { listsOf, positionOf, type RunningList } from "./list-scopes.ts";
import { createMemberBuilder, type OpenMember } from "./member-builder.ts";

export interface CollectedKind {
  readonly entry: ManifestKind;
  /** Why the rest of the kind is missing. */
  readonly error?: ArkError;
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
  const builder = createMemberBuilder(kind, input.mtimeSeconds, input.buffers, input.memberBytes);
  const positions = new Map<string, ListPosition>();
  const whole: ListOutcome = { resourceVersion: "", oneRevision: true };
  let count = 0;
  let error: ArkError | undefined;
  const send = async (member: OpenMember): Promise<void> => {
    member.positions.push(...positions.values());
    positions.clear();
    await input.archive.addMember(member, signal);
  };
  for (const list of listsOf(kind, input)) {
    const read = await readList(list, { input, taker, builder, positions, send }, signal);
    count += read.count;
    mergeOutcome(whole, list.outcome);
    error ??= read.error;
    if (read.error !== undefined) break;
  }
  const rest = builder.close();
  if (rest !== undefined) await send(rest);
  if (error !== undefined) notWhole(whole);
  input.archive.notePositions([...positions.values()]);
  return { entry: manifestKind(kind, count, whole), ...(error === undefined ? {} : { error }) };
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
  const id = listId({ resource, ...list.scope });
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
    const kept = await taker.take(once(batch), labelSelector !== undefined, signal);
    for (const object of kept) {
      input.names.add(apiVersion(kind), kind.kind, object);
      input.ordered.note(resource, object.namespace, object.name);
      count += 1;
      lastKey = keyOf(object);
      const member = reading.builder.add(object);
      if (member === undefined) continue;
      positions.set(id, positionOf(list, { ...standing(), done: false }));
      await reading.send(member);
    }
    input.onObjects(kept.length);
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
function notWhole(outcome: ListOutcome): void {
  delete outcome.cut;
  outcome.oneRevision = false;
  outcome.reason ??= "its list failed half way";
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
