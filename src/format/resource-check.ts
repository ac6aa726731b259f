import type { Backup } from "../api/backup.ts";
import type { Restore } from "../api/restore.ts";
import { createShape, type Shape } from "./json-shape.ts";

/** What a field of a foreign resource must hold for ark-ts to use it. */
type FieldCheck = (value: unknown, where: string, shape: Shape) => unknown;
type FieldTable = Readonly<Record<string, FieldCheck>>;

const maxEntries = 100_000;
const text: FieldCheck = (value, where, shape) => shape.text(value, where, 1024 * 1024);
const flag: FieldCheck = (value, where, shape) => shape.flag(value, where);
const count: FieldCheck = (value, where, shape) => shape.count(value, where);
const texts: FieldCheck = (value, where, shape) =>
  shape.list(value, where, maxEntries, (one, at) => text(one, at, shape));
const textMap: FieldCheck = (value, where, shape) => {
  const record = shape.record(value, where);
  for (const [key, one] of Object.entries(record)) text(one, `${where}.${key}`, shape);
  return record;
};
const fields =
  (table: FieldTable): FieldCheck =>
  (value, where, shape) =>
    checkFields(shape.record(value, where), table, where, shape);
const listOf =
  (each: FieldCheck): FieldCheck =>
  (value, where, shape) =>
    shape.list(value, where, maxEntries, (one, at) => each(one, at, shape));

const selector = fields({
  matchLabels: textMap,
  matchExpressions: listOf(fields({ key: text, operator: text, values: texts })),
});

const resourceHooks = listOf(
  fields({
    exec: fields({ container: text, command: texts, onError: text, timeout: text }),
  }),
);

const metadata = fields({
  name: text,
  namespace: text,
  uid: text,
  creationTimestamp: text,
  labels: textMap,
  annotations: textMap,
});

const backupFields = fields({
  metadata,
  spec: fields({
    metadata: fields({ labels: textMap }),
    includedNamespaces: texts,
    excludedNamespaces: texts,
    includedResources: texts,
    excludedResources: texts,
    includedClusterScopedResources: texts,
    excludedClusterScopedResources: texts,
    includedNamespaceScopedResources: texts,
    excludedNamespaceScopedResources: texts,
    labelSelector: selector,
    orLabelSelectors: listOf(selector),
    snapshotVolumes: flag,
    orderedResources: textMap,
    ttl: text,
    includeClusterResources: flag,
    storageLocation: text,
    volumeSnapshotLocations: texts,
    csiSnapshotTimeout: text,
    itemOperationTimeout: text,
    snapshotMoveData: flag,
    defaultVolumesToFsBackup: flag,
    defaultVolumesToRestic: flag,
    resourcePolicy: fields({ apiGroup: text, kind: text, name: text }),
    hooks: fields({
      resources: listOf(
        fields({
          name: text,
          includedNamespaces: texts,
          excludedNamespaces: texts,
          includedResources: texts,
          excludedResources: texts,
          labelSelector: selector,
          pre: resourceHooks,
          post: resourceHooks,
        }),
      ),
    }),
  }),
  status: fields({
    version: count,
    formatVersion: text,
    expiration: text,
    phase: text,
    validationErrors: texts,
    startTimestamp: text,
    completionTimestamp: text,
    failureReason: text,
    warnings: count,
    errors: count,
    progress: fields({ totalItems: count, itemsBackedUp: count }),
    hookStatus: fields({ hooksAttempted: count, hooksFailed: count }),
  }),
});

const restoreFields = fields({
  metadata,
  spec: fields({
    backupName: text,
    scheduleName: text,
    includedNamespaces: texts,
    excludedNamespaces: texts,
    includedResources: texts,
    excludedResources: texts,
    namespaceMapping: textMap,
    labelSelector: selector,
    orLabelSelectors: listOf(selector),
    restorePVs: flag,
    restoreStatus: fields({ includedResources: texts, excludedResources: texts }),
    preserveNodePorts: flag,
    includeClusterResources: flag,
    existingResourcePolicy: text,
    itemOperationTimeout: text,
  }),
  status: fields({
    phase: text,
    validationErrors: texts,
    warnings: count,
    errors: count,
    failureReason: text,
    startTimestamp: text,
    completionTimestamp: text,
    progress: fields({ totalItems: count, itemsRestored: count }),
  }),
});

/** Errors: ARK_BACKUP_FORMAT, with the field whose type is wrong. */
export function checkBackup(value: unknown, name: string): Backup {
  const shape = createShape("ARK_BACKUP_FORMAT", `velero-backup.json of backup "${name}"`);
  return checkResource(value, "Backup", backupFields, shape) as unknown as Backup;
}

/** Errors: ARK_BACKUP_FORMAT, with the field whose type is wrong. */
export function checkRestore(value: unknown, name: string): Restore {
  const shape = createShape("ARK_BACKUP_FORMAT", `ark-restore.json of restore "${name}"`);
  return checkResource(value, "Restore", restoreFields, shape) as unknown as Restore;
}

function checkResource(
  value: unknown,
  kind: "Backup" | "Restore",
  check: FieldCheck,
  shape: Shape,
): Readonly<Record<string, unknown>> {
  const top = shape.record(value, "it");
  shape.oneOf(top["apiVersion"], "apiVersion", ["velero.io/v1"]);
  shape.oneOf(top["kind"], "kind", [kind]);
  const filled = { ...top, spec: top["spec"] ?? {}, status: top["status"] ?? {} };
  const checked = shape.record(check(filled, "it", shape), "it");
  const found = shape.record(checked["metadata"], "metadata");
  shape.text(found["name"], "metadata.name", 253);
  return checked;
}

/** A copy with null fields left out (Go writes null for what is unset) and unknown ones kept. */
function checkFields(
  record: Readonly<Record<string, unknown>>,
  table: FieldTable,
  where: string,
  shape: Shape,
): Readonly<Record<string, unknown>> {
  const kept: [string, unknown][] = [];
  for (const [key, value] of Object.entries(record)) {
    if (value === null) continue;
    const check = Object.hasOwn(table, key) ? table[key] : undefined;
    const place = where === "it" ? key : `${where}.${key}`;
    kept.push([key, check === undefined ? value : check(value, place, shape)]);
  }
  return Object.fromEntries(kept);
}
