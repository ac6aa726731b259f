import type { RestorePlaces } from "../../../catalog/unrecorded-restore.ts";
import { restoreKeys } from "../../../format/keys.ts";
import { ArkError, hasCode } from "../../../lib/errors.ts";
import type { ObjectStore } from "../../../ports/object-store.ts";
import type { Invocation } from "../../command-spec.ts";
import { openJournalStore } from "../../compose.ts";
import type { ExitStatus } from "../../exit-codes.ts";
import { printLog } from "../../print-log.ts";
import { openChosenLocation } from "../../reading.ts";
import { livenessCheck } from "../../run-owner.ts";
import { inEitherMode } from "../../server-mode/server-access.ts";
import type { Session } from "../../session.ts";

/** Prints the log as it was stored. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  return await inEitherMode(invocation, "read-store", {
    standalone: printStored,
    server: async (session, server) =>
      await (await import("../../server-mode/restore/logs.ts")).printRestoreLog(session, server),
  });
}

async function printStored(session: Session): Promise<ExitStatus> {
  const name = session.invocation.args[0] ?? "";
  const key = restoreKeys(name).logs;
  const { location, store } = await openChosenLocation(session, "read-store");
  try {
    return await printLog(session, store, key);
  } catch (thrown) {
    if (!hasCode(thrown, "ARK_STORE_NOT_FOUND")) throw thrown;
    const places = { store, journalStore: await openJournalStore(session, location) };
    const kept = await placeOfLog(session, name, places);
    if (kept !== undefined && kept !== store) return await printLog(session, kept, key);
    throw await whyNoLog(session, name, places);
  }
}

/** Of a restore that has ended. */
async function placeOfLog(
  { signal }: Session,
  name: string,
  places: RestorePlaces,
): Promise<ObjectStore | undefined> {
  const { readRestoreHere } = await import("../../../catalog/read-restore.ts");
  try {
    return (await readRestoreHere(places, name, { signal })).place;
  } catch (thrown) {
    if (hasCode(thrown, "ARK_RESTORE_NOT_FOUND")) return undefined;
    throw thrown;
  }
}

/** A run that goes on, or died, has no log yet: it is written at the end. */
async function whyNoLog(
  { signal }: Session,
  name: string,
  places: RestorePlaces,
): Promise<ArkError> {
  const { readRestore } = await import("../../../catalog/read-restore.ts");
  const { readUnrecorded } = await import("../../../catalog/unrecorded-restore.ts");
  const message = `restore "${name}" has no log in ${places.store.display}`;
  try {
    await readRestore(places.store, name, { signal });
    return new ArkError("ARK_OBJECT_NOT_FOUND", message);
  } catch (thrown) {
    if (!hasCode(thrown, "ARK_RESTORE_NOT_FOUND")) throw thrown;
    const run = await readUnrecorded(places, name, { signal, liveness: await livenessCheck() });
    if (run === undefined) throw thrown;
    const why = {
      running: "its run goes on",
      died: "its run was cut off before it wrote one",
      open: "its run was cut off before it wrote one, or goes on elsewhere",
      ended: "nor a record of ark-ts",
    }[run.outcome];
    return new ArkError("ARK_OBJECT_NOT_FOUND", `${message}: ${why}`, {
      advice: `what is known of it: ark-ts restore describe ${name}`,
    });
  }
}
