import { toArkError } from "../../../lib/errors.ts";
import { collectBackups } from "../../collect-backups.ts";
import type { Invocation } from "../../command-spec.ts";
import { openCluster } from "../../compose.ts";
import { confirmed } from "../../confirmation.ts";
import { runFolderDeletions } from "../../deletion-actions.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { checkOneChoice } from "../../one-choice.ts";
import { openChosenLocation } from "../../reading.ts";
import { counted } from "../../render/amounts.ts";
import { deletedText } from "../../render/deleted-text.ts";
import { renderError } from "../../render/error-text.ts";
import { inEitherMode } from "../../server-mode/server-access.ts";
import type { Session } from "../../session.ts";
import { lateSnapshotLocations } from "../../snapshot-locations.ts";

/** Deletes backups one after the other; one that cannot be deleted does not stop the others. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  return await inEitherMode(invocation, "write-store", {
    standalone: deleteStored,
    server: async (session, server) =>
      await (await import("../../server-mode/backup/delete.ts")).deleteBackups(session, server),
  });
}

async function deleteStored(session: Session): Promise<ExitStatus> {
  const { args, flags, environment } = session.invocation;
  checkOneChoice(session.invocation, "backups");
  const { location, store } = await openChosenLocation(session, "write-store");
  const selector = flags.text("selector");
  const chosen = await collectBackups(store, { names: args, selector }, session.signal);
  const names = chosen.map(({ name }) => name);
  if (names.length === 0) {
    environment.stdout.write(`no backup of ${location.display} is chosen; nothing was done\n`);
    return exitStatus.done;
  }
  const question = `Delete ${counted(names.length, "backup")} of ${location.display}: ${names.join(", ")}?`;
  if (!(await confirmed(session, question))) return exitStatus.failed;
  const { deleteWholeBackup } = await import("../../../retention/delete-whole-backup.ts");
  const { prepareSnapshots } = await import("../../../volumes/delete-snapshots.ts");
  const { prepareNatives } = await import("../../../volumes/native/prepare-natives.ts");
  const cluster = async () => (await openCluster(session)).cluster;
  const locations = lateSnapshotLocations(session);
  const metadataOnly = flags.boolean("metadata-only") === true;
  let failures = 0;
  let leftByActions = 0;
  for (const name of names) {
    try {
      const { signal, clock } = session;
      const deleted = await deleteWholeBackup(store, name, {
        signal,
        metadataOnly,
        snapshots: () =>
          prepareSnapshots(name, { store, cluster, clock, nativesGone: true }, signal),
        natives: () => prepareNatives(name, { store, locations, clock }, signal),
        deleteActions: () => runFolderDeletions(session, store, name),
      });
      leftByActions += deleted.failedActions;
      environment.stdout.write(deletedText(deleted));
    } catch (thrown) {
      session.signal.throwIfAborted();
      if (names.length === 1) throw thrown;
      failures += 1;
      const style = { painter: session.err, debug: flags.boolean("debug") === true };
      environment.stderr.write(
        renderError(toArkError(thrown), { ...style, argv: environment.argv }),
      );
    }
  }
  if (failures > 0) return exitStatus.failed;
  return leftByActions > 0 ? exitStatus.partiallyFailed : exitStatus.done;
}
