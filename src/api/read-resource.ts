import { decodeJson } from "../lib/json-text.ts";
import type { CustomResource, ResourceOf } from "./custom-resource.ts";

/** What `kubectl apply` keeps for itself, as large as the object. */
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

/**
 * An object of the kind, from the bytes that the API server sent for it, whose schema has been
 * checked there. Without nulls, `managedFields`, and what `kubectl apply` keeps of it; with an empty
 * `spec` where it has none.
 */
export function readResource<Kind extends CustomResource>(
  _kind: Kind,
  bytes: Buffer,
): ResourceOf<Kind> {
  const found = withoutNulls(decodeJson(bytes.toString())) as Record<string, unknown>;
  const {
    managedFields: _,
    annotations,
    ...metadata
  } = (found["metadata"] ?? {}) as Record<string, unknown>;
  const { [lastApplied]: __, ...kept } = (annotations ?? {}) as Record<string, unknown>;
  return {
    ...found,
    metadata: { ...metadata, ...(Object.keys(kept).length > 0 && { annotations: kept }) },
    spec: found["spec"] ?? {},
  } as unknown as ResourceOf<Kind>;
}

/** The same value where nothing is null in it: an object that is built anew takes more memory. */
function withoutNulls(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !hasNull(value)) return value;
  if (Array.isArray(value)) return value.map(withoutNulls);
  const fields = Object.entries(value).filter(([, one]) => one !== null);
  return Object.fromEntries(fields.map(([key, one]) => [key, withoutNulls(one)]));
}

function hasNull(value: unknown): boolean {
  if (typeof value !== "object") return false;
  return value === null || Object.values(value).some(hasNull);
}
