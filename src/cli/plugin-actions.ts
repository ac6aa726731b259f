import type { PluginRecord } from "../api/plugin-record.ts";
import { isGlob } from "../lib/glob.ts";
import type { Cluster } from "../ports/cluster.ts";
import type { ItemAction } from "../ports/item-action.ts";
import type { ItemBlockAction } from "../ports/item-block-action.ts";
import type { RestoreItemAction } from "../ports/restore-item-action.ts";
import {
  noActions,
  type ResolveKind,
  type RunActions,
  type RunActionsRequest,
} from "../ports/run-actions.ts";
import { resourceNamespace } from "./backup-request.ts";
import { pluginFolder, pluginHostOptions } from "./plugin-host.ts";
import { counted } from "./render/amounts.ts";
import type { Session } from "./session.ts";
import { usageError } from "./usage-error.ts";

/**
 * The item actions of the executables in the plugin folder, for one run; ended with the session.
 * `learnKinds` is called only where there is one. Errors: ARK_USAGE for a typed folder without any,
 * ARK_PLUGIN_*.
 */
export async function openFolderActions(
  session: Session,
  request: Omit<RunActionsRequest, "learnKinds">,
  learnKinds: () => Promise<ResolveKind>,
): Promise<RunActions> {
  const folder = pluginFolder(session);
  if (!(await checkTypedFolder(session))) return noActions;
  const { surveyPrograms } = await import("../adapters/plugin-host/survey-programs.ts");
  const { openRunActions } = await import(
    "../adapters/plugin-host/item-actions/open-run-actions.ts"
  );
  const options = await pluginHostOptions(session);
  const programs = await surveyPrograms(folder, options, session.signal);
  const resolveKind = await learnKinds();
  const host = { ...options, namespace: resourceNamespace, resolveKind };
  const actions = await openRunActions({ ...request, programs }, host, session.signal);
  session.closing(() => actions.close());
  const { backup, restore, deletion, block } = actions;
  const count = backup.length + restore.length + deletion.length + block.length;
  if (count > 0) session.note(session.err.dim(`plugins in ${folder}: ${counted(count, "action")}`));
  return actions;
}

/** False where the plugin folder has no executable. Errors: ARK_USAGE for a typed folder without any. */
export async function checkTypedFolder(session: Session): Promise<boolean> {
  const typed = session.invocation.flags.text("plugin-dir");
  const { findPrograms } = await import("../adapters/plugin-host/find-programs.ts");
  if ((await findPrograms(pluginFolder(session))).length > 0) return true;
  if (typed === undefined) return false;
  throw usageError(
    `--plugin-dir ${typed}: there is no executable in that folder`,
    "ark-ts plugin get --plugin-dir DIR lists what a folder has",
  );
}

/** Of a backup: those that are built in, then those of plugins, as in Velero. */
export async function backupActions(
  session: Session,
  cluster: Cluster,
): Promise<{
  readonly actions: readonly ItemAction[];
  readonly blockActions: readonly ItemBlockAction[];
  readonly plugins: readonly PluginRecord[];
}> {
  const { builtInActions } = await import("../backup/item-actions/built-in-actions.ts");
  const builtIn = builtInActions.map(({ name }) => name);
  const request = { purpose: "backup", builtIn } as const;
  const { backup, block, served } = await openFolderActions(session, request, () =>
    kindsOfCluster(cluster, session.signal),
  );
  return { actions: [...builtInActions, ...backup], blockActions: block, plugins: served };
}

export async function restoreActions(
  session: Session,
  cluster: Cluster,
): Promise<readonly RestoreItemAction[]> {
  const { restore } = await openFolderActions(session, { purpose: "restore" }, () =>
    kindsOfCluster(cluster, session.signal),
  );
  return restore;
}

/** As the API server's REST mapper resolves names; globs stay globs. */
async function kindsOfCluster(cluster: Cluster, signal: AbortSignal): Promise<ResolveKind> {
  const { resolveTerm } = await import("../domain/selection/resolve-term.ts");
  const { kinds } = await cluster.discover({ signal });
  return (name) => (isGlob(name) ? undefined : resolveTerm(name, kinds, []).selected[0]);
}
