import type { ObjectMeta } from "./object-meta.ts";
import type { PhaseTable } from "./phase-table.ts";
import type { ResourceKind } from "./resource-kind.ts";
import { record, type Schema, type SchemaNode, text } from "./schema.ts";

/** A column of `kubectl get`. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: "string" | "date" | "integer" | "boolean";
  readonly jsonPath: string;
  readonly format?: "int64";
  readonly description?: string;
  /** Above 0: with `-o wide` only. */
  readonly priority?: number;
}

/** A kind of `velero.io`. All are namespaced, and none has a status subresource: clients write status whole. */
export interface CustomResource<
  Version extends string = string,
  Kind extends string = string,
  Spec = unknown,
  Status = unknown,
> {
  readonly group: "velero.io";
  readonly version: Version;
  readonly kind: Kind;
  /** The resource in URLs, such as `backups`. */
  readonly plural: string;
  readonly shortNames: readonly string[];
  readonly description: string;
  /** Empty: the API server shows name and age. */
  readonly columns: readonly PrinterColumn[];
  readonly spec: Schema<Spec>;
  readonly status: Schema<Status>;
  readonly phases: PhaseTable;
}

/** An object of the kind as the API server has it, nulls left out. */
export type ResourceOf<K> =
  K extends CustomResource<infer Version, infer Kind, infer Spec, infer Status>
    ? {
        readonly apiVersion: `velero.io/${Version}`;
        readonly kind: Kind;
        readonly metadata: ObjectMeta;
        readonly spec: Spec;
        readonly status?: Status;
      }
    : never;

export function defineKind<const Version extends string, const Kind extends string, Spec, Status>(
  kind: Omit<CustomResource<Version, Kind, Spec, Status>, "group" | "shortNames" | "columns"> & {
    readonly shortNames?: readonly string[];
    readonly columns?: readonly PrinterColumn[];
  },
): CustomResource<Version, Kind, Spec, Status> {
  return { group: "velero.io", shortNames: [], columns: [], ...kind };
}

/** The schema of whole objects of the kind. */
export function objectSchema({ description, spec, status }: CustomResource): SchemaNode {
  return record(
    {
      apiVersion: text("Group and version of the kind."),
      kind: text("The kind."),
      metadata: { type: "object" },
      spec,
      status,
    },
    description,
  );
}

/** Name of its CustomResourceDefinition, such as `backups.velero.io`. */
export const definitionName = ({ plural, group }: CustomResource): string => `${plural}.${group}`;

/** The kind as requests to the API server name it. */
export function resourceKindOf({
  group,
  version,
  kind,
  plural,
  shortNames,
}: CustomResource): ResourceKind {
  return {
    group,
    version,
    resource: plural,
    kind,
    namespaced: true,
    verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
    singular: kind.toLowerCase(),
    shortNames,
    categories: [],
    preferred: true,
    subresources: [],
  };
}
