import type { IndexLine } from "../format/index-line.ts";
import { createFingerprintTable, type FingerprintTable } from "../lib/fingerprint-table.ts";

/** One text per object; NUL stands in no name. */
export function placeKey({
  resource,
  namespace = "",
  name,
}: Pick<IndexLine, "resource" | "namespace" | "name">): string {
  return `${resource}\0${namespace}\0${name}`;
}

/** Names and digests of the objects of one side, 16 bytes each (see `FingerprintTable`). */
export async function fingerprintsOf(
  lines: AsyncIterable<{ readonly key: string; readonly normalSha256: string }>,
): Promise<FingerprintTable> {
  const table = createFingerprintTable();
  for await (const { key, normalSha256 } of lines) table.put(key, normalSha256);
  return table;
}
