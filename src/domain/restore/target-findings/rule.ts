import type { ExaminedObject, TargetFacts } from "./facts.ts";
import type { TargetFinding } from "./finding.ts";

/** One kind of thing in the target that stands in the way of a restore. */
export interface TargetFindingRule {
  /** Of its findings, where they have no other. */
  readonly code: string;
  /** Why it matters, for the table in docs/restore-plan.md. */
  readonly reason: string;
  readonly open: (facts: TargetFacts) => TargetExamination;
}

/** Sees every object that would be written, in order; may sum. */
export interface TargetExamination {
  see(object: ExaminedObject): readonly TargetFinding[];
  /** What only the whole tells. */
  end(): readonly TargetFinding[];
}

/** A rule whose findings are about one object each. */
export function perObject(
  see: (object: ExaminedObject, facts: TargetFacts) => readonly TargetFinding[],
): TargetFindingRule["open"] {
  return (facts) => ({ see: (object) => see(object, facts), end: () => [] });
}

/** A rule that looks at the namespaces and at no object. */
export function perTarget(
  look: (facts: TargetFacts) => readonly TargetFinding[],
): TargetFindingRule["open"] {
  return (facts) => ({ see: () => [], end: () => look(facts) });
}

/** The fields of a finding that name the object. */
export function about({
  resource,
  kind,
  namespace,
  name,
}: Pick<ExaminedObject, "resource" | "kind" | "namespace" | "name">) {
  return { resource, kind, ...(namespace === "" ? {} : { namespace }), name };
}
