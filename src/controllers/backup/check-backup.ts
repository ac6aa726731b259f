import type { BackupSpec } from "../../api/backup.ts";
import {
  type BackupStorageLocation,
  backupStorageLocationKind,
} from "../../api/backup-storage-location.ts";
import { resourceKindOf } from "../../api/custom-resource.ts";
import type { RawObject } from "../../api/raw-object.ts";
import { readResource } from "../../api/read-resource.ts";
import { loadPolicies } from "../../backup/load-policies.ts";
import { locationOf, namedSnapshotLocations } from "../../domain/backups/backup-defaults.ts";
import {
  durationViolations,
  locationViolations,
  snapshotLocationViolations,
} from "../../domain/backups/backup-violations.ts";
import { checkBackupSpec } from "../../domain/selection/backup-spec-checks.ts";
import { ArkError } from "../../lib/errors.ts";
import { listAll } from "../../runtime/list-all.ts";
import { valuesOf } from "../../runtime/object-cache.ts";
import type { ControllerContext, LiveBackup } from "../controller-context.ts";
import { readLasting } from "../read-kind.ts";

export type CheckedBackup =
  | { readonly violations: readonly string[]; readonly location?: BackupStorageLocation }
  | {
      readonly location: BackupStorageLocation;
      /** Those that the spec names, and those that the server adds. */
      readonly snapshotLocations: readonly string[];
    };

type Checking = Pick<ControllerContext, "cluster" | "caches" | "settings" | "namespace">;

/**
 * Everything that is wrong with a Backup, in the order of velero-features 3.1, or where it is to be
 * written. Errors: those of reading its resource policies that pass, and of
 * listing the locations where the cache has not the one that is asked for.
 */
export async function checkBackup(
  backup: LiveBackup,
  context: Checking,
  signal: AbortSignal,
): Promise<CheckedBackup> {
  const { caches, settings } = context;
  const { spec } = backup;
  const location = await findLocation(spec, context, signal);
  const snapshotLocations = [...valuesOf(caches.snapshotLocations)].map((one) => ({
    name: one.metadata.name,
    provider: one.spec.provider,
  }));
  const { defaultSnapshotLocations = {} } = settings;
  const named = namedSnapshotLocations(spec, snapshotLocations, defaultSnapshotLocations);
  const asked = { ...spec, volumeSnapshotLocations: [...named] };
  const violations = [
    ...locationViolations(location),
    ...snapshotLocationViolations(asked, snapshotLocations),
    ...durationViolations(spec),
    ...checkBackupSpec(spec),
  ];
  // What contradicts the filters is told only of filters that are in order.
  if (checkBackupSpec(spec).length === 0) {
    violations.push(...(await policyViolations(backup, context, signal)));
  }
  if ("missing" in location) return { violations };
  return violations.length > 0 ? { violations, location } : { location, snapshotLocations: named };
}

/** A cache that lags behind proves no location away: the API server is asked before one is missed. */
async function findLocation(
  spec: BackupSpec,
  context: Checking,
  signal: AbortSignal,
): Promise<ReturnType<typeof locationOf>> {
  const { cluster, caches, settings, namespace } = context;
  const { defaultBackupLocation } = settings;
  const cached = locationOf(spec, valuesOf(caches.locations), defaultBackupLocation);
  if (!("missing" in cached)) return cached;
  const live: BackupStorageLocation[] = [];
  const scope = { kind: resourceKindOf(backupStorageLocationKind), namespace };
  const take = ({ bytes }: RawObject): void =>
    void live.push(readResource(backupStorageLocationKind, bytes));
  await listAll(cluster, scope, 500, take, signal);
  const found = locationOf(spec, live, defaultBackupLocation);
  if (!("missing" in found)) return found;
  // Throws where it may come back with its kind.
  return (await readLasting(backupStorageLocationKind, found.missing, context, signal)) ?? found;
}

const ofPolicies: ReadonlySet<string> = new Set([
  ...["ARK_POLICY_INVALID", "ARK_POLICY_MISSING", "ARK_USAGE", "ARK_API_FORBIDDEN"],
]);

async function policyViolations(
  { metadata: { name }, spec }: LiveBackup,
  { cluster, namespace }: Checking,
  signal: AbortSignal,
): Promise<readonly string[]> {
  try {
    await loadPolicies({ name, spec, namespace }, cluster, signal);
    return [];
  } catch (thrown) {
    if (!(thrown instanceof ArkError) || !ofPolicies.has(thrown.code)) throw thrown;
    const { message, answer } = thrown;
    return [answer === undefined ? message : `${message}: ${answer}`];
  }
}
