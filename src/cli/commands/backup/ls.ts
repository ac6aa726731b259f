import type { IndexLine } from "../../../format/index-line.ts";
import { matchesGlob } from "../../../lib/glob.ts";
import type { Invocation } from "../../command-spec.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { hasResourceName, objectPath } from "../../object-path.ts";
import { openChosenLocation } from "../../reading.ts";
import { createIndexPrinter } from "../../render/index-lines.ts";
import { withSession } from "../../session.ts";

/** Lists objects as the index has them, in archive order, as it arrives. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  return await withSession(invocation, async (session) => {
    const { args, flags, environment } = invocation;
    const [name = "", resource] = args;
    const { store } = await openChosenLocation(session, "read-store");
    const { openBackup } = await import("../../../catalog/open-backup.ts");
    const backup = await openBackup(store, name, { signal: session.signal });
    const namespaces = flags.list("include-namespaces");
    const wanted = (line: IndexLine): boolean =>
      (resource === undefined || hasResourceName(line, resource)) &&
      (namespaces === undefined ||
        namespaces.some((pattern) => matchesGlob(pattern, line.namespace ?? "")));
    const printer = await createIndexPrinter(flags.text("output"), name, environment.stdout);
    for await (const line of backup.index(session.signal)) {
      if (wanted(line)) await printer.add(line, objectPath(line));
    }
    const found = await printer.end();
    if (found === 0 && environment.stdout.isTerminal) session.note("no object matches");
    for (const note of backup.notes()) session.note(note);
    return exitStatus.done;
  });
}
