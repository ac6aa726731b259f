import { openBackup } from "../../catalog/open-backup.ts";
import type { OpenedBackup } from "../../catalog/opened-backup.ts";
import { backupKeys } from "../../format/keys.ts";
import { toArkError } from "../../lib/errors.ts";
import type { ObjectStore } from "../../ports/object-store.ts";
import { kindsOfBackup, runDeleteActions } from "../../retention/run-delete-actions.ts";
import type { ControllerContext, LiveBackup } from "../controller-context.ts";
import { withActions } from "../with-actions.ts";

const damage: ReadonlySet<string> = new Set([
  "ARK_BACKUP_DAMAGED",
  "ARK_BACKUP_FORMAT",
  "ARK_ARCHIVE_INVALID",
]);

/**
 * Before anything of a backup goes: asks the delete actions of plugins about its items. What one of
 * them fails on is an Event, and stops nothing, as in Velero. Answers why they could not be asked at
 * all, as sentences: then the backup stays.
 */
export async function askDeleteActions(
  backup: LiveBackup,
  store: ObjectStore,
  { actions: source, events }: Pick<ControllerContext, "actions" | "events">,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (source === undefined) return [];
  const { name } = backup.metadata;
  const tell = (message: string): void =>
    events.record(backup, { type: "Warning", reason: "DeleteActionFailed", message });
  let opened: OpenedBackup | undefined;
  const open = async (): Promise<OpenedBackup> => {
    opened ??= await openBackup(store, name, { signal });
    return opened;
  };
  try {
    // Without a seal there is nothing to ask about: a deletion that goes on has asked before.
    if ((await store.head(backupKeys(name).seal, { signal })) === undefined) return [];
    const learnKinds = async () => await kindsOfBackup(await open(), signal);
    await withActions(source, { purpose: "deletion", learnKinds }, signal, async (actions) => {
      if (actions.deletion.length === 0) return;
      const onFinding = ({ message }: { readonly message: string }): void => tell(message);
      await runDeleteActions(await open(), actions.deletion, onFinding, signal);
    });
    return [];
  } catch (thrown) {
    signal.throwIfAborted();
    const { message, answer, code } = toArkError(thrown);
    const said = answer === undefined ? "" : `: ${answer}`;
    const why = `delete actions of plugins were not asked about all items: ${message}${said} [${code}]`;
    if (!damage.has(code)) return [why];
    tell(why);
    return [];
  }
}
