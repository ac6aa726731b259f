import type { MatchedRule } from "../policies/match-volume.ts";
import { fsObstacle, legacyChoice } from "./fs-backup.ts";
import { because, leftOut, protectedBy, ruled, unprotected, type Verdict } from "./verdicts.ts";
import type { VolumeDecision, VolumeReason } from "./volume-decision.ts";
import type { PodFacts, PodVolumeFacts, VolumeSource } from "./volume-facts.ts";
import type { ClaimUser, Present, VolumeSettings } from "./volume-input.ts";

/** All in them comes from objects, which are in the backup by themselves. */
const madeOfObjects: ReadonlySet<string> = new Set([
  "configMap",
  "downwardAPI",
  "projected",
  "secret",
]);

/** They begin and end with their pod. */
const livesWithPod: ReadonlySet<string> = new Set(["csi", "emptyDir", "ephemeral", "image"]);

/** Undefined for what has no data of its own, and for a claim's volume, of which its claim decides. */
export function decidePodVolume(
  pod: Present<PodFacts>,
  volume: PodVolumeFacts,
  settings: VolumeSettings,
): VolumeDecision | undefined {
  if (volume.claim !== undefined || isMadeOfObjects(volume)) return undefined;
  const { namespace, name } = pod.facts;
  const subject = { kind: "pod-volume" as const, namespace, pod: name, volume: volume.name };
  return { subject, ...verdictOf(pod, volume, settings) };
}

/** `default-token-*` is what mounts the token of a service account in old clusters. */
function isMadeOfObjects({ name, source }: PodVolumeFacts): boolean {
  return madeOfObjects.has(source.type) || name.startsWith("default-token");
}

function verdictOf(
  pod: Present<PodFacts>,
  { name, source }: PodVolumeFacts,
  settings: VolumeSettings,
): Verdict {
  if (pod.leftOutBy !== undefined) return leftOut(because("filter", pod.leftOutBy));
  const user: ClaimUser = { pod, volume: name };
  const rule = settings.match?.({ capacity: 0n, storageClass: "", ...source });
  if (rule !== undefined) return byRule(rule, user, source);
  const { selected, reason } = legacyChoice(pod, name, settings);
  if (selected) return byFileSystem(user, source, reason);
  if (reason.by === "annotation") return leftOut(reason);
  if (!livesWithPod.has(source.type)) return unprotected(reason);
  const text = `a volume of type ${source.type} ends with its pod, and ${reason.text}`;
  return leftOut({ by: "volume", text });
}

function byRule(rule: MatchedRule, user: ClaimUser, source: VolumeSource): Verdict {
  switch (rule.action) {
    case "skip":
      return leftOut(ruled(rule));
    case "custom":
      return protectedBy("custom", ruled(rule));
    case "snapshot":
      return unprotected(ruled(rule, "only the volume of a claim can be snapshotted"));
    case "fs-backup":
      return byFileSystem(user, source, ruled(rule));
  }
}

function byFileSystem(user: ClaimUser, source: VolumeSource, reason: VolumeReason): Verdict {
  const obstacle = fsObstacle(user, source);
  if (obstacle === undefined) return protectedBy("fs-backup", reason, user);
  return unprotected({ ...reason, text: `${reason.text}, but ${obstacle}` });
}
