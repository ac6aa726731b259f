import type { FieldChange } from "../diff/field-change.ts";

/** What is to be done with an object. `keep`: a prune finds it not in the backup, and leaves it. */
export const planActions = [
  "create",
  "patch",
  "recreate",
  "delete",
  "skip",
  "wait",
  "keep",
] as const;
export type PlanAction = (typeof planActions)[number];

/** How certain it is that an object can be written; docs/restore-plan.md. */
export interface PlanCheck {
  /** `none`: nothing was asked and no schema is known. */
  readonly by: "dry-run" | "schema" | "none";
  /** `unanswered`: the API server could only tell if other objects were there. */
  readonly answer?: "accepted" | "refused" | "unanswered";
  /** Why it was not asked. */
  readonly reason?: string;
  /** What the API server or the schema says against it. */
  readonly problem?: string;
}

/** What an item action would do with an object. */
export interface PlannedAct {
  readonly action: string;
  readonly does: "change" | "leave as it is" | "leave out" | "not asked";
  /** Why it was not asked, as half a sentence. */
  readonly reason?: string;
  /** Items of the backup that it wants restored before, as `resource namespace/name`. */
  readonly asksFor?: readonly string[];
}

/** A volume that a provider makes of a snapshot. */
export interface PlannedVolume {
  readonly method: "native-snapshot";
  readonly snapshot: string;
  /** Name of the volume snapshot location. */
  readonly location: string;
  /** Absent: the location is not there. */
  readonly provider?: string;
}

/** Whether nobody can say yet what becomes of an object. */
export function isOpen({ itemActions = [] }: Pick<PlannedItem, "itemActions">): boolean {
  return itemActions.some(({ does }) => does === "not asked");
}

/** One object of a plan, by its place in the target. */
export interface PlannedItem {
  /** Group-resource. */
  readonly resource: string;
  readonly version: string;
  readonly kind: string;
  /** Absent: cluster-scoped. */
  readonly namespace?: string;
  readonly name: string;
  /** Namespace or name in the backup, where they are others. */
  readonly from?: string;
  readonly action: PlanAction;
  readonly reason: string;
  /** Item actions that apply to it, in their order; absent: none. */
  readonly itemActions?: readonly PlannedAct[];
  /** Of what its volume is made. Absent: it is no PersistentVolume, or its volume is there. */
  readonly volume?: PlannedVolume;
  /** Titles of the mappings and modifier rules that apply to it. */
  readonly changedBy?: readonly string[];
  /** Modifiers that could not be applied, a clause each. */
  readonly unmodified?: readonly string[];
  /** The API server is certain to refuse it: it will count as failed. */
  readonly blocked?: true;
  /** What the target has, where that was read. */
  readonly live?: {
    readonly uid: string;
    readonly resourceVersion: string;
    readonly sha256: string;
  };
  readonly changes?: readonly FieldChange[];
  /** It is there, is not as the backup has it, and is left so. */
  readonly differs?: true;
  /** SHA-256 of the merge patch, values of Secrets included. */
  readonly patchSha256?: string;
  readonly check?: PlanCheck;
  /** Codes of target findings that are about it. */
  readonly findings?: readonly string[];
}
