import type { Invocation } from "../command-spec.ts";
import { engineVersion } from "../engine-version.ts";
import { type ExitStatus, exitStatus } from "../exit-codes.ts";
import { printResource } from "../render/resource-output.ts";
import { inEitherMode, type ServerAccess } from "../server-mode/server-access.ts";
import type { Session } from "../session.ts";

/** The release of Velero whose formats are read and written. */
const velero = "1.18.3";

/** Prints the version of this command, and of the server where one does the work. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  if (invocation.flags.boolean("client-only") === true) return await printVersions(invocation);
  return await inEitherMode(invocation, "read-store", {
    standalone: async ({ invocation: typed }) => await printVersions(typed),
    server: withServer,
  });
}

async function withServer(session: Session, server: ServerAccess): Promise<ExitStatus> {
  const { askServer } = await import("../server-mode/server-status.ts");
  const { serverVersion = "" } = await askServer(session, server).catch(async (thrown: unknown) => {
    // The half that is known is worth having.
    await printVersions(session.invocation);
    throw thrown;
  });
  return await printVersions(session.invocation, {
    version: serverVersion,
    namespace: server.namespace,
  });
}

interface ServerVersion {
  readonly version: string;
  readonly namespace: string;
}

async function printVersions(
  { flags, environment }: Invocation,
  server?: ServerVersion,
): Promise<ExitStatus> {
  const version = await engineVersion();
  const client = { version, node: process.versions.node, reads: velero };
  const theirs =
    server === undefined ? "" : `server ${server.version} in namespace ${server.namespace}\n`;
  await printResource(environment, flags.text("output"), {
    value: { client, ...(server === undefined ? {} : { server }) },
    table: () =>
      `ark-ts ${version} (node ${process.versions.node}; speaks Velero ${velero})\n${theirs}`,
    names: [version],
  });
  return exitStatus.done;
}
