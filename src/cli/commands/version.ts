import type { Invocation } from "../command-spec.ts";
import { engineVersion } from "../engine-version.ts";
import { type ExitStatus, exitStatus } from "../exit-codes.ts";
import { printResource } from "../render/resource-output.ts";
import { usageError } from "../usage-error.ts";

/** Prints the version of this command; there is no server to ask yet. */
export async function run({ flags, environment }: Invocation): Promise<ExitStatus> {
  if (flags.boolean("client-only") === false) {
    throw usageError("--client-only=false: there is no ark-ts server to ask in this version");
  }
  const version = await engineVersion();
  await printResource(environment, flags.text("output"), {
    value: { client: { version, node: process.versions.node, reads: velero } },
    table: () => `ark-ts ${version} (node ${process.versions.node}; speaks Velero ${velero})\n`,
    names: [version],
  });
  return exitStatus.done;
}

/** The release of Velero whose formats are read and written. */
const velero = "1.18.3";
