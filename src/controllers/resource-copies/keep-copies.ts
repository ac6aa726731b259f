import { configMapKind } from "../../api/config-map-kind.ts";
import { type CustomResource, definitionName, resourceKindOf } from "../../api/custom-resource.ts";
import { fieldManager } from "../../api/field-manager.ts";
import type { RawObject } from "../../api/raw-object.ts";
import { readResource } from "../../api/read-resource.ts";
import { decideCopies } from "../../domain/copies/decide-copies.ts";
import {
  type Copyable,
  type CopyOrigin,
  copiedObject,
  type ResourceCopy,
  toConfigMap,
} from "../../domain/copies/resource-copy.ts";
import { isEstablished, readDefinition } from "../../install/definition-store.ts";
import { releaseObjects } from "../../install/uninstall-definitions.ts";
import { hasCode } from "../../lib/errors.ts";
import { jsonBytes } from "../../lib/json-text.ts";
import type { Informer } from "../../runtime/informer.ts";
import { listAll } from "../../runtime/list-all.ts";
import type { ControllerContext } from "../controller-context.ts";
import { makeAgain } from "./make-again.ts";
import { listCopies } from "./read-copies.ts";

/** One kind, as one term has come to know it. */
export interface KeptKind {
  readonly kind: CustomResource;
  readonly cache: Informer<Copyable>;
  /** As they stand in the cluster, which only this server writes; undefined: not read yet. */
  copies: Map<string, ResourceCopy> | undefined;
  /** The definition whose objects the cache is known to hold; undefined: not known. */
  trusted: string | undefined;
  /** By name: why there is no copy, as it was said. */
  readonly said: Map<string, string>;
}

/** What a look at a kind has found. */
export type KindState =
  | "kept"
  /** Its definition is being deleted, or is not there. */
  | "going"
  | "missing"
  /** It is there again, and what it holds is not known yet. */
  | "coming";

/**
 * Brings the copies of a kind in line with what stands, or what stands in line with the copies:
 * the latter when the definition of the kind went and came back. While it is going, finalizers are
 * taken off, and what they are for is left undone: nobody asked for the bucket to be touched.
 */
export async function keepCopies(
  context: ControllerContext,
  kept: KeptKind,
  signal: AbortSignal,
): Promise<KindState> {
  const { cluster } = context;
  const { kind } = kept;
  const name = definitionName(kind);
  const before = await readDefinition(cluster, name, signal);
  if (before === undefined) return "missing";
  if (isGoing(before)) {
    await releaseObjects(
      cluster,
      { kind: resourceKindOf(kind), namespace: context.namespace },
      signal,
    );
    return "going";
  }
  if (!isEstablished(before)) return "coming";
  const uid = before.metadata.uid ?? "";
  kept.copies ??= await listCopies(context, kind, signal);
  const live = await liveObjects(context, kept, uid, signal);
  if (live === undefined) return "coming";
  const after = await readDefinition(cluster, name, signal);
  if (after === undefined || isGoing(after) || after.metadata.uid !== uid) return "coming";
  const origin = { definitionUid: uid, clusterId: await clusterIdOf(context, signal) };
  const plan = decideCopies(kind, live, kept.copies, origin);
  for (const object of plan.write) await write(context, kept, object, origin, signal);
  for (const copy of plan.drop) await drop(context, kept, copy, signal);
  for (const copy of plan.recreate) {
    const outcome = await makeAgain(context, kind, copy, signal);
    const { name: again } = copy.object.metadata;
    if (outcome === "later") continue;
    context.log.write("info", "resource made again", { kind: kind.kind, name: again, outcome });
    if (outcome === "sealed") await drop(context, kept, copy, signal);
  }
  return plan.recreate.length > 0 ? "coming" : "kept";
}

async function clusterIdOf(
  { owner, cluster }: ControllerContext,
  signal: AbortSignal,
): Promise<string> {
  return owner.term?.clusterId ?? (await cluster.identity({ signal })).id;
}

function isGoing({
  metadata,
}: {
  readonly metadata: { readonly deletionTimestamp?: string | null };
}): boolean {
  return (metadata.deletionTimestamp ?? "") !== "";
}

/**
 * What stands: from the cache, once it is known to hold the objects of this very definition. A cache
 * that was interrupted may still hold those of the former one. Undefined: the kind is not served yet.
 */
async function liveObjects(
  { cluster, namespace }: ControllerContext,
  kept: KeptKind,
  definitionUid: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Copyable> | undefined> {
  const { kind, cache } = kept;
  const cached = new Map([...cache.entries()].map(([, one]) => [one.metadata.name, one]));
  if (kept.trusted === definitionUid) return cached;
  const live = new Map<string, Copyable>();
  const take = (raw: RawObject): void => {
    const object = readResource(kind, raw.bytes) as unknown as Copyable;
    live.set(object.metadata.name, object);
  };
  try {
    await listAll(cluster, { kind: resourceKindOf(kind), namespace }, 500, take, signal);
  } catch (thrown) {
    if (hasCode(thrown, "ARK_API_NOT_FOUND")) return undefined;
    throw thrown;
  }
  const isSame =
    cache.hasSynced &&
    cache.error === undefined &&
    cached.size === live.size &&
    [...live].every(([name, { metadata }]) => cached.get(name)?.metadata.uid === metadata.uid);
  kept.trusted = isSame ? definitionUid : undefined;
  return live;
}

async function write(
  context: ControllerContext,
  kept: KeptKind,
  object: Copyable,
  origin: CopyOrigin,
  signal: AbortSignal,
): Promise<void> {
  const { cluster, namespace, events, log } = context;
  const { kind, copies, said } = kept;
  const { name: of } = object.metadata;
  const made = toConfigMap(kind, object, origin);
  if ("problem" in made) {
    // What it was before its last change is not what should come back.
    const former = copies?.get(of);
    if (former !== undefined) await drop(context, kept, former, signal);
    if (said.get(of) === made.problem) return;
    said.set(of, made.problem);
    const message = `the server keeps no copy of it, and cannot bring it back if the kinds of velero.io are removed: ${made.problem}`;
    events.record(object, { type: "Warning", reason: "NotCopied", message });
    log.write("warn", "no copy kept", { kind: kind.kind, name: of, problem: made.problem });
    return;
  }
  const ref = { kind: configMapKind, namespace, name: made.name };
  const body = jsonBytes(made.configMap);
  const options = { signal, fieldManager };
  try {
    if (copies?.has(of) === true) await cluster.replace(ref, body, options);
    else await cluster.create(ref, body, options);
  } catch (thrown) {
    // Somebody has removed or made it: the other way then.
    if (hasCode(thrown, "ARK_API_NOT_FOUND")) await cluster.create(ref, body, options);
    else if (hasCode(thrown, "ARK_API_CONFLICT")) await cluster.replace(ref, body, options);
    else throw thrown;
  }
  const { uid = "" } = object.metadata;
  copies?.set(of, { name: made.name, uid, ...origin, object: copiedObject(object) });
}

async function drop(
  { cluster, namespace }: ControllerContext,
  { copies }: KeptKind,
  { name, object }: ResourceCopy,
  signal: AbortSignal,
): Promise<void> {
  await cluster.remove({ kind: configMapKind, namespace, name }, { signal });
  copies?.delete(object.metadata.name);
}
