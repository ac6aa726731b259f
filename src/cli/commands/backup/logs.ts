import { backupKeys } from "../../../format/keys.ts";
import { ArkError, hasCode } from "../../../lib/errors.ts";
import type { Invocation } from "../../command-spec.ts";
import type { ExitStatus } from "../../exit-codes.ts";
import { printLog } from "../../print-log.ts";
import { openChosenLocation } from "../../reading.ts";
import { withSession } from "../../session.ts";

/** Prints the log as it was stored; that of a failed run without a backup too. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  return await withSession(invocation, async (session) => {
    const name = invocation.args[0] ?? "";
    const key = backupKeys(name).logs;
    const { store } = await openChosenLocation(session, "read-store");
    try {
      return await printLog(session, store, key);
    } catch (thrown) {
      if (!hasCode(thrown, "ARK_STORE_NOT_FOUND")) throw thrown;
      const { readBackupRecord } = await import("../../../catalog/open-backup.ts");
      await readBackupRecord(store, name, session.signal);
      throw new ArkError("ARK_OBJECT_NOT_FOUND", `backup "${name}" has no log in ${store.display}`);
    }
  });
}
