import type { Backup } from "../../../api/backup.ts";
import { annotations } from "../../../api/labels.ts";
import { readStored } from "../../../catalog/read-stored.ts";
import type { StoredThaw } from "../../../catalog/thaw-records.ts";
import { thawKey } from "../../../format/keys.ts";
import { decodeThawRecord, maxThawRecordBytes } from "../../../format/thaw-record.ts";
import { hasCode } from "../../../lib/errors.ts";
import type { Downloads } from "../downloads.ts";

/** A run that leaves more has other troubles. */
const maxRecords = 100;

/** What its run left owed to pods when it ended, less what has been paid since. Errors: those of the download. */
export async function readOwedThaws(
  { metadata: { name, uid = "", annotations: notes } }: Backup,
  downloads: Downloads,
  signal: AbortSignal,
): Promise<readonly StoredThaw[]> {
  const text = notes?.[annotations.owedThaws] ?? "";
  const numbers = text.split(",").filter((one) => /^[1-9]\d{0,8}$/.test(one));
  const found: StoredThaw[] = [];
  for (const number of numbers.slice(0, maxRecords).map(Number)) {
    const key = thawKey(uid, number);
    const source = downloads.source(name, new Map([[key, { own: `thaw-${number}` }]]));
    try {
      const bytes = await readStored(source, key, maxThawRecordBytes, signal);
      found.push({ key, runUid: uid, record: decodeThawRecord(bytes, key) });
    } catch (thrown) {
      if (!hasCode(thrown, "ARK_STORE_NOT_FOUND")) throw thrown;
    }
  }
  return found;
}
