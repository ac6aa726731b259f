export type TargetSeverity = "blocks" | "warning" | "info";

/** What stands in the way in the target. */
export interface TargetFinding {
  /** `blocks`: the API server is certain to refuse. */
  readonly severity: TargetSeverity;
  /** Such as `storage-class-missing`; docs/restore-plan.md lists them. */
  readonly code: string;
  /** One sentence. */
  readonly message: string;
  readonly resource?: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly advice?: string;
}
