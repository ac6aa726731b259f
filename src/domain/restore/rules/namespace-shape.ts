import { textAt, valueAt, withoutAll, withValue } from "../../../lib/json-edit.ts";
import type { CleaningRule } from "../rule.ts";

const nameLabel = "kubernetes.io/metadata.name";

/** Of a Namespace its labels, annotations and spec are restored, under the name it is mapped to. */
export const namespaceShape: CleaningRule = {
  name: "namespace-shape",
  resources: ["namespaces"],
  clean(namespace, context) {
    const target = context.mapNamespace(textAt(namespace, ["metadata", "name"]));
    const plain = withoutAll(namespace, [["metadata", "finalizers"]]);
    const named = withValue(plain, ["metadata", "name"], target);
    return valueAt(named, ["metadata", "labels", nameLabel]) === undefined
      ? named
      : withValue(named, ["metadata", "labels", nameLabel], target);
  },
};
