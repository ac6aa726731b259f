import type { Finding } from "../api/results.ts";
import type { OpenedBackup } from "../catalog/opened-backup.ts";
import { hasCode, toArkError } from "../lib/errors.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { openFolderActions } from "./plugin-actions.ts";
import type { Session } from "./session.ts";

/**
 * Runs the delete actions of the plugin folder on a backup that is about to be deleted. What fails
 * is said, and stops nothing; answers how much failed. Errors: ARK_USAGE, ARK_PLUGIN_*, those of
 * the store.
 */
export async function runFolderDeletions(
  session: Session,
  store: ObjectStore,
  name: string,
): Promise<number> {
  const { signal } = session;
  let backup: OpenedBackup | undefined;
  let failures = 0;
  const tell = (text: string): void => {
    failures += 1;
    session.note(text);
  };
  const { deletion, close } = await openFolderActions(
    session,
    { purpose: "deletion" },
    async () => {
      backup = await openSealed(store, name, signal, tell);
      if (backup === undefined) return () => undefined;
      const { kindsOfBackup } = await import("../retention/run-delete-actions.ts");
      return await kindsOfBackup(backup, signal);
    },
  );
  try {
    if (deletion.length === 0 || backup === undefined) return failures;
    const { runDeleteActions } = await import("../retention/run-delete-actions.ts");
    const onFinding = ({ message }: Finding): void => tell(message);
    await runDeleteActions(backup, deletion, onFinding, signal);
  } catch (thrown) {
    signal.throwIfAborted();
    const { code, message } = toArkError(thrown);
    if (!damage.has(code)) throw thrown;
    tell(`delete actions did not see all items of backup ${name}: ${message}`);
  } finally {
    await close();
  }
  return failures;
}

const damage: ReadonlySet<string> = new Set([
  "ARK_BACKUP_DAMAGED",
  "ARK_BACKUP_FORMAT",
  "ARK_ARCHIVE_INVALID",
]);

/** Undefined: there is nothing to read, or nothing that can be read. */
async function openSealed(
  store: ObjectStore,
  name: string,
  signal: AbortSignal,
  tell: (text: string) => void,
): Promise<OpenedBackup | undefined> {
  const { openBackup } = await import("../catalog/open-backup.ts");
  try {
    return await openBackup(store, name, { signal });
  } catch (thrown) {
    if (hasCode(thrown, "ARK_BACKUP_NOT_FOUND")) return undefined;
    const { code, message } = toArkError(thrown);
    if (!damage.has(code)) throw thrown;
    tell(`delete actions were not asked about backup ${name}: ${message}`);
    return undefined;
  }
}
