import { type ExitStatus, exitStatus } from "../exit-codes.ts";
import { printResource } from "../render/resource-output.ts";
import { renderTable } from "../render/table.ts";
import type { Session } from "../session.ts";
import type { ServerAccess } from "./server-access.ts";
import { askServer } from "./server-status.ts";

/** Lists the plugins that the server has, by kind and name, as Velero's command. */
export async function getPlugins(session: Session, server: ServerAccess): Promise<ExitStatus> {
  const { environment, flags } = session.invocation;
  const { plugins = [] } = await askServer(session, server);
  const sorted = [...plugins].sort((a, b) =>
    `${a.kind} ${a.name}` < `${b.kind} ${b.name}` ? -1 : 1,
  );
  await printResource(environment, flags.text("output"), {
    value: { plugins: sorted },
    table: () =>
      renderTable(
        [
          { title: "NAME", cell: ({ name }) => name },
          { title: "KIND", cell: ({ kind }) => kind },
        ],
        sorted,
      ),
    names: sorted.map(({ name }) => name),
  });
  return exitStatus.done;
}
