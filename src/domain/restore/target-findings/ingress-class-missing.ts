import { textAt } from "../../../lib/json-edit.ts";
import { passiveClass } from "../passive/make-passive.ts";
import { about, perObject, type TargetFindingRule } from "./rule.ts";

const classes = "ingressclasses.networking.k8s.io";

export const ingressClassMissing: TargetFindingRule = {
  code: "ingress-class-missing",
  reason: "an Ingress whose class does not exist is created, and no controller serves it",
  open: perObject((object, facts) => {
    if (object.resource !== "ingresses.networking.k8s.io") return [];
    const name = textAt(object.desired, ["spec", "ingressClassName"]);
    const known = facts.names(classes);
    // Nothing is to serve it until it is activated.
    if (name === passiveClass) return [];
    if (name === "" || known === undefined || known.has(name)) return [];
    if (facts.restores(classes, "", name)) return [];
    return [
      {
        severity: "warning",
        code: "ingress-class-missing",
        message: `IngressClass "${name}" does not exist here: it will be created and not served`,
        ...about(object),
      },
    ];
  }),
};
