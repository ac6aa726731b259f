/** What a document calls itself, for the sentence that it is not what was wanted. */
export function kindOfDocument({
  apiVersion,
  kind,
}: {
  readonly apiVersion?: unknown;
  readonly kind?: unknown;
}): string {
  const found = [apiVersion, kind].filter((one) => typeof one === "string" && one !== "");
  return found.length === 0 ? "it names no kind" : `its kind is ${found.join(" ")}`;
}
