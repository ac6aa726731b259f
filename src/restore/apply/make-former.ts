import type { RawObject } from "../../api/raw-object.ts";
import type { GroupResource } from "../../api/resource-kind.ts";
import {
  decideFieldOwnership,
  withoutManagedFields,
} from "../../domain/restore/field-ownership.ts";
import { mergedStatus } from "../../domain/restore/restored-status.ts";
import { endsTheRun } from "../../domain/restore/retry.ts";
import type { RuleContext } from "../../domain/restore/rule.ts";
import { cleanObject } from "../../domain/restore/rule-table.ts";
import { isCustomResource } from "../../domain/waves.ts";
import { toArkError } from "../../lib/errors.ts";
import { valueAt, withValue } from "../../lib/json-edit.ts";
import type { JsonObject, JsonValue } from "../../lib/json-text.ts";
import { ApiError, type Cluster, type ObjectRef, type WriteOptions } from "../../ports/cluster.ts";
import { encodeObject, ownManager } from "./apply-decision.ts";

/** As a create would send it into this cluster. */
export function cleanForm(resource: string, object: JsonObject): JsonObject {
  return withoutManagedFields(cleanObject(object, stayContext(resource)));
}

export function stayContext(resource: string): RuleContext {
  return {
    resource,
    mapNamespace: (namespace) => namespace,
    preserveNodePorts: true,
    volumes: new Map(),
    restoredJobs: new Set(),
  };
}

/** A Service gets its former address again, unless another has it by now. */
function bodiesOf(resource: string, former: JsonObject): readonly [JsonObject, ...JsonObject[]] {
  const clean = cleanForm(resource, former);
  const address = valueAt(former, ["spec", "clusterIP"]);
  if (resource !== "services" || address === undefined) return [clean];
  const addresses = valueAt(former, ["spec", "clusterIPs"]) ?? [address];
  const placed = withValue(clean, ["spec", "clusterIP"], address);
  return [withValue(placed, ["spec", "clusterIPs"], addresses), clean];
}

/** The first that is not refused as invalid. */
async function createFirst(
  ref: ObjectRef,
  [body, ...others]: readonly [JsonObject, ...JsonObject[]],
  options: WriteOptions,
  cluster: Pick<Cluster, "create">,
): Promise<RawObject> {
  try {
    return await cluster.create(ref, encodeObject(body), options);
  } catch (thrown) {
    const [next, ...rest] = others;
    if (next === undefined || !(thrown instanceof ApiError) || thrown.api.status !== 422)
      throw thrown;
    return await createFirst(ref, [next, ...rest], options, cluster);
  }
}

export interface MadeFormer {
  readonly uid: string;
  /** Why its status could not be written back; empty: it was, or its controllers make it. */
  readonly statusRefused: string;
}

/**
 * Makes an object that stood in this cluster again, field owners included, and the status of a
 * custom resource, which may be the only place that knows what stands outside of the cluster; it
 * gets a new uid. Errors: those of the API server, but for the status.
 */
export async function makeFormer(
  ref: ObjectRef,
  resource: GroupResource,
  former: JsonObject,
  cluster: Pick<Cluster, "create" | "patch">,
  signal: AbortSignal,
): Promise<MadeFormer> {
  const { fieldManager, managedFields } = decideFieldOwnership(
    cleanObject(former, stayContext(resource)),
  );
  const options = { fieldManager, signal };
  const before = isCustomResource(resource) ? valueAt(former, ["status"]) : undefined;
  const { inline, afterwards } = mergedStatus(before, ref.kind.subresources);
  const [body, ...others] = bodiesOf(resource, former);
  const { uid } = await createFirst(ref, [{ ...body, ...inline }, ...others], options, cluster);
  const statusRefused = await putStatus(ref, afterwards, cluster, signal);
  if (managedFields === undefined) return { uid, statusRefused };
  const owners = encodeObject({ metadata: { managedFields } });
  await cluster.patch(ref, "merge", owners, { fieldManager: ownManager, signal });
  return { uid, statusRefused };
}

/** Before the field owners are put back, which tell who owned it. Answers a refusal. */
async function putStatus(
  ref: ObjectRef,
  status: JsonValue | undefined,
  cluster: Pick<Cluster, "patch">,
  signal: AbortSignal,
): Promise<string> {
  if (status === undefined) return "";
  const options = { fieldManager: ownManager, subresource: "status", signal };
  try {
    await cluster.patch(ref, "merge", encodeObject({ status }), options);
    return "";
  } catch (thrown) {
    signal.throwIfAborted();
    const error = toArkError(thrown);
    if (endsTheRun(error.code)) throw error;
    return error.message;
  }
}
