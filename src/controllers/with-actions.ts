import type { BackupPorts } from "../backup/backup-run.ts";
import { builtInActions } from "../backup/item-actions/built-in-actions.ts";
import { noActions, type RunActions, type RunActionsRequest } from "../ports/run-actions.ts";
import type { RestorePorts } from "../restore/restore-request.ts";
import type { ControllerContext } from "./controller-context.ts";

type Source = Pick<ControllerContext, "actions">;

/** Runs `work` with the item actions of plugins for a backup, which end with it. Errors: ARK_PLUGIN_*. */
export async function withBackupActions<T>(
  { actions: source }: Source,
  signal: AbortSignal,
  work: (ports: Pick<BackupPorts, "actions" | "blockActions" | "plugins">) => Promise<T>,
): Promise<T> {
  const builtIn = builtInActions.map(({ name }) => name);
  const request = { purpose: "backup", builtIn } as const;
  return await withActions(source, request, signal, ({ backup, block, served }) =>
    work({ actions: [...builtInActions, ...backup], blockActions: block, plugins: served }),
  );
}

/** As {@link withBackupActions}. */
export async function withRestoreActions<T>(
  { actions: source }: Source,
  signal: AbortSignal,
  work: (ports: Pick<RestorePorts, "actions">) => Promise<T>,
): Promise<T> {
  return await withActions(source, { purpose: "restore" }, signal, ({ restore }) =>
    work({ actions: restore }),
  );
}

export async function withActions<T>(
  source: ControllerContext["actions"],
  request: RunActionsRequest,
  signal: AbortSignal,
  work: (actions: RunActions) => Promise<T>,
): Promise<T> {
  const actions = (await source?.open(request, signal)) ?? noActions;
  try {
    return await work(actions);
  } finally {
    await actions.close();
  }
}
