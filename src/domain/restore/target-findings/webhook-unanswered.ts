import { webhooksOf } from "../webhook-configurations.ts";
import { backendState } from "./backend-state.ts";
import { about, perObject, type TargetFindingRule } from "./rule.ts";

export const webhookUnanswered: TargetFindingRule = {
  code: "webhook-unanswered",
  reason: "a restored webhook that fails closed refuses what it matches until its backend answers",
  open: perObject((object, facts) =>
    webhooksOf(object.resource, object.desired).flatMap((webhook) => {
      const backend = backendState(webhook, facts);
      if (!webhook.failsClosed || backend.state !== "down") return [];
      return [
        {
          severity: "warning" as const,
          code: "webhook-unanswered",
          message: `webhook ${webhook.name} will fail closed and ${backend.problem}: what it matches is refused ${backend.comes ? "until one is ready" : "from then on"}; nothing of this restore is, for webhooks come last`,
          ...about(object),
          advice: backend.comes
            ? `if it lasts, see what its pods wait for: kubectl get pods -n ${webhook.service?.split("/")[0]}`
            : "restore its Service and what is behind it too, or leave the configuration out",
        },
      ];
    }),
  ),
};
