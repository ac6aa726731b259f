import { ArkError } from "../../lib/errors.ts";
import { decodeJson } from "../../lib/json-text.ts";
import { answer, type Handler } from "../../plugin-wire/grpc-server.ts";
import {
  backupItemAction,
  backupItemActionV2,
  deleteItemAction,
  itemBlockAction,
  restoreItemAction,
  restoreItemActionV2,
} from "../../plugin-wire/services/item-actions.ts";
import type { Item, PluginDefinition, Progress, Resource, Selector } from "./plugin-definition.ts";

/** The plugin of a name. Errors: as Velero words it, for its callers. */
export function lookUp<Value>(
  plugins: Readonly<Record<string, Value>> | undefined,
  name: string,
): Value {
  const found = plugins !== undefined && Object.hasOwn(plugins, name) ? plugins[name] : undefined;
  if (found !== undefined) return found;
  throw new ArkError(
    "ARK_PLUGIN_UNSUPPORTED",
    `this executable has no plugin ${name} of this kind`,
  );
}

export function objectOf(bytes: Uint8Array): Record<string, unknown> {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return decodeJson(view.toString("utf8")) as Record<string, unknown>;
}

const itemOf = (bytes: Uint8Array): Item => ({ bytes, object: () => objectOf(bytes) });
const resourceOf = (bytes: Uint8Array): Resource => objectOf(bytes);

export function bytesOf(
  changed: Record<string, unknown> | undefined,
  given: Uint8Array = new Uint8Array(0),
): Uint8Array {
  // Velero takes what it is answered for the item: it never stands empty.
  return changed === undefined ? given : Buffer.from(JSON.stringify(changed));
}

const selectorOf = (appliesTo: Selector) => ({
  selector: {
    includedNamespaces: appliesTo.includedNamespaces ?? [],
    excludedNamespaces: appliesTo.excludedNamespaces ?? [],
    includedResources: appliesTo.includedResources ?? [],
    excludedResources: appliesTo.excludedResources ?? [],
    selector: appliesTo.selector ?? "",
  },
});

const progressOf = (progress: Progress) => ({
  progress: {
    completed: progress.completed,
    error: progress.error ?? "",
    unitsCompleted: progress.unitsCompleted ?? 0n,
    unitsTotal: progress.unitsTotal ?? 0n,
    units: progress.units ?? "",
    description: progress.description ?? "",
    started: undefined,
    updated: undefined,
  },
});

export function itemHandlers(definition: PluginDefinition): readonly Handler[] {
  return [
    ...backupHandlers(definition),
    ...restoreHandlers(definition),
    ...deletionHandlers(definition),
  ];
}

function backupHandlers({ backupActions, backupActionsV2 }: PluginDefinition): readonly Handler[] {
  const v2 = backupItemActionV2;
  return [
    answer(backupItemAction.appliesTo, async ({ plugin }) =>
      selectorOf(lookUp(backupActions, plugin).appliesTo),
    ),
    answer(backupItemAction.execute, async ({ plugin, item, backup }) => {
      const action = lookUp(backupActions, plugin);
      const result = await action.execute(itemOf(item), resourceOf(backup));
      return { ...result, item: bytesOf(result.item, item) };
    }),
    answer(v2.appliesTo, async ({ plugin }) =>
      selectorOf(lookUp(backupActionsV2, plugin).appliesTo),
    ),
    answer(v2.execute, async ({ plugin, item, backup }) => {
      const action = lookUp(backupActionsV2, plugin);
      const result = await action.execute(itemOf(item), resourceOf(backup));
      return { ...result, item: bytesOf(result.item, item) };
    }),
    answer(v2.progress, async ({ plugin, operationId, backup }) =>
      progressOf(await lookUp(backupActionsV2, plugin).progress(operationId, resourceOf(backup))),
    ),
    answer(v2.cancel, async ({ plugin, operationId, backup }) => {
      await lookUp(backupActionsV2, plugin).cancel(operationId, resourceOf(backup));
      return {};
    }),
  ];
}

function restoreHandlers({
  restoreActions,
  restoreActionsV2,
}: PluginDefinition): readonly Handler[] {
  const v2 = restoreItemActionV2;
  return [
    answer(restoreItemAction.appliesTo, async ({ plugin }) =>
      selectorOf(lookUp(restoreActions, plugin).appliesTo),
    ),
    answer(restoreItemAction.execute, async ({ plugin, item, itemFromBackup, restore }) => {
      const action = lookUp(restoreActions, plugin);
      const original = itemOf(itemFromBackup);
      const result = await action.execute(itemOf(item), original, resourceOf(restore));
      return { ...result, item: bytesOf(result.item, item) };
    }),
    answer(v2.appliesTo, async ({ plugin }) =>
      selectorOf(lookUp(restoreActionsV2, plugin).appliesTo),
    ),
    answer(v2.execute, async ({ plugin, item, itemFromBackup, restore }) => {
      const action = lookUp(restoreActionsV2, plugin);
      const original = itemOf(itemFromBackup);
      const result = await action.execute(itemOf(item), original, resourceOf(restore));
      const { additionalItemsReadyTimeoutMs: timeoutMs = 0, ...rest } = result;
      const timeout = { seconds: BigInt(Math.ceil(timeoutMs / 1_000)), nanos: 0 };
      return {
        ...rest,
        item: bytesOf(result.item, item),
        ...(timeoutMs > 0 && { additionalItemsReadyTimeout: timeout }),
      };
    }),
    answer(v2.progress, async ({ plugin, operationId, restore }) =>
      progressOf(await lookUp(restoreActionsV2, plugin).progress(operationId, resourceOf(restore))),
    ),
    answer(v2.cancel, async ({ plugin, operationId, restore }) => {
      await lookUp(restoreActionsV2, plugin).cancel(operationId, resourceOf(restore));
      return {};
    }),
    answer(v2.areAdditionalItemsReady, async ({ plugin, restore, additionalItems }) => {
      const action = lookUp(restoreActionsV2, plugin);
      return { ready: await action.areAdditionalItemsReady(additionalItems, resourceOf(restore)) };
    }),
  ];
}

function deletionHandlers({ deleteActions, blockActions }: PluginDefinition): readonly Handler[] {
  return [
    answer(deleteItemAction.appliesTo, async ({ plugin }) =>
      selectorOf(lookUp(deleteActions, plugin).appliesTo),
    ),
    answer(deleteItemAction.execute, async ({ plugin, item, backup }) => {
      await lookUp(deleteActions, plugin).execute(itemOf(item), resourceOf(backup));
      return {};
    }),
    answer(itemBlockAction.appliesTo, async ({ plugin }) =>
      selectorOf(lookUp(blockActions, plugin).appliesTo),
    ),
    answer(itemBlockAction.getRelatedItems, async ({ plugin, item, backup }) => {
      const action = lookUp(blockActions, plugin);
      return { relatedItems: await action.relatedItems(itemOf(item), resourceOf(backup)) };
    }),
  ];
}
