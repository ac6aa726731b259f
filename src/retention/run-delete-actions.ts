import { readRawObject } from "../api/read-raw-object.ts";
import type { GroupResource } from "../api/resource-kind.ts";
import type { Finding } from "../api/results.ts";
import type { OpenedBackup } from "../catalog/opened-backup.ts";
import { isNamedKind } from "../domain/kind-names.ts";
import { appliesToKind, itemFilter } from "../domain/selection/item-selector.ts";
import { toArkError } from "../lib/errors.ts";
import type { DeleteItemAction } from "../ports/delete-item-action.ts";
import type { ActionBackup } from "../ports/item-action.ts";

/** What a name means among the kinds of a backup; undefined: it has no such kind. */
export async function kindsOfBackup(
  backup: OpenedBackup,
  signal: AbortSignal,
): Promise<(name: string) => GroupResource | undefined> {
  const kinds = new Map<GroupResource, string>();
  if (backup.manifest === undefined) {
    for await (const { resource, kind } of backup.index(signal)) kinds.set(resource, kind);
  } else for (const { resource, kind } of backup.manifest.kinds) kinds.set(resource, kind);
  return (name) => {
    for (const [resource, kind] of kinds) {
      if (isNamedKind({ resource, kind }, name)) return resource;
    }
    return undefined;
  };
}

/**
 * Calls each action for each item of the backup that it is for, with the item as it was backed up.
 * What fails is a finding, and the rest goes on, as in Velero. Errors: those of the store.
 */
export async function runDeleteActions(
  backup: OpenedBackup,
  actions: readonly DeleteItemAction[],
  onFinding: (finding: Finding) => void,
  signal: AbortSignal,
): Promise<void> {
  if (actions.length === 0) return;
  const { metadata, spec } = backup.backup;
  const { name, uid = "", labels = {}, annotations = {} } = metadata;
  const told: ActionBackup = { name, uid, spec, labels, annotations, phase: "Deleting" };
  const filters = actions.map((action) => ({ action, selects: itemFilter(action) }));
  const isWanted = ({ resource }: { readonly resource: GroupResource }): boolean =>
    actions.some((action) => appliesToKind(action, resource));
  const tell = (place: Pick<Finding, "resource" | "namespace" | "name">, what: string): void =>
    onFinding({ severity: "error", code: "ARK_ITEM_ACTION", message: what, ...place });
  const entries = backup.entries(isWanted, signal, ({ resource, namespace = "", name }, error) =>
    tell(
      { resource, namespace, name },
      `no delete action was asked about ${resource} ${namespace}/${name}, which cannot be read: ${error.message}`,
    ),
  );
  for await (const { line, bytes } of entries) {
    const { resource, namespace = "", name: item } = line;
    const object = readRawObject(bytes);
    for (const { action, selects } of filters) {
      if (!appliesToKind(action, resource) || !selects(object)) continue;
      try {
        await action.execute({ resource, object }, told, signal);
      } catch (thrown) {
        signal.throwIfAborted();
        const place = namespace === "" ? item : `${namespace}/${item}`;
        tell(
          { resource, namespace, name: item },
          `delete action ${action.name} failed on ${resource} ${place}: ${toArkError(thrown).message}`,
        );
      }
    }
  }
}
