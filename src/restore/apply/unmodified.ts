import type { RestorePlan } from "../plan-restore.ts";
import { describeTarget } from "../restore-run.ts";
import type { ShapedObject } from "./assess-item.ts";

/** Says what an object lacks; it is told once the object stands. */
export function unmodified(
  { resource, target }: ShapedObject,
  problem: string,
  { changes }: RestorePlan,
) {
  return {
    severity: "error",
    code: "ARK_MODIFIER_FAILED",
    message: `${describeTarget(target)} lacks a change of the resource modifiers of ${changes.modifiers?.where}: ${problem}`,
    resource,
    namespace: target.namespace,
    name: target.name,
  } as const;
}
