/**
 * Velero's item actions. `item`, `itemFromBackup`, `backup` and `restore` are JSON; the latter two
 * in the shape of `velero.io/v1`.
 */
import { bool, bytes, message, messages, nested, string } from "../message.ts";
import { unary } from "../method.ts";
import {
  appliesToResponse,
  duration,
  empty,
  pluginRequest,
  progressResponse,
  resourceIdentifier,
} from "./shared-messages.ts";

const itemOfBackup = message({ plugin: string(1), item: bytes(2), backup: bytes(3) });
const itemOfRestore = message({
  plugin: string(1),
  item: bytes(2),
  restore: bytes(3),
  itemFromBackup: bytes(4),
});
const operationOfBackup = message({ plugin: string(1), operationId: string(2), backup: bytes(3) });
const operationOfRestore = message({
  plugin: string(1),
  operationId: string(2),
  restore: bytes(3),
});
const executed = { item: bytes(1), additionalItems: messages(2, resourceIdentifier) } as const;

const appliesTo = (service: string) =>
  unary(`/${service}/AppliesTo`, pluginRequest, appliesToResponse);

export const backupItemAction = {
  appliesTo: appliesTo("generated.BackupItemAction"),
  execute: unary("/generated.BackupItemAction/Execute", itemOfBackup, message(executed)),
} as const;

export const backupItemActionV2 = {
  appliesTo: appliesTo("v2.BackupItemAction"),
  execute: unary(
    "/v2.BackupItemAction/Execute",
    itemOfBackup,
    message({
      ...executed,
      operationId: string(3),
      postOperationItems: messages(4, resourceIdentifier),
    }),
  ),
  progress: unary("/v2.BackupItemAction/Progress", operationOfBackup, progressResponse),
  cancel: unary("/v2.BackupItemAction/Cancel", operationOfBackup, empty),
} as const;

export const restoreItemAction = {
  appliesTo: appliesTo("generated.RestoreItemAction"),
  execute: unary(
    "/generated.RestoreItemAction/Execute",
    itemOfRestore,
    message({ ...executed, skipRestore: bool(3) }),
  ),
} as const;

export const restoreItemActionV2 = {
  appliesTo: appliesTo("v2.RestoreItemAction"),
  execute: unary(
    "/v2.RestoreItemAction/Execute",
    itemOfRestore,
    message({
      ...executed,
      skipRestore: bool(3),
      operationId: string(4),
      waitForAdditionalItems: bool(5),
      additionalItemsReadyTimeout: nested(6, duration),
    }),
  ),
  progress: unary("/v2.RestoreItemAction/Progress", operationOfRestore, progressResponse),
  cancel: unary("/v2.RestoreItemAction/Cancel", operationOfRestore, empty),
  areAdditionalItemsReady: unary(
    "/v2.RestoreItemAction/AreAdditionalItemsReady",
    message({
      plugin: string(1),
      restore: bytes(2),
      additionalItems: messages(3, resourceIdentifier),
    }),
    message({ ready: bool(1) }),
  ),
} as const;

export const deleteItemAction = {
  appliesTo: appliesTo("generated.DeleteItemAction"),
  execute: unary("/generated.DeleteItemAction/Execute", itemOfBackup, empty),
} as const;

export const itemBlockAction = {
  appliesTo: appliesTo("v1.ItemBlockAction"),
  getRelatedItems: unary(
    "/v1.ItemBlockAction/GetRelatedItems",
    itemOfBackup,
    message({ relatedItems: messages(1, resourceIdentifier) }),
  ),
} as const;

/** The question which items it is for, by the kind of an action. */
export const appliesToOf = {
  BackupItemAction: backupItemAction.appliesTo,
  BackupItemActionV2: backupItemActionV2.appliesTo,
  RestoreItemAction: restoreItemAction.appliesTo,
  RestoreItemActionV2: restoreItemActionV2.appliesTo,
  DeleteItemAction: deleteItemAction.appliesTo,
  ItemBlockAction: itemBlockAction.appliesTo,
} as const;
export type ActionKind = keyof typeof appliesToOf;
