import type { GroupResource } from "../api/resource-kind.ts";
import { decodeJson } from "../lib/json-text.ts";
import type { OpenedBackup } from "./opened-backup.ts";

/** Singular and short names by kind, less those that every API server gives. */
export type KindNames = ReadonlyMap<GroupResource, readonly string[]>;

const definitions: GroupResource = "customresourcedefinitions.apiextensions.k8s.io";

/** What the manifest has of the names that the cluster gave; empty for a backup of Velero's. */
export function recordedKindNames({ manifest }: Pick<OpenedBackup, "manifest">): KindNames {
  const kinds = manifest?.kinds ?? [];
  return new Map(kinds.flatMap(({ resource, names }) => (names ? [[resource, names]] : [])));
}

/**
 * Names of custom kinds by the definitions that the backup holds: of one member (ours), or one
 * more pass over the archive (foreign). A definition that cannot be read names nothing.
 */
export async function definedKindNames(
  backup: Pick<OpenedBackup, "entries">,
  signal: AbortSignal,
): Promise<KindNames> {
  const found = new Map<GroupResource, readonly string[]>();
  const isDefinition = ({ resource }: { readonly resource: GroupResource }): boolean =>
    resource === definitions;
  for await (const { line, bytes } of backup.entries(isDefinition, signal, () => {})) {
    found.set(line.name, namesIn(bytes));
  }
  return found;
}

interface Definition {
  readonly spec?: {
    readonly names?: { readonly singular?: unknown; readonly shortNames?: unknown };
  };
}

function namesIn(bytes: Buffer): readonly string[] {
  try {
    const { spec } = decodeJson(bytes.toString("utf8")) as Definition;
    return [spec?.names?.singular, ...[spec?.names?.shortNames ?? []].flat()].filter(
      (name): name is string => typeof name === "string" && name !== "",
    );
  } catch {
    return [];
  }
}
