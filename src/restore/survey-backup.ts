import { definedKindNames, type KindNames, recordedKindNames } from "../catalog/kind-names.ts";
import type { OpenedBackup } from "../catalog/opened-backup.ts";
import type { BackedUpKind } from "../domain/restore/selection.ts";

export interface BackupSurvey {
  readonly kinds: readonly BackedUpKind[];
  /** Namespaces in which the backup holds objects, or that it holds as objects. */
  readonly namespaces: readonly string[];
}

/**
 * One pass over the index; holds names of kinds and namespaces only. `namesKinds`: the request
 * names kinds, so that what the backup knows of their short names is needed.
 */
export async function surveyBackup(
  backup: OpenedBackup,
  namesKinds: boolean,
  signal: AbortSignal,
): Promise<BackupSurvey> {
  const names = namesKinds ? await namesOfKinds(backup, signal) : new Map();
  const kinds = new Map<string, BackedUpKind>();
  const namespaces = new Set<string>();
  for await (const line of backup.index(signal)) {
    if (!kinds.has(line.resource)) {
      kinds.set(line.resource, {
        resource: line.resource,
        kind: line.kind,
        names: names.get(line.resource) ?? [],
        namespaced: line.namespace !== undefined,
      });
    }
    if (line.namespace !== undefined) namespaces.add(line.namespace);
    else if (line.resource === "namespaces") namespaces.add(line.name);
  }
  return { kinds: [...kinds.values()], namespaces: [...namespaces].sort() };
}

async function namesOfKinds(backup: OpenedBackup, signal: AbortSignal): Promise<KindNames> {
  const recorded = recordedKindNames(backup);
  return recorded.size > 0 ? recorded : await definedKindNames(backup, signal);
}
