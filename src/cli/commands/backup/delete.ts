import type { DeletedBackup } from "../../../catalog/delete-backup.ts";
import { toArkError } from "../../../lib/errors.ts";
import { collectBackups } from "../../collect-backups.ts";
import type { Invocation } from "../../command-spec.ts";
import { confirmed } from "../../confirmation.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { openChosenLocation } from "../../reading.ts";
import { counted } from "../../render/amounts.ts";
import { deletedText } from "../../render/deleted-text.ts";
import { renderError } from "../../render/error-text.ts";
import { withSession } from "../../session.ts";
import { usageError } from "../../usage-error.ts";

/** Deletes backups one after the other; one that cannot be deleted does not stop the others. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  return await withSession(invocation, async (session) => {
    const { args, flags, environment } = invocation;
    checkOneChoice(invocation);
    const { location, store } = await openChosenLocation(session, "write-store");
    const selector = flags.text("selector");
    const chosen = await collectBackups(store, { names: args, selector }, session.signal);
    const names = chosen.map(({ name }) => name);
    if (names.length === 0) {
      environment.stdout.write(`no backup of ${location.display} is chosen; nothing was done\n`);
      return exitStatus.done;
    }
    const question = `Delete ${counted(names.length, "backup")} of ${location.display}: ${names.join(", ")}?`;
    if (!(await confirmed(session, question))) return exitStatus.failed;
    const { deleteBackup } = await import("../../../catalog/delete-backup.ts");
    const metadataOnly = flags.boolean("metadata-only") === true;
    let failures = 0;
    for (const name of names) {
      try {
        const { signal } = session;
        const deleted: DeletedBackup = await deleteBackup(store, name, { signal, metadataOnly });
        environment.stdout.write(deletedText(deleted));
      } catch (thrown) {
        session.signal.throwIfAborted();
        if (names.length === 1) throw thrown;
        failures += 1;
        const style = { painter: session.err, debug: flags.boolean("debug") === true };
        environment.stderr.write(
          renderError(toArkError(thrown), { ...style, argv: environment.argv }),
        );
      }
    }
    return failures > 0 ? exitStatus.failed : exitStatus.done;
  });
}

function checkOneChoice({ args, flags }: Invocation): void {
  const ways = [args.length > 0, flags.has("selector"), flags.boolean("all") === true];
  const count = ways.filter(Boolean).length;
  if (count === 1) return;
  throw usageError(
    count === 0
      ? "which backups? give names, --selector or --all"
      : "give only one of names, --selector and --all",
  );
}
