import { listAll } from "../../catalog/list-objects.ts";
import { mapConcurrently } from "../../lib/concurrency.ts";
import { hasCode } from "../../lib/errors.ts";
import { arrayAt, textAt } from "../../lib/json-edit.ts";
import type { ClusterReader } from "../../ports/cluster.ts";
import { readObject } from "../apply/read-object.ts";
import type { TargetKinds } from "./target-kinds.ts";

const readers = 8;

/**
 * uids of the objects that claims of these namespaces name as their owners: the garbage collector
 * deletes the claims with them. `onForbidden`: the claims of a namespace may not be listed; absent,
 * that is an error. Errors: those of a LIST.
 */
export async function claimOwners(
  cluster: ClusterReader,
  target: Pick<TargetKinds, "find">,
  namespaces: ReadonlySet<string>,
  signal: AbortSignal,
  onForbidden?: (namespace: string) => void,
): Promise<ReadonlySet<string>> {
  const owners = new Set<string>();
  const kind = target.find("persistentvolumeclaims", "v1");
  if (kind === undefined) return owners;
  const places = [...namespaces].filter((namespace) => namespace !== "");
  const read = async (namespace: string): Promise<void> => {
    for await (const raw of listAll(cluster, { kind, namespace }, { signal })) {
      const claim = readObject(raw.bytes, `claim "${raw.name}" of the cluster`);
      for (const owner of arrayAt(claim, ["metadata", "ownerReferences"])) {
        owners.add(textAt(owner, ["uid"]));
      }
    }
  };
  await mapConcurrently(places, readers, async (namespace) => {
    try {
      await read(namespace);
    } catch (thrown) {
      if (onForbidden === undefined || !hasCode(thrown, "ARK_API_FORBIDDEN")) throw thrown;
      onForbidden(namespace);
    }
  });
  return owners;
}
