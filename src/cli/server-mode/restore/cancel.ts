import { restoreKind } from "../../../api/restore.ts";
import type { ExitStatus } from "../../exit-codes.ts";
import type { Session } from "../../session.ts";
import { cancelRun } from "../cancel-run.ts";
import { resourcesOf } from "../resources.ts";
import type { ServerAccess } from "../server-access.ts";

export async function cancelRestore(session: Session, server: ServerAccess): Promise<ExitStatus> {
  return await cancelRun(session, resourcesOf(restoreKind, server, session.signal), "restore");
}
