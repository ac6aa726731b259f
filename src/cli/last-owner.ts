import type { NameRecord } from "../backup/name-claim.ts";
import { readStored } from "../catalog/read-stored.ts";
import { nameRecordsFolder } from "../format/keys.ts";
import type { ObjectStore } from "../ports/object-store.ts";

const maxRecordBytes = 64 * 1024;

/** The record of the run that last owned the name; undefined without one that can be read. */
export async function lastOwner(
  store: ObjectStore,
  name: string,
  signal: AbortSignal,
): Promise<NameRecord | undefined> {
  const folder = nameRecordsFolder(name);
  let last = 0;
  for await (const { key } of store.list(folder, { signal })) {
    const epoch = Number(key.slice(folder.length));
    if (Number.isSafeInteger(epoch)) last = Math.max(last, epoch);
  }
  if (last === 0) return undefined;
  const bytes = await readStored(store, `${folder}${last}`, maxRecordBytes, signal);
  try {
    const record = JSON.parse(bytes.toString("utf8")) as Partial<NameRecord>;
    const { owner } = record;
    return typeof owner?.host === "string" && typeof owner.pid === "number"
      ? (record as NameRecord)
      : undefined;
  } catch {
    return undefined;
  }
}
