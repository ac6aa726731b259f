import type { MatchedRule } from "../policies/match-volume.ts";
import type { DecidedBy, VolumeDecision, VolumeMethod, VolumeReason } from "./volume-decision.ts";
import type { ClaimUser } from "./volume-input.ts";

/** A decision whose subject the caller adds. */
export type Verdict = Omit<VolumeDecision, "subject">;

export function protectedBy(
  method: VolumeMethod,
  reason: VolumeReason,
  through?: ClaimUser,
): Verdict {
  const pod = through && { pod: through.pod.facts.name, volume: through.volume };
  const outcome = {
    state: "protected" as const,
    method,
    ...(pod === undefined ? {} : { through: pod }),
  };
  return { outcome, reason };
}

export function leftOut(reason: VolumeReason): Verdict {
  return { outcome: { state: "left-out" }, reason };
}

export function unprotected(reason: VolumeReason): Verdict {
  return { outcome: { state: "unprotected" }, reason };
}

export function because(by: DecidedBy, text: string): VolumeReason {
  return { by, text };
}

/** `but` says why the rule's action does not come about. */
export function ruled(rule: MatchedRule, but?: string): VolumeReason {
  const text = but === undefined ? rule.text : `${rule.text}, but ${but}`;
  return { by: "policy", text, rule: rule.index };
}
