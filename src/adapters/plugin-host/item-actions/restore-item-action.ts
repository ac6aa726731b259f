import { type JsonObject, stringifyJson } from "../../../lib/json-text.ts";
import {
  restoreItemAction,
  restoreItemActionV2,
} from "../../../plugin-wire/services/item-actions.ts";
import type {
  ActionRestore,
  RestoreActionItem,
  RestoreActionResult,
  RestoreItemAction,
} from "../../../ports/restore-item-action.ts";
import { changedItem } from "./item-bytes.ts";
import type { LeasedAction } from "./plugin-lease.ts";
import { restoreBytes, toIdentifier, toProgress, toReferences } from "./velero-views.ts";

/** Version 1 or 2, as the plugin lists itself. */
export function pluginRestoreAction(action: LeasedAction, namespace: string): RestoreItemAction {
  const { name, appliesTo } = action;
  const bytesOf = viewOfRestore(namespace);
  const requestOf = ({ item, itemFromBackup }: RestoreActionItem, restore: ActionRestore) => ({
    item: jsonBytes(item),
    itemFromBackup: jsonBytes(itemFromBackup),
    restore: bytesOf(restore),
  });
  if (action.kind === "RestoreItemAction") {
    return {
      name,
      appliesTo,
      async execute(item, restore, signal) {
        const request = requestOf(item, restore);
        const answer = await action.call(restoreItemAction.execute, request, signal);
        return toResult(request.item, answer, action.display);
      },
    };
  }
  const v2 = restoreItemActionV2;
  return {
    name,
    appliesTo,
    async execute(item, restore, signal) {
      const request = requestOf(item, restore);
      const answer = await action.call(v2.execute, request, signal);
      const { operationId, waitForAdditionalItems, additionalItemsReadyTimeout } = answer;
      const timeoutMs = Number(additionalItemsReadyTimeout?.seconds ?? 0n) * 1_000;
      return {
        ...toResult(request.item, answer, action.display),
        ...(operationId !== "" && { operationId }),
        ...(waitForAdditionalItems && { waitForAdditionalItems: true as const }),
        ...(timeoutMs > 0 && { additionalItemsReadyTimeoutMs: timeoutMs }),
      };
    },
    async areAdditionalItemsReady(items, restore, signal) {
      const request = { restore: bytesOf(restore), additionalItems: items.map(toIdentifier) };
      return (await action.call(v2.areAdditionalItemsReady, request, signal)).ready;
    },
    operations: {
      async progress(operationId, restore, signal) {
        const request = { operationId, restore: bytesOf(restore) };
        return toProgress((await action.call(v2.progress, request, signal)).progress);
      },
      async cancel(operationId, restore, signal) {
        await action.call(v2.cancel, { operationId, restore: bytesOf(restore) }, signal);
      },
    },
  };
}

function viewOfRestore(namespace: string): (restore: ActionRestore) => Buffer {
  let last: { readonly restore: ActionRestore; readonly bytes: Buffer } | undefined;
  return (restore) => {
    if (last?.restore !== restore) last = { restore, bytes: restoreBytes(restore, namespace) };
    return last.bytes;
  };
}

function jsonBytes(object: JsonObject): Buffer {
  return Buffer.from(stringifyJson(object));
}

interface Answer {
  readonly item: Uint8Array;
  readonly additionalItems: Parameters<typeof toReferences>[0];
  readonly skipRestore: boolean;
}

function toResult(given: Buffer, answer: Answer, display: string): RestoreActionResult {
  const changed = changedItem(given, answer.item, display);
  return {
    ...(changed !== undefined && { item: changed.object }),
    ...(answer.skipRestore && { skipRestore: true as const }),
    additionalItems: toReferences(answer.additionalItems),
  };
}
