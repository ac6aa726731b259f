import { backupKind } from "../../../api/backup.ts";
import type { ExitStatus } from "../../exit-codes.ts";
import type { Session } from "../../session.ts";
import { cancelRun } from "../cancel-run.ts";
import { resourcesOf } from "../resources.ts";
import type { ServerAccess } from "../server-access.ts";

export async function cancelBackup(session: Session, server: ServerAccess): Promise<ExitStatus> {
  const backups = resourcesOf(backupKind, server, session.signal);
  return await cancelRun(session, backups, "backup");
}
