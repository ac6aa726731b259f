import { groupResource, type ResourceKind } from "../../api/resource-kind.ts";

/** The versions that discovery names for the same kinds, besides the chosen ones, in its order. */
export function otherVersions(
  served: readonly ResourceKind[],
  chosen: readonly ResourceKind[],
): readonly ResourceKind[] {
  const versions = new Map(chosen.map((kind) => [groupResource(kind), kind.version]));
  return served.filter((kind) => {
    const version = versions.get(groupResource(kind));
    return version !== undefined && version !== kind.version;
  });
}
