import type { FineFilters } from "../selection/fine-filters.ts";
import type { ResourcePolicies } from "./resource-policies.ts";

/** Policies as they were read for one run. */
export interface LoadedPolicies {
  /** `ConfigMap velero/nightly`, `file p.yaml`: for sentences. */
  readonly where: string;
  /** Of their text, hex: a run that is continued must find the same. */
  readonly sha256: string;
  readonly rules: ResourcePolicies;
}

/** Policies with what this cluster makes of them. Serialisable. */
export interface PlannedPolicies extends LoadedPolicies {
  /** Absent: no filters of single kinds. */
  readonly itemFilters?: FineFilters;
  readonly findings: readonly PolicyFinding[];
}

/** Something that policies say and that has not the effect it should have. */
export interface PolicyFinding {
  /** `error`: what was meant to be taken may be missing. */
  readonly severity: "error" | "warning";
  readonly message: string;
}
