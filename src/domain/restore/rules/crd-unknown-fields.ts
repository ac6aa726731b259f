import { changeEach, valueAt, withValue } from "../../../lib/json-edit.ts";
import type { CleaningRule } from "../rule.ts";

/** v1 refuses `preserveUnknownFields: true`, which old CRDs still carry; the schema says the same. */
export const crdUnknownFields: CleaningRule = {
  name: "crd-unknown-fields",
  resources: ["customresourcedefinitions.apiextensions.k8s.io"],
  clean(definition) {
    if (
      definition["apiVersion"] !== "apiextensions.k8s.io/v1" ||
      valueAt(definition, ["spec", "preserveUnknownFields"]) !== true
    ) {
      return definition;
    }
    const schema = ["schema", "openAPIV3Schema"];
    return changeEach(
      withValue(definition, ["spec", "preserveUnknownFields"], false),
      ["spec", "versions"],
      (version) =>
        valueAt(version, schema) === undefined
          ? version
          : withValue(version, [...schema, "x-kubernetes-preserve-unknown-fields"], true),
    );
  },
};
