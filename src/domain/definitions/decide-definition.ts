import type { CustomResourceDefinition } from "../../api/custom-resource-definition.ts";
import { type LiveSchema, widenSchema } from "./widen-schema.ts";

/** A CustomResourceDefinition as the API server has it. */
export interface LiveDefinition extends Readonly<Record<string, unknown>> {
  readonly metadata: {
    readonly name: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly deletionTimestamp?: string | null;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec: Readonly<Record<string, unknown>> & {
    readonly scope?: string;
    readonly names?: { readonly kind?: string; readonly plural?: string };
    readonly versions?: readonly LiveVersion[];
  };
  readonly status?: {
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly message?: string;
    }[];
  };
}

interface LiveVersion extends Readonly<Record<string, unknown>> {
  readonly name: string;
  readonly served?: boolean;
  readonly schema?: { readonly openAPIV3Schema?: LiveSchema };
}

/**
 * What installing does with one kind. The kinds are shared with any Velero of the cluster: a
 * definition that allows all we need is left alone, and one that does not is widened, never narrowed.
 */
export type DefinitionDecision =
  | { readonly action: "create" }
  | { readonly action: "leave"; readonly state: "equal" | "newer" }
  /** Older, or of another line: `body` is the live one with what it lacked, `gains`. */
  | { readonly action: "extend"; readonly gains: readonly string[]; readonly body: LiveDefinition }
  | { readonly action: "refuse"; readonly problem: string };

export function decideDefinition(
  ours: CustomResourceDefinition,
  live: LiveDefinition | undefined,
): DefinitionDecision {
  if (live === undefined) return { action: "create" };
  const problem = incompatibility(ours, live);
  if (problem !== undefined) return { action: "refuse", problem };
  const [wanted] = ours.spec.versions;
  const versions = live.spec.versions ?? [];
  const found = versions.find(({ name }) => name === wanted?.name);
  if (wanted === undefined || found === undefined) {
    const names = versions.map(({ name }) => name).join(", ") || "none";
    return {
      action: "refuse",
      problem: `its versions are ${names}; ark-ts needs ${wanted?.name ?? "one"}`,
    };
  }
  const schema = found.schema?.openAPIV3Schema ?? { type: "object" };
  const ourSchema = wanted.schema.openAPIV3Schema as unknown as LiveSchema;
  const widened = widenSchema(schema, ourSchema, "");
  const [conflict] = widened.conflicts;
  if (conflict !== undefined) return { action: "refuse", problem: `its field ${conflict}` };
  const gains = [
    ...(found.served === false ? [`version ${wanted.name} served`] : []),
    ...widened.gains,
  ];
  if (gains.length > 0) {
    const version = { ...found, served: true, schema: { openAPIV3Schema: widened.schema } };
    const others = versions.map((one) => (one === found ? version : one));
    return { action: "extend", gains, body: { ...live, spec: { ...live.spec, versions: others } } };
  }
  const more = widenSchema(ourSchema, schema, "").gains.length > 0 || versions.length > 1;
  return { action: "leave", state: more ? "newer" : "equal" };
}

/** Why the live one cannot become ours by widening. */
function incompatibility(
  { spec }: CustomResourceDefinition,
  { metadata, spec: live }: LiveDefinition,
): string | undefined {
  if (typeof metadata.deletionTimestamp === "string") {
    return `it has been being deleted since ${metadata.deletionTimestamp}`;
  }
  if (live.scope !== spec.scope) return `its objects are ${live.scope}, not ${spec.scope}`;
  const { kind } = spec.names;
  return live.names?.kind === kind ? undefined : `its kind is ${live.names?.kind}, not ${kind}`;
}

/** Velero's installer marks what it installs so, and its uninstaller deletes by it. */
export function isMarkedAsVeleros({ metadata }: LiveDefinition): boolean {
  return metadata.labels?.["component"] === "velero";
}
