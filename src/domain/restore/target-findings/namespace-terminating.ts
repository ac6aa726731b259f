import { perTarget, type TargetFindingRule } from "./rule.ts";

export const namespaceTerminating: TargetFindingRule = {
  code: "namespace-terminating",
  reason:
    "nothing can be created in a namespace that is being deleted; a restore waits for its end",
  open: perTarget((facts) =>
    [...facts.namespaces]
      .filter(([, { state }]) => state === "terminating")
      .map(([name]) => ({
        severity: "warning" as const,
        code: "namespace-terminating",
        message: `namespace ${name} is being deleted: the restore waits until it is gone, and then makes it anew`,
        resource: "namespaces",
        kind: "Namespace",
        name,
        advice: `see what holds it: kubectl get namespace ${name} -o yaml`,
      })),
  ),
};
