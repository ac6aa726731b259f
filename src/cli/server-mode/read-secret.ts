import { ArkError } from "../../lib/errors.ts";
import { decodeJson } from "../../lib/json-text.ts";
import { secretKind } from "./core-kinds.ts";
import type { ServerAccess } from "./server-access.ts";

/** The text under a key of a Secret in the server's namespace. Errors: ARK_API_*, ARK_API_NOT_FOUND. */
export async function readSecretKey(
  { cluster, namespace }: ServerAccess,
  { name, key }: { readonly name?: string; readonly key?: string },
  signal: AbortSignal,
): Promise<string> {
  const raw = await cluster.get({ kind: secretKind, namespace, name: name ?? "" }, { signal });
  const secret =
    raw && (decodeJson(raw.bytes.toString("utf8")) as { data?: Record<string, string> });
  const value = secret?.data?.[key ?? ""];
  if (value !== undefined) return Buffer.from(value, "base64").toString();
  throw new ArkError(
    "ARK_API_NOT_FOUND",
    secret === undefined
      ? `there is no Secret "${name}" in namespace ${namespace}`
      : `Secret "${name}" in namespace ${namespace} has no key "${key}"`,
  );
}
