import { restoreKeys } from "../../../format/keys.ts";
import { ArkError, hasCode } from "../../../lib/errors.ts";
import type { Invocation } from "../../command-spec.ts";
import type { ExitStatus } from "../../exit-codes.ts";
import { printLog } from "../../print-log.ts";
import { openChosenLocation } from "../../reading.ts";
import { withSession } from "../../session.ts";

/** Prints the log as it was stored. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  return await withSession(invocation, async (session) => {
    const name = invocation.args[0] ?? "";
    const key = restoreKeys(name).logs;
    const { store } = await openChosenLocation(session, "read-store");
    try {
      return await printLog(session, store, key);
    } catch (thrown) {
      if (!hasCode(thrown, "ARK_STORE_NOT_FOUND")) throw thrown;
      const { readRestore } = await import("../../../catalog/read-restore.ts");
      await readRestore(store, name, { signal: session.signal });
      throw new ArkError(
        "ARK_OBJECT_NOT_FOUND",
        `restore "${name}" has no log in ${store.display}`,
      );
    }
  });
}
