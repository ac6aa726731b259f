import type { GroupResource } from "../../api/resource-kind.ts";

/** One text per object, for sets: group-resource, namespace (empty: cluster scope), name. */
export function objectKey(resource: GroupResource, namespace: string, name: string): string {
  return `${resource}/${namespace}/${name}`;
}
