import { asRecord } from "./json-record.ts";

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
