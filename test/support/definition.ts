/** A definition of custom objects that may have any fields. */

interface Traits {
  readonly scope?: "Namespaced" | "Cluster";
  /** The first is the one that is stored. */
  readonly versions?: readonly string[];
  readonly subresources?: object;
}

/** `resource` with its group: `widgets.demo.example`. */
export function definitionOf(
  resource: string,
  kind: string,
  { scope = "Namespaced", versions = ["v1"], subresources }: Traits = {},
) {
  const [plural = "", ...group] = resource.split(".");
  const openAPIV3Schema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: resource },
    spec: {
      group: group.join("."),
      scope,
      names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
      versions: versions.map((name, at) => ({
        ...{ name, served: true, storage: at === 0, schema: { openAPIV3Schema } },
        ...(subresources === undefined ? {} : { subresources }),
      })),
    },
  };
}
