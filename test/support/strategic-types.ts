/** Renders `src/domain/restore/modifiers/strategic-types.ts` from what an API server publishes. */
interface Schema {
  readonly type?: string;
  readonly $ref?: string;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly "x-kubernetes-patch-merge-key"?: string;
  readonly "x-kubernetes-patch-strategy"?: string;
  readonly "x-kubernetes-group-version-kind"?: readonly {
    readonly group: string;
    readonly version: string;
    readonly kind: string;
  }[];
}

export interface OpenApi {
  readonly definitions: Readonly<Record<string, Schema>>;
}

const groups = new Set([
  "v1",
  "apps/v1",
  "autoscaling/v1",
  "autoscaling/v2",
  "batch/v1",
  "discovery.k8s.io/v1",
  "networking.k8s.io/v1",
  "policy/v1",
  "rbac.authorization.k8s.io/v1",
  "scheduling.k8s.io/v1",
  "storage.k8s.io/v1",
]);
const noRoots = /(?:List|Options|Review|Eviction|Scale|Status|Binding)$/;

/** One line per type: its name, then its fields; see strategic-schema.ts. */
export function renderStrategicTypes({ definitions }: OpenApi): readonly string[] {
  const lines = new Map<string, string>();
  const nameOf = (ref: string): string =>
    ref
      .replace("#/definitions/", "")
      .replace(/^io\.k8s\.(?:kube-aggregator\.pkg\.apis|apimachinery\.pkg\.apis|api)\./, "");
  const typeOf = (schema: Schema): string | undefined => {
    if (schema.$ref === undefined) return undefined;
    const target = definitions[schema.$ref.replace("#/definitions/", "")];
    if (target?.properties === undefined) return undefined;
    const name = nameOf(schema.$ref);
    if (!lines.has(name)) render(name, target);
    return name;
  };
  const render = (name: string, schema: Schema): void => {
    lines.set(name, "");
    const fields = Object.entries(schema.properties ?? {}).map(([field, value]) => {
      if (field === "status" && name !== "meta.v1.Condition") return field;
      const strategies = (value["x-kubernetes-patch-strategy"] ?? "").split(",");
      const retain = strategies.includes("retainKeys") ? "!" : "";
      if (value.type === "array") {
        const key = value["x-kubernetes-patch-merge-key"] ?? "";
        const merge = strategies.includes("merge") ? (key === "" ? "+" : key) : "";
        const type = value.items && typeOf(value.items);
        return `${field}${retain}[${merge}]${type === undefined ? "" : `:${type}`}`;
      }
      const of = value.additionalProperties && typeOf(value.additionalProperties);
      if (of !== undefined) return `${field}{}:${of}`;
      const type = typeOf(value);
      return `${field}${retain}${type === undefined ? "" : `:${type}`}`;
    });
    lines.set(name, `${name} ${fields.join(" ")}`);
  };
  const roots: string[] = [];
  for (const [name, schema] of Object.entries(definitions)) {
    const [gvk] = schema["x-kubernetes-group-version-kind"] ?? [];
    if (gvk === undefined || schema.properties?.["metadata"] === undefined) continue;
    const apiVersion = gvk.group === "" ? gvk.version : `${gvk.group}/${gvk.version}`;
    const isBinding = /^(?:Cluster)?RoleBinding$/.test(gvk.kind);
    if (!groups.has(apiVersion) || (noRoots.test(gvk.kind) && !isBinding)) continue;
    roots.push(`=${apiVersion}/${gvk.kind} ${typeOf({ $ref: `#/definitions/${name}` })}`);
  }
  return [...roots.sort(), ...[...lines.values()].sort()];
}
