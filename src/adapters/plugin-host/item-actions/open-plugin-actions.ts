import type { ActionKind } from "../../../plugin-wire/services/item-actions.ts";
import type { RunActions } from "../../../ports/run-actions.ts";
import type { PluginCommand } from "../host-options.ts";
import type { ListedPlugin } from "../list-plugins.ts";
import { recordPlugins } from "../record-plugins.ts";
import { pluginItemAction } from "./backup-item-action.ts";
import { pluginBlockAction, pluginDeleteAction } from "./block-and-delete-actions.ts";
import { type ActionHost, type LeasedAction, leaseActions } from "./plugin-lease.ts";
import { pluginRestoreAction } from "./restore-item-action.ts";

const kindsFor = {
  backup: ["BackupItemAction", "BackupItemActionV2", "ItemBlockAction"],
  restore: ["RestoreItemAction", "RestoreItemActionV2"],
  deletion: ["DeleteItemAction"],
} as const satisfies Record<string, readonly ActionKind[]>;

/**
 * A process of the program for one run of `purpose`, and its actions in the order of its list. Of a name that stands there
 * in both versions the second is taken, as Velero does. Errors: ARK_PLUGIN_*.
 */
export async function openPluginActions(
  command: PluginCommand,
  listed: readonly ListedPlugin[],
  purpose: keyof typeof kindsFor,
  host: ActionHost,
  signal: AbortSignal,
): Promise<RunActions> {
  const kinds: readonly ActionKind[] = kindsFor[purpose];
  const wanted = listed.filter(
    (plugin): plugin is ListedPlugin & { readonly kind: ActionKind } =>
      kinds.some((kind) => kind === plugin.kind) &&
      !listed.some(({ kind, name }) => name === plugin.name && kind === `${plugin.kind}V2`),
  );
  const lease = await leaseActions(command, wanted, host, signal);
  // Only a backup keeps who took part in it.
  const serving = purpose === "backup" ? lease.actions : [];
  const served = await recordPlugins(command.path, serving).catch(async (thrown) => {
    await lease.close();
    throw thrown;
  });
  const { namespace } = host;
  const made = <Action>(
    pattern: RegExp,
    make: (action: LeasedAction, namespace: string) => Action,
  ): readonly Action[] =>
    lease.actions.filter(({ kind }) => pattern.test(kind)).map((action) => make(action, namespace));
  return {
    backup: made(/^BackupItemAction/, pluginItemAction),
    restore: made(/^RestoreItemAction/, pluginRestoreAction),
    deletion: made(/^DeleteItemAction$/, pluginDeleteAction),
    block: made(/^ItemBlockAction$/, pluginBlockAction),
    served,
    close: () => lease.close(),
  };
}
