import { groupResource, type ResourceKind } from "../../api/resource-kind.ts";
import { listPages } from "../../catalog/list-objects.ts";
import type { RestoreChange } from "../../format/restore-changes.ts";
import { mapConcurrently } from "../../lib/concurrency.ts";
import { arrayAt, textAt } from "../../lib/json-edit.ts";
import { readObject } from "../apply/read-object.ts";
import type { UndoContext } from "../undo/undo-context.ts";

const readers = 8;
/** One object that is not of the restore is enough to know: the rest of its page is counted. */
const pageLimit = 50;

/** Made anew in each namespace, or of no worth without what it tells of. */
const madeByCluster = ["serviceaccounts/default", "configmaps/kube-root-ca.crt"];
const tellsOnly = [
  ...["events", "events.events.k8s.io", "endpoints", "endpointslices.discovery.k8s.io"],
  ...["leases.coordination.k8s.io", "pods.metrics.k8s.io"],
];

/**
 * What of others would be deleted with a namespace or a definition, as a reason to leave it;
 * undefined: nothing. Of other kinds nothing is. Errors: those of a LIST.
 */
export async function contentOf(
  change: Pick<RestoreChange, "resource" | "name">,
  context: UndoContext,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (change.resource === "namespaces") {
    const kinds = context.target.served.filter(
      (kind) =>
        kind.namespaced &&
        kind.preferred &&
        kind.verbs.includes("list") &&
        !tellsOnly.includes(groupResource(kind)),
    );
    const found = await mapConcurrently(kinds, readers, (kind) =>
      findOthers(kind, change.name, context, signal),
    );
    return sentence(found.flat(), "it holds what this restore did not make");
  }
  if (change.resource !== "customresourcedefinitions.apiextensions.k8s.io") return undefined;
  const kind = context.target.served.find((one) => groupResource(one) === change.name);
  if (kind === undefined) return undefined;
  const found = await findOthers(kind, undefined, context, signal);
  return sentence(found, "there are objects of its kind that this restore did not make");
}

async function findOthers(
  kind: ResourceKind,
  namespace: string | undefined,
  { cluster, going }: UndoContext,
  signal: AbortSignal,
): Promise<string[]> {
  const found: string[] = [];
  const scope = { kind, namespace, limit: pageLimit };
  for await (const page of listPages(cluster, scope, { signal })) {
    for await (const batch of page) {
      for (const raw of batch) {
        const place = `${groupResource(kind)}/${raw.name}`;
        if (raw.terminating || going.has(raw.uid) || madeByCluster.includes(place)) continue;
        const owners = arrayAt(readObject(raw.bytes, place), ["metadata", "ownerReferences"]);
        // It goes with its owner, which is met here itself.
        if (namespace !== undefined && owners.some((owner) => textAt(owner, ["uid"]) !== "")) {
          continue;
        }
        found.push(place);
      }
    }
    if (found.length > 0) break;
  }
  return found;
}

function sentence(found: readonly string[], what: string): string | undefined {
  const [first, ...others] = found;
  if (first === undefined) return undefined;
  return `${what}: ${first}${others.length > 0 ? ` and ${others.length} more` : ""}`;
}
