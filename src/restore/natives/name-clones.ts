import { cloneName } from "../../domain/restore/clone-name.ts";
import type { RestoreSelection } from "../../domain/restore/selection.ts";
import type { VolumeFate } from "../../domain/restore/volume-fate.ts";
import type { NativeVolumeStep } from "../../format/native-volume-step.ts";
import { mapConcurrently } from "../../lib/concurrency.ts";
import { hasCode } from "../../lib/errors.ts";
import type { ClusterReader } from "../../ports/cluster.ts";
import type { TargetKinds } from "../survey/target-kinds.ts";
import { persistentVolumes } from "./native-volumes.ts";

const atOnce = 8;
/** More copies of one claim than anybody makes. */
const maxNames = 1_000;

export interface CloneNaming {
  readonly volumes: ReadonlyMap<string, VolumeFate>;
  readonly selection: Pick<RestoreSelection, "mapNamespace">;
  /** By name in the backup: whether the volume is restored. */
  readonly isPlanned: (volume: string) => boolean;
  /** What this run has made before. */
  readonly steps: ReadonlyMap<string, NativeVolumeStep>;
  readonly target: Pick<TargetKinds, "find">;
  readonly cluster: Pick<ClusterReader, "get">;
}

/**
 * Velero's rule: a volume of a native snapshot, claimed in a namespace that is mapped, is made
 * beside the one of its name that the target has. The name is the first that is free, the same for
 * a plan and the restore by it, and for each process of a restore. Errors: those of a GET.
 */
export async function nameClones(
  naming: CloneNaming,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, VolumeFate>> {
  const { volumes, selection, isPlanned } = naming;
  const named = new Map(volumes);
  const candidates = [...volumes].filter(([name, { fate, native, isUnwanted, claim }]) => {
    if (fate !== "restore" || (native === undefined && isUnwanted !== true)) return false;
    const namespace = claim.slice(0, claim.indexOf("/"));
    return claim !== "" && selection.mapNamespace(namespace) !== namespace && isPlanned(name);
  });
  await mapConcurrently(candidates, atOnce, async ([volume, fate]) => {
    const name = await nameOf(volume, fate, naming, signal);
    if (name === volume) return;
    // Two volumes would stand for the same data.
    if (fate.isUnwanted === true) named.set(volume, { ...fate, fate: "provision" });
    else named.set(volume, { ...fate, name });
  });
  return named;
}

async function nameOf(
  volume: string,
  { claim, native }: VolumeFate,
  { steps, selection, target, cluster }: CloneNaming,
  signal: AbortSignal,
): Promise<string> {
  const step = steps.get(volume);
  if (step !== undefined) return step.name;
  const kind = target.find(persistentVolumes, "v1");
  if (kind === undefined) return volume;
  const slash = claim.indexOf("/");
  const place = `${selection.mapNamespace(claim.slice(0, slash))}${claim.slice(slash)}`;
  for (let number = 0; number < maxNames; number += 1) {
    const name =
      number === 0
        ? volume
        : cloneName({ claim: place, snapshotId: native?.snapshotId ?? "", number });
    try {
      if ((await cluster.get({ kind, namespace: "", name }, { signal })) === undefined) return name;
    } catch (thrown) {
      // Who may not look may not make one either.
      if (hasCode(thrown, "ARK_API_FORBIDDEN")) return volume;
      throw thrown;
    }
  }
  return volume;
}
