import type { GroupResource } from "../../../api/resource-kind.ts";
import type { JsonObject } from "../../../lib/json-text.ts";

/** Rewrites one sort of value wherever a built-in kind has it. */
export interface Mapping {
  /** One for each pair: `--host-mappings a=b`. For sentences. */
  readonly titles: readonly string[];
  /** Tells `use` the title of each pair that applied. The same object when none did. */
  readonly map: (
    object: JsonObject,
    resource: GroupResource,
    use: (title: string) => void,
  ) => JsonObject;
}

/** A table of pairs, `a` becomes `b`, as a flag or a ConfigMap gives it. */
export type Pairs = Readonly<Record<string, string>>;
