import { backupKind } from "../../../api/backup.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { renderBackupResources } from "../../render/backup-resources-table.ts";
import { listOrItem, printResource } from "../../render/resource-output.ts";
import type { Session } from "../../session.ts";
import { chosenResources } from "../chosen-resources.ts";
import { resourcesOf } from "../resources.ts";
import type { ServerAccess } from "../server-access.ts";

/** Lists the Backups in the server's namespace. */
export async function getBackups(session: Session, server: ServerAccess): Promise<ExitStatus> {
  const { args, flags, environment } = session.invocation;
  const backups = resourcesOf(backupKind, server, session.signal);
  const chosen = await chosenResources(backups, { names: args, selector: flags.text("selector") });
  await printResource(environment, flags.text("output"), {
    value: listOrItem("Backup", chosen, args.length === 1),
    table: () =>
      renderBackupResources(chosen, {
        namespace: server.namespace,
        now: session.clock.now(),
        painter: session.out,
      }),
    names: chosen.map(({ metadata }) => `backup/${metadata.name}`),
  });
  return exitStatus.done;
}
