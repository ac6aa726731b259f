import { groupResource, type ResourceKind } from "../../api/resource-kind.ts";
import { listAll } from "../../catalog/list-objects.ts";
import type { GroupClass } from "../../domain/volumes/csi/group-class.ts";
import type { VolumeGroup } from "../../domain/volumes/csi/group-objects.ts";
import { claimFacts, persistentVolumeFacts } from "../../domain/volumes/volume-facts.ts";
import { decodeJson } from "../../lib/json-text.ts";
import { ApiError } from "../../ports/cluster.ts";
import { type GroupApi, volumeGroupSnapshotClasses } from "../../volumes/csi/group-api.ts";
import type { SnapshotCluster } from "../../volumes/csi/snapshot-api.ts";
import {
  type Bystander,
  type GroupPlan,
  type GroupPlanInput,
  groupsOf,
  planGroups,
} from "./planned-group.ts";

export interface GroupSearch
  extends Pick<GroupPlanInput, "planned" | "label" | "backupAnnotations"> {
  readonly cluster: SnapshotCluster;
  readonly kinds: readonly ResourceKind[];
  /** Undefined: the kinds of groups are not served. */
  readonly groups: GroupApi | undefined;
}

const notServed =
  "the cluster does not serve groupsnapshot.storage.k8s.io, of which the snapshot controller makes one cut";

/** Which of the planned snapshots are cut as groups. Errors: those of the API server. */
export async function findGroups(search: GroupSearch, signal: AbortSignal): Promise<GroupPlan> {
  const { planned, label, backupAnnotations, groups } = search;
  const wanted = groupsOf(planned, label);
  if (wanted.length === 0) return { groups: [], apart: [] };
  const bystanders = new Map<string, readonly Bystander[]>();
  const keyOf = ({ namespace, value }: VolumeGroup): string => `${namespace}/${value}`;
  const known = async (): Promise<readonly GroupClass[] | string> => {
    if (groups === undefined) return notServed;
    for (const group of wanted) {
      const names = new Set(group.claims.map(({ claim }) => claim.name));
      bystanders.set(keyOf(group), await othersOf(group, names, search, signal));
    }
    return await groups.classes(signal);
  };
  const classes = await known().catch(refused);
  return planGroups({
    ...{ planned, label, classes, backupAnnotations },
    bystanders: (group) => bystanders.get(keyOf(group)) ?? [],
  });
}

/** A user without the rights to look gets single snapshots, and is told. */
function refused(thrown: unknown): string {
  if (!(thrown instanceof ApiError) || thrown.api.status !== 403) throw thrown;
  return `this user may not look for its class (${volumeGroupSnapshotClasses}) or its other claims`;
}

/** Claims that the selector of a group finds too: no selector of a group leaves any out. */
async function othersOf(
  { namespace, label, value }: VolumeGroup,
  planned: ReadonlySet<string>,
  { cluster, kinds }: GroupSearch,
  signal: AbortSignal,
): Promise<readonly Bystander[]> {
  const find = (resource: string): ResourceKind | undefined =>
    kinds.find((kind) => groupResource(kind) === resource && kind.version === "v1");
  const claims = find("persistentvolumeclaims");
  const volumes = find("persistentvolumes");
  if (claims === undefined || volumes === undefined) return [];
  const others: Bystander[] = [];
  const scope = { kind: claims, namespace, labelSelector: `${label}=${value}` };
  for await (const { name, bytes } of listAll(cluster, scope, { signal })) {
    if (planned.has(name)) continue;
    const { phase, volumeName } = claimFacts(decodeJson(bytes.toString()));
    if (phase !== "Bound" || volumeName === "") {
      others.push({ name, driver: undefined });
      continue;
    }
    const ref = { kind: volumes, namespace: "", name: volumeName };
    const volume = await cluster.get(ref, { signal });
    const facts = volume && persistentVolumeFacts(decodeJson(volume.bytes.toString()));
    others.push({ name, driver: facts?.source.csi?.driver ?? "" });
  }
  return others;
}
