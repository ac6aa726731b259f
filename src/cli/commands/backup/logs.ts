import { backupKeys } from "../../../format/keys.ts";
import { ArkError, hasCode } from "../../../lib/errors.ts";
import type { ObjectStore } from "../../../ports/object-store.ts";
import type { Invocation } from "../../command-spec.ts";
import type { ExitStatus } from "../../exit-codes.ts";
import { printLog } from "../../print-log.ts";
import { openChosenLocation } from "../../reading.ts";
import { livenessCheck } from "../../run-owner.ts";
import { inEitherMode } from "../../server-mode/server-access.ts";
import type { Session } from "../../session.ts";

/** Prints the log as it was stored; that of a failed run without a backup too. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  return await inEitherMode(invocation, "read-store", {
    standalone: printStored,
    server: async (session, server) =>
      await (await import("../../server-mode/backup/logs.ts")).printBackupLog(session, server),
  });
}

async function printStored(session: Session): Promise<ExitStatus> {
  const name = session.invocation.args[0] ?? "";
  const key = backupKeys(name).logs;
  const { store } = await openChosenLocation(session, "read-store");
  try {
    return await printLog(session, store, key);
  } catch (thrown) {
    if (!hasCode(thrown, "ARK_STORE_NOT_FOUND")) throw thrown;
    await refuseRunWithoutLog(store, name, session.signal);
    const { readBackupRecord } = await import("../../../catalog/open-backup.ts");
    await readBackupRecord(store, name, session.signal);
    throw new ArkError("ARK_OBJECT_NOT_FOUND", `backup "${name}" has no log in ${store.display}`);
  }
}

/** A run that goes on, or died, has no log yet: it is written at the end. */
async function refuseRunWithoutLog(
  store: ObjectStore,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  if ((await store.head(backupKeys(name).seal, { signal })) !== undefined) return;
  const { readUnsealed } = await import("../../../catalog/unsealed-backup.ts");
  const run = await readUnsealed(store, name, { signal, liveness: await livenessCheck() });
  if (run === undefined) return;
  const ended = "ended before it wrote one";
  const unknown = run.outcome === "open" ? `${ended}, or goes on elsewhere` : ended;
  const why = run.outcome === "running" ? "goes on" : unknown;
  throw new ArkError("ARK_OBJECT_NOT_FOUND", `backup "${name}" has no log yet: its run ${why}`, {
    advice: `what is known of it: ark-ts backup describe ${name}`,
  });
}
