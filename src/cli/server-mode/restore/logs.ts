import { restoreKind } from "../../../api/restore.ts";
import type { ExitStatus } from "../../exit-codes.ts";
import type { Session } from "../../session.ts";
import { openDownloads } from "../downloads.ts";
import { printRunLog } from "../print-run-log.ts";
import { resourcesOf } from "../resources.ts";
import type { ServerAccess } from "../server-access.ts";
import { locationOfRestore } from "./location-of-restore.ts";

/** Prints the log of a restore, or follows it. */
export async function printRestoreLog(session: Session, server: ServerAccess): Promise<ExitStatus> {
  const name = session.invocation.args[0] ?? "";
  const restores = resourcesOf(restoreKind, server, session.signal);
  const location = await locationOfRestore(session, server, await restores.get(name));
  const downloads = await openDownloads(session, server, location);
  const log = { noun: "restore", name, kind: "RestoreLog" } as const;
  return await printRunLog(session, restores, downloads, log);
}
