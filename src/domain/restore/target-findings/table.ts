import { addressNotKept } from "./address-not-kept.ts";
import { conversionWebhookDown } from "./conversion-webhook-down.ts";
import type { ExaminedObject, TargetFacts } from "./facts.ts";
import type { TargetFinding } from "./finding.ts";
import { ingressClassMissing } from "./ingress-class-missing.ts";
import { nameTooLong } from "./name-too-long.ts";
import { namespaceTerminating } from "./namespace-terminating.ts";
import { nodePortTaken } from "./node-port-taken.ts";
import { notLookedAt } from "./not-looked-at.ts";
import { podSecurity } from "./pod-security.ts";
import { priorityClassMissing } from "./priority-class-missing.ts";
import { quotaTooSmall } from "./quota-too-small.ts";
import type { TargetExamination, TargetFindingRule } from "./rule.ts";
import { runtimeClassMissing } from "./runtime-class-missing.ts";
import { storageClassMissing } from "./storage-class-missing.ts";
import { webhookFailsClosed } from "./webhook-fails-closed.ts";
import { webhookUnanswered } from "./webhook-unanswered.ts";

/** Add a rule here; docs/restore-plan.md lists them by code. */
export const targetFindingRules: readonly TargetFindingRule[] = [
  storageClassMissing,
  ingressClassMissing,
  priorityClassMissing,
  runtimeClassMissing,
  webhookFailsClosed,
  webhookUnanswered,
  conversionWebhookDown,
  nodePortTaken,
  addressNotKept,
  quotaTooSmall,
  podSecurity,
  nameTooLong,
  namespaceTerminating,
  notLookedAt,
];

/** All rules of the table as one. */
export function examineTarget(facts: TargetFacts): TargetExamination {
  const open = targetFindingRules.map((rule) => rule.open(facts));
  return {
    see: (object: ExaminedObject): readonly TargetFinding[] =>
      open.flatMap((examination) => examination.see(object)),
    end: () => open.flatMap((examination) => examination.end()),
  };
}
