import { backupKind } from "../../../api/backup.ts";
import type { RestoreSpec } from "../../../api/restore.ts";
import type { Session } from "../../session.ts";
import { resourcesOf } from "../resources.ts";
import type { ServerAccess } from "../server-access.ts";

/** Name of the location that holds a restore's files: that of its backup. Undefined: the backup is gone. */
export async function locationOfRestore(
  { signal }: Session,
  server: ServerAccess,
  { spec }: { readonly spec: Pick<RestoreSpec, "backupName"> },
): Promise<string | undefined> {
  if (spec.backupName === undefined || spec.backupName === "") return undefined;
  const backup = await resourcesOf(backupKind, server, signal).find(spec.backupName);
  return backup?.spec.storageLocation;
}
