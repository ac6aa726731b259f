import { backendState } from "./backend-state.ts";
import { about, perObject, type TargetFindingRule } from "./rule.ts";

export const conversionWebhookDown: TargetFindingRule = {
  code: "conversion-webhook-down",
  reason: "custom resources of a version that is not stored can only be written by way of it",
  open: perObject((object, facts) => {
    const conversion = facts.conversions.get(object.resource);
    if (conversion === undefined) return [];
    const backend = backendState(conversion, facts);
    if (backend.state !== "down") return [];
    const isStored = conversion.storageVersion === object.version;
    const outcome = isStored
      ? "reading it in another version will fail"
      : `it is stored as ${conversion.storageVersion} and cannot be written without it`;
    return [
      {
        severity: isStored || backend.comes ? "warning" : "blocks",
        code: "conversion-webhook-down",
        message: `the conversion webhook of ${object.resource} is down, ${backend.problem}: ${outcome}`,
        ...about(object),
      },
    ];
  }),
};
