import { podSecurityViolations } from "./pod-security-checks.ts";
import { podOf } from "./pod-spec.ts";
import { about, perObject, type TargetFindingRule } from "./rule.ts";

const enforce = "pod-security.kubernetes.io/enforce";

export const podSecurity: TargetFindingRule = {
  code: "pod-security",
  reason: "the level of the target namespace may refuse pods that the source took",
  open: perObject((object, facts) => {
    const pod = podOf(object);
    if (pod === undefined || object.action === "patch") return [];
    const level = facts.namespaces.get(object.namespace)?.labels[enforce];
    if (level !== "baseline" && level !== "restricted") return [];
    const violations = podSecurityViolations(pod, level);
    if (violations.length === 0) return [];
    return [
      {
        severity: pod.isPod ? "blocks" : "warning",
        code: "pod-security",
        message: `namespace ${object.namespace} enforces Pod Security level ${level}: ${pod.isPod ? "the pod" : "each pod of it"} will be refused (${violations.join(", ")})`,
        ...about(object),
      },
    ];
  }),
};
