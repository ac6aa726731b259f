import { createHash } from "node:crypto";
import type { RestoreSpec } from "../../api/restore.ts";
import type { Finding } from "../../api/results.ts";
import type { ChosenVersion } from "../../domain/restore/choose-version.ts";
import type { PlanAction, PlannedItem } from "../../domain/restore/planned-item.ts";
import type { TargetFinding } from "../../domain/restore/target-findings/finding.ts";
import type { RuleSource } from "../../domain/rule-source.ts";
import type { ClusterMarks } from "../../domain/same-cluster.ts";
import { canonicalJson } from "../../lib/canonical-json.ts";
import { parseJson } from "../../lib/json-text.ts";

export interface DryRunCounts {
  readonly mode: "server" | "none";
  readonly asked: number;
  readonly accepted: number;
  readonly refused: number;
  readonly unanswered: number;
  readonly notAsked: readonly { readonly reason: string; readonly objects: number }[];
  readonly schemaChecked: number;
}

/** Objects that an item action applies to, by what it would do with them. */
export interface ItemActionCounts {
  readonly action: string;
  readonly changed: number;
  /** As they are. */
  readonly left: number;
  readonly leftOut: number;
  /** It may do more than compute, or sees what such a one makes. */
  readonly notAsked: number;
}

export interface PlanTotals extends Readonly<Record<PlanAction | "objects" | "blocked", number>> {
  /** Of the skipped, those that differ from the backup; absent: planned by an older version. */
  readonly differ?: number;
}

export interface PlanEstimate {
  readonly seconds: number;
  /** Writes per second. */
  readonly rate: number;
  /** Where the rate is from, as a sentence. */
  readonly basis: string;
}

/** All of a plan but its objects. */
export interface RestorePlanHeader {
  readonly apiVersion: "ark-ts.dev/v1";
  readonly kind: "RestorePlan";
  readonly metadata: { readonly name: string };
  /** RFC 3339. */
  readonly plannedAt: string;
  readonly engineVersion: string;
  /** Of the restore, the backup and all objects below: see {@link createPlanDigest}. */
  readonly planSha256: string;
  readonly cluster: ClusterMarks & { readonly gitVersion: string; readonly context: string };
  readonly backup: PlannedFrom;
  readonly restore: PlannedRestore;
  /** Kinds that the backup holds in several versions, with the one chosen; absent: there are none. */
  readonly versions?: readonly ChosenVersion[];
  readonly totals: PlanTotals;
  readonly dryRun: DryRunCounts;
  /** Absent: none applies. */
  readonly itemActions?: readonly ItemActionCounts[];
  readonly estimate: PlanEstimate;
  readonly findings: readonly TargetFinding[];
  /** Of all findings, also those that are not listed. */
  readonly findingCounts: Readonly<Record<string, number>>;
  /** What a run would say before its first write. */
  readonly notes: readonly Finding[];
}

/** Which backup a plan is made of. */
export interface PlannedFrom {
  readonly name: string;
  readonly uid: string;
  /** Empty: not written by ark-ts. */
  readonly manifestSha256: string;
  readonly completedAt: string;
}

/** All that `restore create --plan` needs to do the same. */
export interface PlannedRestore {
  readonly spec: RestoreSpec;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly allowDamaged: boolean;
  /** Names of the item actions, in their order; absent: none. */
  readonly itemActions?: readonly string[];
  /** As text, or where they are: then the annotations hold their SHA-256. */
  readonly modifiers?: RuleSource;
  readonly policies?: RuleSource;
  readonly versionPriorities?: RuleSource;
}

export interface PlanDigest {
  /** One object of the plan, as JSON in any layout. Throws a SyntaxError, as JSON.parse does. */
  add(text: string): void;
  /** Hex SHA-256. */
  end(
    head: Pick<RestorePlanHeader, "backup" | "restore"> & {
      readonly cluster: Pick<ClusterMarks, "id">;
    },
  ): string;
}

/**
 * Over values and not over their layout: the objects in their order, and of these the hex SHA-256
 * after cluster, backup and restore; each as canonical JSON with a line feed after it.
 */
export function createPlanDigest(): PlanDigest {
  const objects = createHash("sha256");
  return {
    add: (text) => void objects.update(`${canonicalJson(parseJson(text))}\n`),
    end({ cluster, backup, restore }) {
      const head = parseJson(JSON.stringify([cluster.id, backup, restore]));
      const whole = createHash("sha256").update(`${canonicalJson(head)}\n`);
      return whole.update(`${objects.digest("hex")}\n`).digest("hex");
    },
  };
}

/** One object on one line, as it stands in a document. */
export function encodePlannedItem(item: PlannedItem): string {
  return JSON.stringify(item);
}
