import type { PluginRecord } from "../api/plugin-record.ts";
import type { GroupResource } from "../api/resource-kind.ts";
import type { DeleteItemAction } from "./delete-item-action.ts";
import type { ItemAction } from "./item-action.ts";
import type { ItemBlockAction } from "./item-block-action.ts";
import type { RestoreItemAction } from "./restore-item-action.ts";

/** Item actions from outside, in the order in which they are executed. */
export interface RunActions {
  readonly backup: readonly ItemAction[];
  readonly restore: readonly RestoreItemAction[];
  readonly deletion: readonly DeleteItemAction[];
  readonly block: readonly ItemBlockAction[];
  /** Who serves them. */
  readonly served: readonly PluginRecord[];
  /** Ends what serves them. */
  close(): Promise<void>;
}

/** What a name of a kind means, in any of its forms; undefined: no kind. */
export type ResolveKind = (name: string) => GroupResource | undefined;

export interface RunActionsRequest {
  readonly purpose: "backup" | "restore" | "deletion";
  /** Names of actions that ark-ts has itself: others of these names are passed over. Default: none. */
  readonly builtIn?: readonly string[];
  /** Asked only where there are actions. Absent: the kinds of the cluster. */
  readonly learnKinds?: () => Promise<ResolveKind>;
}

/** Opens item actions for one run at a time. */
export interface ActionSource {
  /** Only those of `purpose` are there. Errors: ARK_PLUGIN_*, those of learning the kinds. */
  open(request: RunActionsRequest, signal: AbortSignal): Promise<RunActions>;
}

export const noActions: RunActions = {
  backup: [],
  restore: [],
  deletion: [],
  block: [],
  served: [],
  close: async () => undefined,
};
