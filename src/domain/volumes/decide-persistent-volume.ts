import type { MatchedRule } from "../policies/match-volume.ts";
import { snapshotOf, snapshotReason, snapshotsOff } from "./snapshot.ts";
import { because, leftOut, protectedBy, ruled, unprotected, type Verdict } from "./verdicts.ts";
import type { VolumeDecision, VolumeReason } from "./volume-decision.ts";
import type { PersistentVolumeFacts } from "./volume-facts.ts";
import type { VolumeSettings } from "./volume-input.ts";

/** A persistent volume that is in the backup without a claim: only a native snapshot is possible. */
export function decidePersistentVolume(
  volume: PersistentVolumeFacts,
  settings: VolumeSettings,
): VolumeDecision {
  const { name, capacity, storageClass, source } = volume;
  const rule = settings.match?.({ capacity, storageClass, ...source });
  const verdict = rule === undefined ? byDefault(volume, settings) : byRule(rule, volume, settings);
  return { subject: { kind: "persistent-volume", name }, ...verdict };
}

function byDefault(volume: PersistentVolumeFacts, settings: VolumeSettings): Verdict {
  const asked = snapshotReason(settings);
  return asked === undefined ? unprotected(snapshotsOff) : nativeSnapshot(volume, settings, asked);
}

function byRule(
  rule: MatchedRule,
  volume: PersistentVolumeFacts,
  settings: VolumeSettings,
): Verdict {
  switch (rule.action) {
    case "skip":
      return leftOut(ruled(rule));
    case "custom":
      return protectedBy("custom", ruled(rule));
    case "snapshot":
      return nativeSnapshot(volume, settings, ruled(rule));
    case "fs-backup":
      return unprotected(ruled(rule, "no pod uses it"));
  }
}

function nativeSnapshot(
  volume: PersistentVolumeFacts,
  settings: VolumeSettings,
  reason: VolumeReason,
): Verdict {
  if (volume.source.csi === undefined) return snapshotOf(volume, settings, reason);
  return unprotected(
    because("volume", "a CSI snapshot is taken through a claim, and it has none in the backup"),
  );
}
