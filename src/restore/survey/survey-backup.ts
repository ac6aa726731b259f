import type { GroupResource } from "../../api/resource-kind.ts";
import { definedKindNames, type KindNames, recordedKindNames } from "../../catalog/kind-names.ts";
import type { OpenedBackup } from "../../catalog/opened-backup.ts";
import type { KindVersions } from "../../domain/restore/choose-version.ts";
import type { BackedUpKind } from "../../domain/restore/selection.ts";
import type { IndexLine } from "../../format/index-line.ts";

export interface BackupSurvey {
  readonly kinds: readonly BackedUpKind[];
  /** Namespaces in which the backup holds objects, or that it holds as objects. */
  readonly namespaces: readonly string[];
  /** By kind, the versions in which its objects are held. */
  readonly versions: ReadonlyMap<GroupResource, KindVersions>;
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
  const versions = recordedVersions(backup);
  // What a backup of another tool has in version folders shows in the one pass over its archive.
  const isForeign = backup.manifest === undefined;
  const lines = isForeign ? backup.everyVersion().index(signal) : backup.index(signal);
  for await (const line of lines) {
    if (isForeign) noteVersion(versions, line);
    if (line.folder !== undefined) continue;
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
  return { kinds: [...kinds.values()], namespaces: [...namespaces].sort(), versions };
}

function recordedVersions({ manifest }: OpenedBackup): Map<GroupResource, KindVersions> {
  const found = new Map<GroupResource, KindVersions>();
  const all = [...(manifest?.kinds ?? []), ...(manifest?.versions ?? [])];
  for (const { resource, version, count } of all) {
    if (count > 0) addVersion(found, resource, nameOf(version));
  }
  return found;
}

/** A plain path comes before the folders of its versions, or counts as the preferred one later. */
function noteVersion(found: Map<GroupResource, KindVersions>, line: IndexLine): void {
  const { resource, folder } = line;
  if (folder !== undefined) addVersion(found, resource, folder);
  else addVersion(found, resource, nameOf(line.version), true);
}

function addVersion(
  found: Map<GroupResource, KindVersions>,
  resource: GroupResource,
  version: string,
  isPreferred = false,
): void {
  const known = found.get(resource);
  const preferred = known === undefined || isPreferred ? version : known.preferred;
  if (known?.all.includes(version) === true && known.preferred === preferred) return;
  found.set(resource, { preferred, all: [...new Set([...(known?.all ?? []), version])] });
}

/** `v1` of `apps/v1`. */
const nameOf = (apiVersion: string): string => apiVersion.slice(apiVersion.indexOf("/") + 1);

async function namesOfKinds(backup: OpenedBackup, signal: AbortSignal): Promise<KindNames> {
  const recorded = recordedKindNames(backup);
  return recorded.size > 0 ? recorded : await definedKindNames(backup, signal);
}
