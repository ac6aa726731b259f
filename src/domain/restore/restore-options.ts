import { annotations } from "../../api/labels.ts";
import type { RestoreSpec } from "../../api/restore.ts";
import { isGlob } from "../../lib/glob.ts";
import { type ObjectTerm, parseObjectTerms } from "./object-terms.ts";

/** What is done with objects that exist and differ; `recreate` is ours. */
export const existingPolicies = ["none", "update", "recreate"] as const;
export type ExistingPolicy = (typeof existingPolicies)[number];

/**
 * What a Restore asks for that Velero's spec has no field for. It stands in annotations, so that
 * every reader of Velero's kinds understands the rest (docs/compatibility.md).
 */
export interface RestoreOptions {
  readonly policy: ExistingPolicy;
  /** What is in scope and not in the backup is removed. */
  readonly prune: boolean;
  /** Empty: no selection by name. */
  readonly objects: readonly ObjectTerm[];
  /** Protected objects that may be recreated, each named by the user. */
  readonly recreateObjects: readonly ObjectTerm[];
}

interface Asked {
  readonly spec: RestoreSpec;
  readonly annotations?: Readonly<Record<string, string>>;
}

const known = new WeakMap<Asked, RestoreOptions>();

/** Read once for each request: it is asked for with every object, and may name thousands of them. */
export function restoreOptions(asked: Asked): RestoreOptions {
  const options = known.get(asked) ?? readOptions(asked);
  known.set(asked, options);
  return options;
}

function readOptions({ spec, annotations: given = {} }: Asked): RestoreOptions {
  const wire = spec.existingResourcePolicy === "update" ? "update" : "none";
  return {
    policy: given[annotations.existingResourcePolicy] === "recreate" ? "recreate" : wire,
    prune: given[annotations.prune] === "true",
    objects: parseObjectTerms(given[annotations.includeObjects] ?? "").terms,
    recreateObjects: parseObjectTerms(given[annotations.recreateObjects] ?? "").terms,
  };
}

/** Sentences about annotations that cannot be meant; none when they can be used. */
export function optionProblems({ annotations: given = {} }: Asked): readonly string[] {
  const policy = given[annotations.existingResourcePolicy];
  const prune = given[annotations.prune];
  return [
    ...(policy === undefined || policy === "recreate"
      ? []
      : [
          `annotation ${annotations.existingResourcePolicy} is recreate, not ${JSON.stringify(policy)}`,
        ]),
    ...(prune === undefined || ["true", "false"].includes(prune)
      ? []
      : [`annotation ${annotations.prune} is true or false, not ${JSON.stringify(prune)}`]),
    ...[annotations.includeObjects, annotations.recreateObjects].flatMap((key) =>
      parseObjectTerms(given[key] ?? "").problems.map(
        (text) => `${JSON.stringify(text)} is not KIND/NAME or KIND/NAMESPACE/NAME`,
      ),
    ),
    ...parseObjectTerms(given[annotations.recreateObjects] ?? "")
      .terms.filter(({ text }) => isGlob(text))
      .map(({ text }) => `${text}: what is to be deleted with its contents is named without globs`),
  ];
}
