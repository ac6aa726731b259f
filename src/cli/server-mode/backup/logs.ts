import { backupKind } from "../../../api/backup.ts";
import type { ExitStatus } from "../../exit-codes.ts";
import type { Session } from "../../session.ts";
import { openDownloads } from "../downloads.ts";
import { printRunLog } from "../print-run-log.ts";
import { resourcesOf } from "../resources.ts";
import type { ServerAccess } from "../server-access.ts";

/** Prints the log of a backup, or follows it. */
export async function printBackupLog(session: Session, server: ServerAccess): Promise<ExitStatus> {
  const name = session.invocation.args[0] ?? "";
  const backups = resourcesOf(backupKind, server, session.signal);
  const { spec } = await backups.get(name);
  const downloads = await openDownloads(session, server, spec.storageLocation);
  const log = { noun: "backup", name, kind: "BackupLog" } as const;
  return await printRunLog(session, backups, downloads, log);
}
