import type { ItemOperation, OperationItem } from "../api/item-operation.ts";
import { createShape, type Shape } from "./json-shape.ts";
import { decodeList, encodeList } from "./side-files.ts";

/** Velero's velero.ResourceIdentifier, with the capitals that Go gives it. */
interface VeleroItem {
  readonly Group: string;
  readonly Resource: string;
  readonly Namespace: string;
  readonly Name: string;
}

/** `<b>-itemoperations.json.gz`: Velero's list of itemoperation.BackupOperation. */
export async function encodeItemOperations(
  backup: { readonly name: string; readonly uid: string },
  operations: readonly ItemOperation[],
): Promise<Buffer> {
  return await encodeList(
    operations.map((operation) => {
      const { action, item, operationId, itemsToUpdate, tooLate } = operation;
      return {
        spec: {
          backupName: backup.name,
          backupUID: backup.uid,
          backupItemAction: action,
          resourceIdentifier: veleroItem(item),
          operationID: operationId,
          postOperationItems: [...itemsToUpdate, ...tooLate].map(veleroItem),
        },
        status: statusOf(operation),
      };
    }),
  );
}

/** `restore-<r>-itemoperations.json.gz`: Velero's list of itemoperation.RestoreOperation. */
export async function encodeRestoreOperations(
  restore: { readonly name: string; readonly uid: string },
  operations: readonly ItemOperation[],
): Promise<Buffer> {
  return await encodeList(
    operations.map((operation) => ({
      spec: {
        restoreName: restore.name,
        restoreUID: restore.uid,
        restoreItemAction: operation.action,
        resourceIdentifier: veleroItem(operation.item),
        operationID: operation.operationId,
      },
      status: statusOf(operation),
    })),
  );
}

/** Velero leaves out what is empty or 0. */
function statusOf(operation: ItemOperation): Readonly<Record<string, unknown>> {
  const { phase, error, unitsCompleted, unitsTotal, units, description } = operation;
  const { createdAt, startedAt, updatedAt } = operation;
  return {
    phase,
    ...(error === "" ? {} : { error }),
    ...(unitsCompleted === 0 ? {} : { nCompleted: unitsCompleted }),
    ...(unitsTotal === 0 ? {} : { nTotal: unitsTotal }),
    ...(units === "" ? {} : { operationUnits: units }),
    ...(description === "" ? {} : { description }),
    created: seconds(createdAt),
    ...(startedAt === undefined ? {} : { started: seconds(startedAt) }),
    ...(updatedAt === undefined ? {} : { updated: seconds(updatedAt) }),
  };
}

/** A metav1.Time has no fractions. */
function seconds(time: string): string {
  return time.replace(/\.\d+Z$/, "Z");
}

function veleroItem({ resource, namespace, name }: OperationItem): VeleroItem {
  const dot = resource.indexOf(".");
  const Group = dot === -1 ? "" : resource.slice(dot + 1);
  const Resource = dot === -1 ? resource : resource.slice(0, dot);
  return { Group, Resource, Namespace: namespace, Name: name };
}

const maxItems = 1_000_000;
const maxText = 1024 * 1024;
const phases = ["New", "InProgress", "Completed", "Failed"] as const;

/** Of a backup or a restore, ours or Velero's. Errors: ARK_BACKUP_DAMAGED, ARK_BACKUP_FORMAT. */
export async function decodeItemOperations(
  compressed: Uint8Array,
  name: string,
): Promise<readonly ItemOperation[]> {
  const shape = createShape("ARK_BACKUP_FORMAT", name);
  const entries = await decodeList(compressed, name);
  return entries.map((entry, index) => decodeOperation(shape, entry, `[${index}]`));
}

function decodeOperation(
  shape: Shape,
  entry: Readonly<Record<string, unknown>>,
  where: string,
): ItemOperation {
  const spec = shape.record(entry["spec"], `${where}.spec`);
  const status = shape.record(entry["status"] ?? {}, `${where}.status`);
  const text = (value: unknown): string => shape.text(value ?? "", where, maxText);
  const number = (value: unknown): number => shape.count(value ?? 0, where);
  const { started, updated } = status as { started?: unknown; updated?: unknown };
  const item = (value: unknown, at: string): OperationItem => {
    const { Group, Resource, Namespace, Name } = shape.record(value, at) as Partial<VeleroItem>;
    const [group, resource] = [text(Group), text(Resource)];
    return {
      resource: group === "" ? resource : `${resource}.${group}`,
      namespace: text(Namespace),
      name: text(Name),
    };
  };
  return {
    action: text(spec["backupItemAction"] ?? spec["restoreItemAction"]),
    item: item(spec["resourceIdentifier"], where),
    operationId: text(spec["operationID"]),
    itemsToUpdate: shape.list(spec["postOperationItems"] ?? [], where, maxItems, item),
    tooLate: [],
    phase: shape.oneOf(status["phase"] ?? "New", where, phases),
    error: text(status["error"]),
    unitsCompleted: number(status["nCompleted"]),
    unitsTotal: number(status["nTotal"]),
    units: text(status["operationUnits"]),
    description: text(status["description"]),
    createdAt: text(status["created"]),
    ...(started == null ? {} : { startedAt: text(started) }),
    ...(updated == null ? {} : { updatedAt: text(updated) }),
  };
}
