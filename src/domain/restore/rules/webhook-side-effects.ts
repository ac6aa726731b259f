import { changeEach, textAt, withValue } from "../../../lib/json-edit.ts";
import type { CleaningRule } from "../rule.ts";

/** v1 takes `None` and `NoneOnDryRun` only; configurations from v1beta1 may say otherwise. */
export const webhookSideEffects: CleaningRule = {
  name: "webhook-side-effects",
  resources: [
    "mutatingwebhookconfigurations.admissionregistration.k8s.io",
    "validatingwebhookconfigurations.admissionregistration.k8s.io",
  ],
  clean: (configuration) =>
    configuration["apiVersion"] !== "admissionregistration.k8s.io/v1"
      ? configuration
      : changeEach(configuration, ["webhooks"], (webhook) =>
          ["None", "NoneOnDryRun"].includes(textAt(webhook, ["sideEffects"]))
            ? webhook
            : withValue(webhook, ["sideEffects"], "None"),
        ),
};
