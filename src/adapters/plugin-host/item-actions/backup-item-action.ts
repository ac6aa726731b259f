import { annotations } from "../../../api/labels.ts";
import { readRawObject } from "../../../api/read-raw-object.ts";
import { type JsonObject, stringifyJson } from "../../../lib/json-text.ts";
import {
  backupItemAction,
  backupItemActionV2,
} from "../../../plugin-wire/services/item-actions.ts";
import type { ActionBackup, ItemAction, ItemActionResult } from "../../../ports/item-action.ts";
import { annotationsOf, changedItem, withoutAnnotation } from "./item-bytes.ts";
import type { LeasedAction } from "./plugin-lease.ts";
import { backupBytes, toProgress, toReferences } from "./velero-views.ts";

/** Version 1 or 2, as the plugin lists itself. */
export function pluginItemAction(action: LeasedAction, namespace: string): ItemAction {
  const { name, appliesTo } = action;
  const bytesOf = viewOfBackup(namespace);
  if (action.kind === "BackupItemAction") {
    return {
      name,
      appliesTo,
      async execute({ object }, backup, signal) {
        const request = { item: object.bytes, backup: bytesOf(backup) };
        const answer = await action.call(backupItemAction.execute, request, signal);
        return toResult(object.bytes, answer, action.display);
      },
    };
  }
  return {
    name,
    appliesTo,
    async execute({ object }, backup, signal) {
      const request = { item: object.bytes, backup: bytesOf(backup) };
      const answer = await action.call(backupItemActionV2.execute, request, signal);
      const { operationId, postOperationItems } = answer;
      const result = toResult(object.bytes, answer, action.display);
      if (operationId === "") return result;
      return { ...result, operationId, itemsToUpdate: toReferences(postOperationItems) };
    },
    operations: {
      async progress(operationId, backup, signal) {
        const request = { operationId, backup: bytesOf(backup) };
        const answer = await action.call(backupItemActionV2.progress, request, signal);
        return toProgress(answer.progress);
      },
      async cancel(operationId, backup, signal) {
        const request = { operationId, backup: bytesOf(backup) };
        await action.call(backupItemActionV2.cancel, request, signal);
      },
    },
  };
}

/** Written once for each phase of a run, not for each item. */
export function viewOfBackup(namespace: string): (backup: ActionBackup) => Buffer {
  let last: { readonly backup: ActionBackup; readonly bytes: Buffer } | undefined;
  return (backup) => {
    if (last?.backup !== backup) last = { backup, bytes: backupBytes(backup, namespace) };
    return last.bytes;
  };
}

type Answer = {
  readonly item: Uint8Array;
  readonly additionalItems: Parameters<typeof toReferences>[0];
};

function toResult(given: Buffer, answer: Answer, display: string): ItemActionResult {
  const additionalItems = toReferences(answer.additionalItems);
  const changed = changedItem(given, answer.item, display);
  if (changed === undefined) return { additionalItems };
  const marks = annotationsOf(changed.object);
  if (Object.hasOwn(marks, annotations.skipFromBackup))
    return { skipped: true, additionalItems: [] };
  if (marks[annotations.mustIncludeAdditionalItems] !== "true") {
    return { object: readRawObject(changed.bytes), additionalItems };
  }
  // For the host, and no part of the item.
  const object = withoutAnnotation(changed.object, annotations.mustIncludeAdditionalItems);
  return { object: toRaw(object), additionalItems, mustInclude: true };
}

function toRaw(object: JsonObject) {
  return readRawObject(Buffer.from(stringifyJson(object)));
}
