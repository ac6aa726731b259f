/**
 * Whether all that `sent` says is also in `live`: members may have been added, lists must be as
 * long and in the same order. A sent null or empty value may be gone.
 */
export function containsJson(live: unknown, sent: unknown): boolean {
  if (isEmpty(sent)) return live === undefined || isEmpty(live);
  if (Array.isArray(sent)) {
    if (!Array.isArray(live) || live.length !== sent.length) return false;
    return sent.every((value, index) => containsJson(live[index], value));
  }
  if (typeof sent === "object" && sent !== null) {
    if (typeof live !== "object" || live === null || Array.isArray(live)) return false;
    const known = live as Readonly<Record<string, unknown>>;
    return Object.entries(sent).every(([key, value]) =>
      containsJson(Object.hasOwn(known, key) ? known[key] : undefined, value),
    );
  }
  return live === sent;
}

function isEmpty(value: unknown): boolean {
  if (value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === "object" && Object.keys(value as object).length === 0;
}
