import type { IndexLine } from "../../../format/index-line.ts";
import { matchesGlob } from "../../../lib/glob.ts";
import type { Invocation } from "../../command-spec.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { objectPath } from "../../object-path.ts";
import { objectsInVersion } from "../../objects-in-version.ts";
import { createObjectsMet, learnsKind, type ObjectsMet } from "../../objects-met.ts";
import { openChosenLocation } from "../../reading.ts";
import { createIndexPrinter, type IndexPrinter } from "../../render/index-lines.ts";
import { withSession } from "../../session.ts";

/** Lists objects as the index has them, in archive order, as it arrives. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  return await withSession(invocation, async (session) => {
    const { args, flags, environment } = invocation;
    const [name = "", kind] = args;
    const { store } = await openChosenLocation(session, "read-store");
    const { openBackup } = await import("../../../catalog/open-backup.ts");
    const backup = await openBackup(store, name, { signal: session.signal });
    const { recordedKindNames } = await import("../../../catalog/kind-names.ts");
    const met = createObjectsMet(name);
    met.learn(recordedKindNames(backup));
    const objects = objectsInVersion(backup, flags.text("api-version"));
    const filter = filterOf(met, kind, flags.list("include-namespaces"));
    const open = () => createIndexPrinter(flags.text("output"), name, environment.stdout);
    let printer: IndexPrinter | undefined;
    const pass = async (): Promise<void> => {
      for await (const line of objects.index(session.signal)) {
        met.add(line);
        if (!filter.wants(line)) continue;
        printer ??= await open();
        await printer.add(line, objectPath(line));
      }
    };
    await pass();
    if (kind !== undefined && (await learnsKind(met, kind, backup, session.signal))) await pass();
    if (printer === undefined) {
      filter.check();
      session.note("no object matches");
    }
    await (printer ?? (await open())).end();
    for (const note of objects.notes()) session.note(note);
    return exitStatus.done;
  });
}

interface Filter {
  wants(line: IndexLine): boolean;
  /** Errors: ARK_USAGE when what was typed names nothing of the backup. */
  check(): void;
}

function filterOf(
  met: ObjectsMet,
  kind: string | undefined,
  namespaces: readonly string[] | undefined,
): Filter {
  const isOne = (namespace: string): boolean =>
    namespaces?.some((pattern) => matchesGlob(pattern, namespace)) ?? true;
  return {
    wants: (line) =>
      (kind === undefined || met.isOfKind(line, kind)) &&
      (namespaces === undefined || isOne(line.namespace ?? "")),
    check() {
      if (kind !== undefined) met.checkKind(kind);
      if (namespaces !== undefined) met.checkNamespaces(namespaces, isOne);
    },
  };
}
