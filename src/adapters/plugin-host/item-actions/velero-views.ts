import type { OperationProgress } from "../../../api/item-operation.ts";
import { groupResource } from "../../../api/resource-kind.ts";
import type { ItemReference } from "../../../domain/references/item-reference.ts";
import type {
  ResourceIdentifier,
  WireProgress,
} from "../../../plugin-wire/services/shared-messages.ts";
import type { ActionBackup } from "../../../ports/item-action.ts";
import type { ActionRestore } from "../../../ports/restore-item-action.ts";

const apiVersion = "velero.io/v1";

/** As Velero's server gives it to its plugins; `namespace` is the server's. */
export function backupBytes(
  { name, uid, spec, phase, labels = {}, annotations = {} }: ActionBackup,
  namespace: string,
): Buffer {
  const metadata = { name, namespace, uid, labels, annotations };
  return Buffer.from(
    JSON.stringify({ apiVersion, kind: "Backup", metadata, spec, status: { phase } }),
  );
}

export function restoreBytes(
  { name, uid, backup, spec }: ActionRestore,
  namespace: string,
): Buffer {
  const metadata = { name, namespace, uid };
  const whole = { ...spec, backupName: spec.backupName ?? backup };
  const status = { phase: "InProgress" };
  return Buffer.from(
    JSON.stringify({ apiVersion, kind: "Restore", metadata, spec: whole, status }),
  );
}

export function toReferences(listed: readonly ResourceIdentifier[]): readonly ItemReference[] {
  return listed.map(({ group, resource, namespace, name }) => ({
    resource: groupResource({ group, resource }),
    namespace,
    name,
  }));
}

export function toIdentifier({ resource, namespace, name }: ItemReference): ResourceIdentifier {
  const [plural = "", ...group] = resource.split(".");
  return { group: group.join("."), resource: plural, namespace, name };
}

export function toProgress(progress: WireProgress | undefined): OperationProgress {
  const startedAt = toTime(progress?.started);
  const updatedAt = toTime(progress?.updated);
  return {
    completed: progress?.completed ?? false,
    error: progress?.error ?? "",
    unitsCompleted: Number(progress?.unitsCompleted ?? 0n),
    unitsTotal: Number(progress?.unitsTotal ?? 0n),
    units: progress?.units ?? "",
    description: progress?.description ?? "",
    ...(startedAt !== undefined && { startedAt }),
    ...(updatedAt !== undefined && { updatedAt }),
  };
}

/** Go's zero time is the year 1, and stands for none. */
function toTime(
  wire: { readonly seconds: bigint; readonly nanos: number } | undefined,
): string | undefined {
  if (wire === undefined || wire.seconds <= 0n) return undefined;
  return new Date(Number(wire.seconds) * 1_000 + Math.floor(wire.nanos / 1e6)).toISOString();
}
