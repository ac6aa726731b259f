import { groupResource, type ResourceKind } from "../../api/resource-kind.ts";
import { endsTheRun } from "../../domain/restore/retry.ts";
import { toArkError } from "../../lib/errors.ts";
import { arrayAt, textAt } from "../../lib/json-edit.ts";
import type { JsonValue } from "../../lib/json-text.ts";
import type { ClusterReader } from "../../ports/cluster.ts";
import { readObject } from "../apply/read-object.ts";

/** Owners of owners that are looked at. */
const maxDepth = 8;

/** `metadata.ownerReferences` of an object of this namespace; empty: cluster-scoped. */
export interface Owned {
  readonly namespace: string;
  readonly references: readonly JsonValue[];
}

/**
 * Adds the uids of all that an object would be deleted with: its owners, and theirs. What is in
 * `owners` already is not followed again. Answers what could not be looked at: whoever owns it may
 * be anybody. Errors: those that end a run.
 */
export async function followOwners(
  look: { readonly cluster: ClusterReader; readonly served: readonly ResourceKind[] },
  { namespace, references }: Owned,
  owners: Set<string>,
  signal: AbortSignal,
  depth = 0,
): Promise<string | undefined> {
  for (const reference of references) {
    const uid = textAt(reference, ["uid"]);
    if (uid === "" || owners.has(uid)) continue;
    owners.add(uid);
    const [group, kindName] = [groupOf(reference), textAt(reference, ["kind"])];
    const kinds = look.served.filter((one) => one.kind === kindName && one.group === group);
    // Of a kind that nobody serves there is no object.
    if (kinds.length === 0) continue;
    const kind = kinds.find(({ verbs }) => verbs.includes("get"));
    if (kind === undefined || depth >= maxDepth) return `owners of ${kindName} objects`;
    const place = kind.namespaced ? namespace : "";
    const ref = { kind, namespace: place, name: textAt(reference, ["name"]) };
    let next: Owned | undefined;
    try {
      const raw = await look.cluster.get(ref, { signal });
      const owner = raw && readObject(raw.bytes, `${kindName} "${ref.name}" of the cluster`);
      next = owner && {
        namespace: place,
        references: arrayAt(owner, ["metadata", "ownerReferences"]),
      };
    } catch (thrown) {
      signal.throwIfAborted();
      if (endsTheRun(toArkError(thrown).code)) throw thrown;
      return groupResource(kind);
    }
    const unseen = next && (await followOwners(look, next, owners, signal, depth + 1));
    if (unseen !== undefined) return unseen;
  }
  return undefined;
}

function groupOf(reference: JsonValue): string {
  const apiVersion = textAt(reference, ["apiVersion"]);
  return apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
}
