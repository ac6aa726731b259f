import { backupKind } from "../../../api/backup.ts";
import { ArkError } from "../../../lib/errors.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { saveArchive } from "../../save-archive.ts";
import type { Session } from "../../session.ts";
import { isMissingFile, openDownloads } from "../downloads.ts";
import { resourcesOf } from "../resources.ts";
import { hasEnded, phaseOf } from "../runs.ts";
import type { ServerAccess } from "../server-access.ts";

/** Fetches the archive of a backup, as it is. Errors: ARK_OBJECT_NOT_FOUND where there is none. */
export async function downloadBackup(session: Session, server: ServerAccess): Promise<ExitStatus> {
  const name = session.invocation.args[0] ?? "";
  const backup = await resourcesOf(backupKind, server, session.signal).get(name);
  const downloads = await openDownloads(session, server, backup.spec.storageLocation);
  const stored = await downloads.open("BackupContents", name).catch((thrown: unknown) => {
    if (!isMissingFile(thrown)) throw thrown;
    const yet = hasEnded("backup", backup) ? "" : " yet";
    throw new ArkError(
      "ARK_OBJECT_NOT_FOUND",
      `backup "${name}" has no archive${yet}: it is ${phaseOf(backup)}`,
      { advice: `what is known of it: ark-ts backup describe ${name}`, cause: thrown },
    );
  });
  await saveArchive(session, { name, stored, expected: undefined, damages: undefined });
  return exitStatus.done;
}
