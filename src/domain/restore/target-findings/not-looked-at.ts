import { perTarget, type TargetFindingRule } from "./rule.ts";

export const notLookedAt: TargetFindingRule = {
  code: "not-looked-at",
  reason: "a user with rights in some namespaces sees only part of what stands in the way",
  open: perTarget(({ unseen }) =>
    unseen.length === 0
      ? []
      : [
          {
            severity: "info",
            code: "not-looked-at",
            message: `not looked at: ${unseen.join(", ")}: they could not be read in all of the cluster, and what they would put in the way is not in this plan`,
            advice: "for a whole plan, make it as a user who may get and list them",
          },
        ],
  ),
};
