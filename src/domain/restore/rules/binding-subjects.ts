import { changeEach, textAt, withValue } from "../../../lib/json-edit.ts";
import type { CleaningRule } from "../rule.ts";

/** Rights follow the service accounts that are restored under another namespace. */
export const bindingSubjects: CleaningRule = {
  name: "binding-subjects",
  resources: [
    "rolebindings.rbac.authorization.k8s.io",
    "clusterrolebindings.rbac.authorization.k8s.io",
  ],
  clean: (binding, context) =>
    changeEach(binding, ["subjects"], (subject) => {
      const namespace = textAt(subject, ["namespace"]);
      return namespace === ""
        ? subject
        : withValue(subject, ["namespace"], context.mapNamespace(namespace));
    }),
};
