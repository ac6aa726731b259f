/** `namespace/name`, or `name` for cluster-scoped kinds: how caches and queues name an object. */
export type ObjectKey = string;

export function objectKey(object: {
  readonly namespace: string;
  readonly name: string;
}): ObjectKey {
  return object.namespace === "" ? object.name : `${object.namespace}/${object.name}`;
}

export function splitKey(key: ObjectKey): { readonly namespace: string; readonly name: string } {
  const slash = key.indexOf("/");
  return { namespace: slash < 0 ? "" : key.slice(0, slash), name: key.slice(slash + 1) };
}
