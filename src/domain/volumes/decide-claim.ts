import type { MatchedRule } from "../policies/match-volume.ts";
import type { VolumeTraits } from "../policies/volume-traits.ts";
import { fsObstacle, legacyChoice } from "./fs-backup.ts";
import { snapshotOf, snapshotReason, snapshotsOff } from "./snapshot.ts";
import { because, leftOut, protectedBy, ruled, unprotected, type Verdict } from "./verdicts.ts";
import type { VolumeDecision, VolumeReason } from "./volume-decision.ts";
import type { ClaimFacts, PersistentVolumeFacts } from "./volume-facts.ts";
import type { ClaimUser, Present, VolumeSettings } from "./volume-input.ts";

/** What a claim is joined with: the volume it is bound to, and the pods that name it. */
export interface ClaimContext {
  readonly volume?: PersistentVolumeFacts;
  readonly users: readonly ClaimUser[];
}

/** In the order of authority: filters, policy, annotations and their default, snapshots. */
export function decideClaim(
  claim: Present<ClaimFacts>,
  context: ClaimContext,
  settings: VolumeSettings,
): VolumeDecision {
  const { namespace, name, volumeName } = claim.facts;
  const volume = volumeName === "" ? {} : { volume: volumeName };
  const subject = { kind: "claim" as const, namespace, name, ...volume };
  return { subject, ...verdictOf(claim, context, settings) };
}

function verdictOf(
  { facts, leftOutBy }: Present<ClaimFacts>,
  context: ClaimContext,
  settings: VolumeSettings,
): Verdict {
  if (leftOutBy !== undefined) return leftOut(because("filter", leftOutBy));
  const rule = settings.match?.(traitsOf(facts, context.volume));
  if (rule !== undefined) return byRule(rule, facts, context, settings);
  const { volume, users } = context;
  if (volume === undefined) return unprotected(because("volume", withoutVolume(facts)));
  const choices = users.map((user) => ({ user, ...legacyChoice(user.pod, user.volume, settings) }));
  const selecting = choices.filter(({ selected }) => selected);
  const [first] = selecting;
  if (first !== undefined) return byFileSystem(selecting, first.reason, volume);
  const asked = snapshotReason(settings);
  if (asked !== undefined) return snapshotOf(volume, settings, asked);
  const optOut = choices.find(({ reason }) => reason.by === "annotation");
  return optOut === undefined ? unprotected(snapshotsOff) : leftOut(optOut.reason);
}

/** Once a pod selects it, no snapshot is taken either, whether the pod can be used or not. */
function byFileSystem(
  selecting: readonly { readonly user: ClaimUser; readonly reason: VolumeReason }[],
  reason: VolumeReason,
  volume: PersistentVolumeFacts,
): Verdict {
  const usable = selecting.find(({ user }) => fsObstacle(user, volume.source) === undefined);
  if (usable !== undefined) return protectedBy("fs-backup", usable.reason, usable.user);
  const obstacle = firstObstacle(
    selecting.map(({ user }) => user),
    volume,
  );
  const text = `${reason.text}, but ${obstacle}; so no snapshot is taken either`;
  return unprotected({ ...reason, text });
}

function byRule(
  rule: MatchedRule,
  claim: ClaimFacts,
  { volume, users }: ClaimContext,
  settings: VolumeSettings,
): Verdict {
  switch (rule.action) {
    case "skip":
      return leftOut(ruled(rule));
    case "custom":
      return protectedBy("custom", ruled(rule));
    case "snapshot":
      return volume === undefined
        ? unprotected(ruled(rule, withoutVolume(claim)))
        : snapshotOf(volume, settings, ruled(rule));
    case "fs-backup": {
      const usable = users.find((user) => fsObstacle(user, volume?.source) === undefined);
      if (usable !== undefined) return protectedBy("fs-backup", ruled(rule), usable);
      return unprotected(ruled(rule, firstObstacle(users, volume)));
    }
  }
}

function firstObstacle(
  users: readonly ClaimUser[],
  volume: PersistentVolumeFacts | undefined,
): string {
  const [user] = users;
  return (user && fsObstacle(user, volume?.source)) ?? "no pod uses it";
}

function withoutVolume({ phase, volumeName }: ClaimFacts): string {
  if (phase === "Bound") return `its persistent volume ${volumeName} is not there`;
  return `the claim is ${phase === "" ? "in no phase" : phase}: it has no volume`;
}

/** Of a claim without a volume only what the claim says can match. */
function traitsOf(claim: ClaimFacts, volume: PersistentVolumeFacts | undefined): VolumeTraits {
  return {
    capacity: volume?.capacity ?? 0n,
    storageClass: volume?.storageClass ?? "",
    type: "",
    ...volume?.source,
    claim,
  };
}
