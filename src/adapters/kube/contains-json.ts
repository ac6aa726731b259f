import { asRecord } from "./json-record.ts";

/**
 * Whether all that `sent` says is also in `live`: members may have been added (defaults, what the
 * server owns), lists must be as long and in the same order. A sent null or empty value may be gone.
 */
export function containsJson(live: unknown, sent: unknown): boolean {
  if (isEmpty(sent)) return live === undefined || isEmpty(live);
  if (Array.isArray(sent)) {
    if (!Array.isArray(live) || live.length !== sent.length) return false;
    return sent.every((value, index) => containsJson(live[index], value));
  }
  if (typeof sent === "object" && sent !== null) {
    if (typeof live !== "object" || live === null || Array.isArray(live)) return false;
    const known = asRecord(live);
    return Object.entries(sent).every(([key, value]) => containsJson(known[key], value));
  }
  return live === sent;
}

function isEmpty(value: unknown): boolean {
  if (value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === "object" && Object.keys(value as object).length === 0;
}

/** Members that the API server sets itself, whatever a create says. */
const serverOwned = [
  ...["uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink"],
];

/** What a create asks for: the object without its status and without what the server sets. */
export function withoutServerOwned(sent: unknown): unknown {
  const { status: _status, metadata, ...rest } = asRecord(sent);
  const kept = Object.entries(asRecord(metadata)).filter(([key]) => !serverOwned.includes(key));
  return { ...rest, metadata: Object.fromEntries(kept) };
}
