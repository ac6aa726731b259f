import { annotations } from "../../../api/labels.ts";
import type { BackupRequest } from "../../../backup/backup-run.ts";
import { runOfFlags } from "../../backup-request.ts";
import type { Session } from "../../session.ts";
import type { ServerAccess } from "../server-access.ts";
import { backupOfFlags } from "./create.ts";

/** What `backup create` with the same flags would ask the server for, for a look at it from here. */
export async function backupRequestForServer(
  { invocation }: Session,
  { namespace }: ServerAccess,
): Promise<BackupRequest> {
  const {
    name,
    labels = {},
    annotations: noted = {},
    spec,
  } = await backupOfFlags(invocation, namespace);
  const { [annotations.allApiVersions]: _, [annotations.requireCoverage]: __, ...typed } = noted;
  return { name, labels, annotations: typed, ...(await runOfFlags(invocation, spec, namespace)) };
}
