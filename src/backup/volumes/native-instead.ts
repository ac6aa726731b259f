import type { VolumeDecision } from "../../domain/volumes/volume-decision.ts";
import type { SnapshotStage } from "../snapshots/snapshot-stage.ts";
import type { DecidedVolumes } from "./volume-stage.ts";

/**
 * Of claims whose driver cannot make a CSI snapshot in this cluster a volume snapshotter is asked, as
 * a Velero without CSI does; the others stay as they are. To be called when CSI snapshots are planned
 * and there is a volume snapshot location.
 */
export function nativeInstead(
  decided: DecidedVolumes,
  { beyondCsi }: Pick<SnapshotStage, "beyondCsi">,
): DecidedVolumes {
  const instead = (decision: VolumeDecision): VolumeDecision => {
    const { subject, outcome, reason } = decision;
    if (subject.kind !== "claim" || outcome.state !== "protected") return decision;
    if (outcome.method !== "csi-snapshot") return decision;
    const why = beyondCsi(`${subject.namespace}/${subject.name}`);
    if (why === undefined) return decision;
    return {
      subject,
      outcome: { state: "protected", method: "native-snapshot" },
      reason: { ...reason, text: `${why}; ${reason.text}` },
    };
  };
  return { ...decided, decisions: decided.decisions.map(instead) };
}
