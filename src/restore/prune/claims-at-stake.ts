import { type GroupResource, groupResource } from "../../api/resource-kind.ts";
import { deletesItsClaims, protectedKinds } from "../../domain/restore/recreate.ts";
import { arrayAt, textAt } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import { followOwners } from "../owners/owner-chain.ts";
import type { Planner } from "../plan/assess-all.ts";
import { listTarget } from "../plan/list-target.ts";

const claims = "persistentvolumeclaims";
const sets = "statefulsets.apps";

/** What would be deleted with an object, by the garbage collector. */
export interface Stakes {
  /** Why an object must stay; undefined: nothing that is protected goes with it. */
  reason(object: { readonly namespace: string; readonly uid: string }): string | undefined;
}

/**
 * Follows the owners of what is never removed: of claims, of workloads that delete their claims
 * and, where `places` has the empty text, which stands for objects of cluster scope, of volumes,
 * namespaces and definitions too. Where one of them cannot be looked at, nothing may be removed.
 * Errors: those that end a run.
 */
export async function claimsAtStake(
  run: Planner,
  places: Iterable<string>,
  signal: AbortSignal,
): Promise<Stakes> {
  const owners = new Set<string>();
  const unknown = new Map<string, string>();
  for (const place of new Set(places)) {
    const unseen = await lookAt(run, place, owners, signal);
    if (unseen !== undefined) unknown.set(place, unseen);
  }
  return {
    reason({ namespace, uid }) {
      const unseen = unknown.get(namespace);
      if (unseen !== undefined) return `${unseen} cannot be read, and might be deleted with it`;
      if (!owners.has(uid)) return undefined;
      return namespace === ""
        ? "what is never removed would be deleted with it"
        : "claims would be deleted with it";
    },
  };
}

/** Answers what could not be looked at. */
async function lookAt(
  run: Planner,
  place: string,
  owners: Set<string>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const start: JsonObject[] = [];
  const kinds = place === "" ? [sets, ...Object.keys(protectedKinds)] : [sets, claims];
  for (const resource of kinds) {
    if (!isServed(run, resource)) continue;
    const namespace = place === "" ? undefined : place;
    const isSeen = await listTarget(run, resource, namespace, signal, (object) => {
      if (arrayAt(object, ["metadata", "ownerReferences"]).length === 0) return;
      if (resource !== sets || deletesItsClaims(object)) start.push(object);
    });
    if (!isSeen) return resource;
  }
  for (const object of start) {
    const look = { cluster: run.ports.cluster, served: run.target.served };
    const references = arrayAt(object, ["metadata", "ownerReferences"]);
    const owned = { namespace: textAt(object, ["metadata", "namespace"]), references };
    const unseen = await followOwners(look, owned, owners, signal);
    if (unseen !== undefined) return unseen;
  }
  return undefined;
}

function isServed({ target }: Planner, resource: GroupResource): boolean {
  return target.served.some((kind) => groupResource(kind) === resource);
}
