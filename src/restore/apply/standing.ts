import type { RestoreOutcome, StandsAs } from "../../format/restore-journal.ts";
import type { TargetName } from "../report/tally.ts";
import { type NamesOfTarget, type RestoreRun, targetOf } from "../restore-run.ts";
import type { ShapedObject } from "./assess-item.ts";

export interface Standing {
  readonly resource: string;
  readonly target: TargetName;
}

type Settled = Pick<
  RestoreOutcome,
  "resource" | "version" | "kind" | "namespace" | "name" | "standsAs"
>;

/** As what an object of the backup stands in the target, by what was written down of it. */
export function standingOf({ plan }: { readonly plan: NamesOfTarget }, outcome: Settled): Standing {
  const { resource, version, kind, namespace, name, standsAs } = outcome;
  const target = targetOf(plan, { resource, version, kind, namespace, name });
  if (standsAs === undefined) return { resource, target };
  return {
    resource: standsAs.resource,
    target: { ...target, version: standsAs.version, kind: standsAs.kind, name: standsAs.name },
  };
}

/** Undefined where an object has the kind, version and name that it has in the backup. */
export function standsAsOf(
  { line, resource, target }: Pick<ShapedObject, "line" | "resource" | "target">,
  { plan }: Pick<RestoreRun, "plan">,
): StandsAs | undefined {
  const { version, kind, name } = target;
  const plain = targetOf(plan, line);
  const isPlain = version === plain.version && kind === plain.kind && name === plain.name;
  return isPlain ? undefined : { resource, version, kind, name };
}
