import type { Finding } from "../../api/results.ts";
import type { NativeVolumeStep } from "../../format/native-volume-step.ts";
import type { ObjectStore } from "../../ports/object-store.ts";
import { loadVolumeSteps } from "../../volumes/native/volume-journal.ts";
import { type InterruptedRestore, itemKey } from "../record/interrupted-restore.ts";
import type { RestoreRun } from "../restore-run.ts";
import { persistentVolumes } from "./native-volumes.ts";
import { isMade } from "./restored-natives.ts";

/**
 * At the end of a run: what providers made, or may have made, that no PersistentVolume stands for.
 * To be called once.
 */
export function tellLeftVolumes({
  natives,
  before,
  log,
}: Pick<RestoreRun, "natives" | "before" | "log">): void {
  for (const step of natives.steps.values()) {
    const finding = natives.standing.has(step.volume) ? undefined : leftOf(step, before);
    const isTold =
      finding?.code === "ARK_VOLUME_OUTCOME_UNKNOWN" &&
      log.findings.some(({ code, name }) => code === finding.code && name === step.name);
    if (finding !== undefined && !isTold) log.find(finding);
  }
}

/** The same of a run that died, as it has written down. Errors: ARK_BACKUP_DAMAGED, those of the store. */
export async function volumesLeftBy(
  runUid: string,
  before: Pick<InterruptedRestore, "outcomes">,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { steps } = await loadVolumeSteps(store, runUid, signal);
  return [...steps.values()].flatMap((step) => leftOf(step, before) ?? []);
}

function leftOf(
  { state, volume, name, volumeId, snapshotId, location }: NativeVolumeStep,
  { outcomes }: Pick<InterruptedRestore, "outcomes">,
): Finding | undefined {
  const key = itemKey({ resource: persistentVolumes, namespace: "", name: volume });
  if (state === "failed" || isMade(outcomes.get(key)?.action)) return undefined;
  const of = `snapshot "${snapshotId}" (volume snapshot location "${location}")`;
  const object = { resource: persistentVolumes, namespace: "", name };
  if (state === "made") {
    return {
      severity: "warning",
      code: "ARK_VOLUME_LEFT",
      message: `volume "${volumeId}" was made of ${of}, and PersistentVolume "${name}" is not known to stand for it`,
      advice: `unless it does, remove volume ${volumeId} at its provider; another restore makes another one`,
      ...object,
    };
  }
  return {
    severity: "warning",
    code: "ARK_VOLUME_OUTCOME_UNKNOWN",
    message: `a volume was asked for of ${of}, for PersistentVolume "${name}", and whether it was made is not known`,
    advice: `look at the provider for a new volume of snapshot ${snapshotId}, and remove it`,
    ...object,
  };
}
