import { restoreKind } from "../../../api/restore.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { listOrItem, printResource } from "../../render/resource-output.ts";
import { renderRestoreResources } from "../../render/restore-resources-table.ts";
import type { Session } from "../../session.ts";
import { chosenResources } from "../chosen-resources.ts";
import { resourcesOf } from "../resources.ts";
import type { ServerAccess } from "../server-access.ts";

/** Lists the Restores in the server's namespace. */
export async function getRestores(session: Session, server: ServerAccess): Promise<ExitStatus> {
  const { args, flags, environment } = session.invocation;
  const restores = resourcesOf(restoreKind, server, session.signal);
  const chosen = await chosenResources(restores, { names: args, selector: flags.text("selector") });
  const style = { namespace: server.namespace, painter: session.out };
  await printResource(environment, flags.text("output"), {
    value: listOrItem("Restore", chosen, args.length === 1),
    table: () => renderRestoreResources(chosen, style),
    names: chosen.map(({ metadata }) => `restore/${metadata.name}`),
  });
  return exitStatus.done;
}
