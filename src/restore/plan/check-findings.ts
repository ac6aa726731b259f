import { formatReference } from "../../domain/references/item-reference.ts";
import { saysFixed } from "../../domain/restore/fixed-fields.ts";
import type { PlanCheck } from "../../domain/restore/planned-item.ts";
import { shortRefusal } from "../../domain/restore/short-refusal.ts";
import type { ExaminedObject, TargetFacts } from "../../domain/restore/target-findings/facts.ts";
import type { TargetFinding } from "../../domain/restore/target-findings/finding.ts";
import { about } from "../../domain/restore/target-findings/rule.ts";
import type { ArkError } from "../../lib/errors.ts";
import type { AskedItem } from "../actions/foresee-actions.ts";
import { isRefusalOfDryRun } from "./check-item.ts";

/**
 * What a check says against an object. `recreate`: what to do about a field that no update can
 * change.
 */
export function checkFindings(
  object: ExaminedObject,
  { by, answer, problem }: PlanCheck,
  recreate?: string,
): readonly TargetFinding[] {
  if (problem === undefined) return [];
  if (isRefusalOfDryRun(problem)) {
    return [
      {
        severity: "info",
        code: "webhook-refuses-dry-run",
        message: `a webhook cannot be asked without side effects: ${problem}`,
        ...about(object),
      },
    ];
  }
  if (answer !== "refused") return [];
  const isFixed = by === "dry-run" && object.action === "patch" && saysFixed(problem);
  return [
    {
      severity: "blocks",
      code: by === "schema" ? "schema-violated" : "dry-run-refused",
      message: by === "schema" ? problem : shortRefusal(problem),
      ...about(object),
      ...(isFixed && recreate !== undefined ? { advice: recreate } : {}),
    },
  ];
}

/** What modifiers fail to change of an object: the run has an error of each. */
export function modifierFindings(
  object: Pick<ExaminedObject, "resource" | "kind" | "namespace" | "name">,
  problems: readonly string[],
): readonly TargetFinding[] {
  return problems.map((problem) => ({
    severity: "warning",
    code: "modifier-failed",
    message: `lacks a change of the resource modifiers: ${problem}`,
    ...about(object),
  }));
}

/** An object that cannot be had from the backup, or whose kind is not here. */
export function failureFinding(
  object: ExaminedObject,
  error: ArkError,
  facts: TargetFacts,
): TargetFinding {
  const isKind = error.code === "ARK_KIND_NOT_SERVED";
  const served = facts.versions(object.resource);
  const wouldDo =
    isKind && served.length > 0 ? `; an object of ${served.join(" or ")} would do` : "";
  return {
    severity: "blocks",
    code: codeOf(error),
    message: `${error.message}${wouldDo}`,
    ...about(object),
    ...(error.advice === undefined ? {} : { advice: error.advice }),
  };
}

function codeOf({ code }: ArkError): string {
  if (code === "ARK_KIND_NOT_SERVED") return "kind-not-served";
  return code === "ARK_ITEM_ACTION" ? "item-action-failed" : "object-unreadable";
}

/** What an item action asks for that nobody can restore. */
export function missingFinding({ item, action, of }: AskedItem): TargetFinding {
  const { resource } = of.line;
  const { kind, namespace, name } = of.target;
  return {
    severity: "warning",
    code: "additional-item-missing",
    message: `action ${action} asks for ${formatReference(item)} with it, and the backup does not have that`,
    ...about({ resource, kind, namespace, name }),
  };
}
