import { type Backup, backupKind } from "../api/backup.ts";
import type { CustomResource } from "../api/custom-resource.ts";
import { type Restore, restoreKind } from "../api/restore.ts";
import { record, type SchemaNode, text, textMap } from "../api/schema.ts";
import { createShape, type Shape } from "./json-shape.ts";

const maxEntries = 100_000;
const maxTextLength = 1024 * 1024;

const metadata = record(
  {
    name: text(),
    namespace: text(),
    uid: text(),
    creationTimestamp: text(),
    labels: textMap(""),
    annotations: textMap(""),
  },
  "",
);

/** Errors: ARK_BACKUP_FORMAT, with the field whose type is wrong. */
export function checkBackup(value: unknown, name: string): Backup {
  const shape = createShape("ARK_BACKUP_FORMAT", `velero-backup.json of backup "${name}"`);
  return checkResource(value, backupKind, shape) as unknown as Backup;
}

/** Errors: ARK_BACKUP_FORMAT, with the field whose type is wrong. */
export function checkRestore(value: unknown, name: string): Restore {
  const shape = createShape("ARK_BACKUP_FORMAT", `ark-restore.json of restore "${name}"`);
  return checkResource(value, restoreKind, shape) as unknown as Restore;
}

function checkResource(
  value: unknown,
  { kind, spec, status }: CustomResource,
  shape: Shape,
): Readonly<Record<string, unknown>> {
  const top = shape.record(value, "it");
  shape.oneOf(top["apiVersion"], "apiVersion", ["velero.io/v1"]);
  shape.oneOf(top["kind"], "kind", [kind]);
  const filled = { ...top, spec: top["spec"] ?? {}, status: top["status"] ?? {} };
  const checked = checkFields(filled, { metadata, spec, status }, "", shape);
  const found = shape.record(checked["metadata"], "metadata");
  shape.text(found["name"], "metadata.name", 253);
  return checked;
}

/** The value with its type, so that ark-ts can use it; what an enum allows is not looked at. */
function checkValue(
  value: unknown,
  { type, items, properties, additionalProperties }: SchemaNode,
  where: string,
  shape: Shape,
): unknown {
  switch (type) {
    case "string":
      return shape.text(value, where, maxTextLength);
    case "boolean":
      return shape.flag(value, where);
    case "integer":
      return shape.count(value, where);
    case "array":
      return shape.list(value, where, maxEntries, (one, at) =>
        items === undefined ? one : checkValue(one, items, at, shape),
      );
    case "object": {
      const found = shape.record(value, where);
      if (properties !== undefined) return checkFields(found, properties, where, shape);
      if (additionalProperties === undefined) return found;
      for (const [key, one] of Object.entries(found)) {
        checkValue(one, additionalProperties, `${where}.${key}`, shape);
      }
      return found;
    }
  }
}

/** A copy with null fields left out (Go writes null for what is unset) and unknown ones kept. */
function checkFields(
  found: Readonly<Record<string, unknown>>,
  properties: Readonly<Record<string, SchemaNode>>,
  where: string,
  shape: Shape,
): Readonly<Record<string, unknown>> {
  const kept: [string, unknown][] = [];
  for (const [key, value] of Object.entries(found)) {
    if (value === null) continue;
    const schema = Object.hasOwn(properties, key) ? properties[key] : undefined;
    const place = where === "" ? key : `${where}.${key}`;
    kept.push([key, schema === undefined ? value : checkValue(value, schema, place, shape)]);
  }
  return Object.fromEntries(kept);
}
