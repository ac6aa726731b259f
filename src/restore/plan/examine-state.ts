import type { PlannedItem } from "../../domain/restore/planned-item.ts";
import type { ExaminedObject, TargetFacts } from "../../domain/restore/target-findings/facts.ts";
import type { TargetFinding } from "../../domain/restore/target-findings/finding.ts";
import type { TargetExamination } from "../../domain/restore/target-findings/rule.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import type { Planner } from "./assess-all.ts";
import type { ItemChecks } from "./check-item.ts";
import type { PlannedNamespace } from "./plan-namespaces.ts";

export interface Examining {
  readonly run: Planner;
  readonly facts: TargetFacts;
  readonly namespaces: ReadonlyMap<string, PlannedNamespace>;
  readonly checks: ItemChecks;
  readonly onDesired?: (desired: JsonObject) => void;
  readonly onItem: (item: PlannedItem) => void;
  readonly onFinding: (finding: TargetFinding) => void;
  readonly onWave: (wave: string) => void;
}

/** One line of a plan, before the rules that see all objects in order have seen it. */
export interface Examined {
  readonly item: PlannedItem;
  /** Undefined: nothing would be written. */
  readonly object: ExaminedObject | undefined;
  readonly findings: readonly TargetFinding[];
  /** Its namespace, where that is made because the object needs it. */
  readonly needs?: Examined;
}

/** What examining learns on its way. */
export interface ExamineState extends Examining {
  readonly examination: TargetExamination;
  /** Definitions that this restore brings. */
  readonly coming: Map<string, JsonObject>;
  /** Target namespaces that cannot be made. */
  readonly blockedNamespaces: Set<string>;
  /** Namespaces that labels did not select, made when something needs them. */
  readonly onNeed: Map<string, Promise<Examined>>;
  /** Those that only what an item action asks for goes into. */
  readonly lateNamespaces: Map<string, Promise<PlannedNamespace>>;
  readonly told: Set<Examined>;
}
