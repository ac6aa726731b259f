import { textAt } from "../../../lib/json-edit.ts";
import { podOf } from "./pod-spec.ts";
import { about, perObject, type TargetFindingRule } from "./rule.ts";

const classes = "priorityclasses.scheduling.k8s.io";

export const priorityClassMissing: TargetFindingRule = {
  code: "priority-class-missing",
  reason: "admission refuses a pod whose priority class does not exist",
  open: perObject((object, facts) => {
    const pod = podOf(object);
    const name = textAt(pod?.spec, ["priorityClassName"]);
    const known = facts.names(classes);
    if (pod === undefined || name === "" || known === undefined || known.has(name)) return [];
    if (facts.restores(classes, "", name)) return [];
    return [
      {
        severity: pod.isPod && object.action === "create" ? "blocks" : "warning",
        code: "priority-class-missing",
        message: `PriorityClass "${name}" does not exist here: ${pod.isPod ? "the pod" : "each pod of it"} will be refused`,
        ...about(object),
      },
    ];
  }),
};
