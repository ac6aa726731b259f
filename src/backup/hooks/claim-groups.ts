import type { BackupSpec } from "../../api/backup.ts";
import type { RawObject } from "../../api/raw-object.ts";
import { groupResource, type ResourceKind } from "../../api/resource-kind.ts";
import { listAll } from "../../catalog/list-objects.ts";
import type { ClaimGroupOf } from "../../domain/hooks/hook-blocks.ts";
import { persistentVolumeClaims } from "../../domain/references/edges.ts";
import type { ResourceListBuilder } from "../../format/resource-list.ts";
import { toArkError } from "../../lib/errors.ts";
import type { ClusterReader } from "../../ports/cluster.ts";
import { endsTheRun } from "../list-kind.ts";

/** Velero's `--volume-group-snapshot-label-key`. */
export const defaultVolumeGroupLabel = "velero.io/volume-group";

/** Which claims of a run belong together because a label says so. */
export interface ClaimGroups {
  /** The builder, with an eye on the claims that pass. */
  watch(names: ResourceListBuilder): ResourceListBuilder;
  /**
   * The groups of all of them. Claims of which only names passed, as an earlier process has taken
   * them, are read from the cluster as they are now; where that is refused they have no group.
   */
  groups(cluster: ClusterReader, signal: AbortSignal): Promise<ClaimGroupOf>;
}

/** Claims of one namespace with the same value of the label (Velero's PVCItemBlockAction). */
export function createClaimGroups(
  kinds: readonly ResourceKind[],
  { volumeGroupSnapshotLabelKey: label = defaultVolumeGroupLabel }: BackupSpec,
): ClaimGroups {
  const groups = new Map<string, string>();
  const unread = new Set<string>();
  const claimKind = kinds.find(
    (kind) => groupResource(kind) === persistentVolumeClaims && kind.version === "v1",
  );
  const observe = ({ namespace, name, labels }: RawObject): void => {
    const group = labels[label] ?? "";
    if (group !== "") groups.set(`${namespace}/${name}`, group);
  };
  return {
    watch: (names) => ({
      add(apiVersion, kindName, object) {
        if (apiVersion === "v1" && kindName === "PersistentVolumeClaim" && label !== "") {
          if ("bytes" in object) observe(object as RawObject);
          else unread.add(object.namespace);
        }
        names.add(apiVersion, kindName, object);
      },
      finish: () => names.finish(),
    }),
    async groups(cluster, signal) {
      for (const namespace of claimKind === undefined ? [] : unread) {
        try {
          const scope = { kind: claimKind as ResourceKind, namespace, labelSelector: label };
          for await (const claim of listAll(cluster, scope, { signal })) observe(claim);
        } catch (thrown) {
          signal.throwIfAborted();
          if (endsTheRun.has(toArkError(thrown).code)) throw thrown;
        }
      }
      unread.clear();
      return (namespace, claim) => groups.get(`${namespace}/${claim}`);
    },
  };
}
