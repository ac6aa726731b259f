import type { JsonObject, JsonValue } from "../../lib/json-text.ts";

/** A kind with the subresource takes its status in a second write only; others in the first. */
export function mergedStatus(
  status: JsonValue | undefined,
  subresources: readonly string[],
): { readonly inline: JsonObject; readonly afterwards: JsonValue | undefined } {
  if (status === undefined) return { inline: {}, afterwards: undefined };
  return subresources.includes("status")
    ? { inline: {}, afterwards: status }
    : { inline: { status }, afterwards: undefined };
}
