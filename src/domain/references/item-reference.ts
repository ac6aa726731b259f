import type { GroupResource } from "../../api/resource-kind.ts";

/** An item by its name; Velero's ResourceIdentifier. */
export interface ItemReference {
  readonly resource: GroupResource;
  /** Empty for cluster-scoped kinds. */
  readonly namespace: string;
  readonly name: string;
}

/** A reference as one word pair, for journals: `persistentvolumeclaims shop/data-0`. */
export function formatReference({ resource, namespace, name }: ItemReference): string {
  return `${resource} ${namespace}/${name}`;
}

/** Undefined when `text` is not what {@link formatReference} writes. */
export function parseReference(text: string): ItemReference | undefined {
  const match = /^([^ ]+) ([^/]*)\/(.+)$/.exec(text);
  if (match === null) return undefined;
  const [, resource = "", namespace = "", name = ""] = match;
  return { resource, namespace, name };
}
