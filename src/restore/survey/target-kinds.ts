import {
  apiVersion,
  type GroupResource,
  groupResource,
  type ResourceKind,
} from "../../api/resource-kind.ts";
import type { ClusterReader, Discovery } from "../../ports/cluster.ts";

/** What the target serves; learned anew after definitions were restored. */
export interface TargetKinds {
  readonly served: readonly ResourceKind[];
  readonly brokenGroups: readonly string[];
  find(resource: GroupResource, version: string): ResourceKind | undefined;
  /** `apiVersion`s in which the kind is served; empty when it is not. */
  versions(resource: GroupResource): readonly string[];
  refresh(signal: AbortSignal): Promise<void>;
}

export async function discoverTargetKinds(
  cluster: ClusterReader,
  signal: AbortSignal,
): Promise<TargetKinds> {
  let discovery = await cluster.discover({ signal });
  let table = byResource(discovery);
  return {
    get served() {
      return discovery.kinds;
    },
    get brokenGroups() {
      return discovery.failures.map((failure) => failure.group);
    },
    find: (resource, version) => table.get(resource)?.find((kind) => apiVersion(kind) === version),
    versions: (resource) => (table.get(resource) ?? []).map(apiVersion),
    async refresh(again) {
      discovery = await cluster.discover({ signal: again });
      table = byResource(discovery);
    },
  };
}

function byResource(discovery: Discovery): ReadonlyMap<GroupResource, readonly ResourceKind[]> {
  const table = new Map<GroupResource, ResourceKind[]>();
  for (const kind of discovery.kinds) {
    const name = groupResource(kind);
    const versions = table.get(name);
    if (versions === undefined) table.set(name, [kind]);
    else versions.push(kind);
  }
  return table;
}
