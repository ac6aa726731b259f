import type { GroupResource } from "../api/resource-kind.ts";
import type { ResourceOrders } from "../domain/ordered-resources.ts";

/** Which of the items that an order names were taken. */
export interface OrderedItems {
  note(resource: GroupResource, namespace: string, name: string): void;
  missing(): readonly OrderedItem[];
}

export interface OrderedItem {
  readonly resource: GroupResource;
  /** `namespace/name`, or `name`. */
  readonly place: string;
}

export function createOrderedItems({ byKind }: ResourceOrders): OrderedItems {
  const left = new Map([...byKind].map(([resource, names]) => [resource, new Set(names)]));
  return {
    note(resource, namespace, name) {
      left.get(resource)?.delete(namespace === "" ? name : `${namespace}/${name}`);
    },
    missing: () =>
      [...left].flatMap(([resource, places]) => [...places].map((place) => ({ resource, place }))),
  };
}
