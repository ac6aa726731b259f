import { apiVersion, type ResourceKind } from "../../src/api/resource-kind.ts";

/** Compact JSON of an object as the API server would send it; `payload` makes it as large as asked. */
export function objectBytes(
  kind: ResourceKind,
  namespace: string,
  name: string,
  payload = "",
): Buffer {
  const metadata = {
    name,
    ...(namespace !== "" && { namespace }),
    uid: `uid-${kind.resource}-${namespace}-${name}`,
    resourceVersion: "7",
    creationTimestamp: "2026-01-02T03:04:05Z",
  };
  const text = { kind: kind.kind, apiVersion: apiVersion(kind), metadata, data: { payload } };
  return Buffer.from(JSON.stringify(text));
}
