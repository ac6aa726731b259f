import {
  type CustomResource,
  definitionName,
  objectSchema,
  type PrinterColumn,
} from "./custom-resource.ts";
import type { SchemaNode } from "./schema.ts";

/** A version of a kind in its definition. */
export interface DefinitionVersion {
  readonly name: string;
  readonly served: boolean;
  readonly storage: boolean;
  readonly additionalPrinterColumns?: readonly PrinterColumn[];
  readonly schema: { readonly openAPIV3Schema: SchemaNode };
}

/** What installs a kind (contract: `apiextensions.k8s.io/v1`). */
export interface CustomResourceDefinition {
  readonly apiVersion: "apiextensions.k8s.io/v1";
  readonly kind: "CustomResourceDefinition";
  readonly metadata: {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly group: string;
    readonly names: {
      readonly kind: string;
      readonly listKind: string;
      readonly plural: string;
      readonly singular: string;
      readonly shortNames?: readonly string[];
    };
    readonly scope: "Namespaced";
    readonly versions: readonly DefinitionVersion[];
  };
}

/** Velero puts `component=velero` on what it installs, and uninstalls by it: never ours. */
const ownLabels = { "app.kubernetes.io/name": "ark-ts" };

export function toDefinition(resource: CustomResource): CustomResourceDefinition {
  const { group, version, kind, plural, shortNames, columns } = resource;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: definitionName(resource), labels: ownLabels },
    spec: {
      group,
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        ...(shortNames.length > 0 && { shortNames }),
      },
      scope: "Namespaced",
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          ...(columns.length > 0 && { additionalPrinterColumns: columns }),
          schema: { openAPIV3Schema: objectSchema(resource) },
        },
      ],
    },
  };
}
