import { admissionWave, waveOf } from "../domain/waves.ts";
import { giveOwners } from "./owners/give-owners.ts";
import { pruneObjects } from "./prune/prune-objects.ts";
import type { RestoreRun } from "./restore-run.ts";
import { restoreInWaves, retryFailures } from "./restore-wave.ts";

/**
 * Writes all that is to be written. Webhooks and admission policies come when everything else has
 * had its later passes, its owners and its prune: nothing of the restore is judged by what it brings
 * itself, whose backend may not answer yet.
 */
export async function restoreObjects(run: RestoreRun, signal: AbortSignal): Promise<void> {
  const judges = [...run.plan.kinds.values()].some(
    ({ resource }) => waveOf(resource) === admissionWave,
  );
  await restoreInWaves(run, (wave) => wave < admissionWave, signal);
  await retryFailures(run, signal);
  await giveOwners(run, judges ? "objects" : "all", signal);
  await pruneObjects(run, signal);
  if (!judges) return;
  await restoreInWaves(run, (wave) => wave === admissionWave, signal);
  await retryFailures(run, signal);
  await giveOwners(run, "all", signal);
}
