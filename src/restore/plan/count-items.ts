import {
  type PlanAction,
  type PlannedAct,
  type PlannedItem,
  planActions,
} from "../../domain/restore/planned-item.ts";
import type { DryRunCounts, ItemActionCounts, RestorePlanHeader } from "./plan-document.ts";

export interface ItemCounter {
  add(item: PlannedItem): void;
  totals(): RestorePlanHeader["totals"];
  dryRun(): DryRunCounts;
  /** In the order in which they were met. */
  itemActions(): readonly ItemActionCounts[];
}

export function countItems(mode: DryRunCounts["mode"]): ItemCounter {
  const actions = new Map<PlanAction, number>(planActions.map((action) => [action, 0]));
  const notAsked = new Map<string, number>();
  const answers = { accepted: 0, refused: 0, unanswered: 0 };
  const acts = new Map<string, Map<PlannedAct["does"], number>>();
  let objects = 0;
  let blocked = 0;
  let differ = 0;
  let schemaChecked = 0;
  return {
    add({ action, blocked: isBlocked, check, differs, itemActions = [] }) {
      for (const { action: name, does } of itemActions) {
        const counts = acts.get(name) ?? new Map<PlannedAct["does"], number>();
        acts.set(name, counts.set(does, (counts.get(does) ?? 0) + 1));
      }
      objects += 1;
      actions.set(action, (actions.get(action) ?? 0) + 1);
      if (isBlocked === true) blocked += 1;
      if (action === "skip" && differs === true) differ += 1;
      if (check === undefined) return;
      if (check.by === "schema") schemaChecked += 1;
      if (check.by === "dry-run") answers[check.answer ?? "unanswered"] += 1;
      else {
        const { reason = "" } = check;
        notAsked.set(reason, (notAsked.get(reason) ?? 0) + 1);
      }
    },
    totals() {
      const counts = Object.fromEntries(actions) as Record<PlanAction, number>;
      return { objects, ...counts, blocked, differ };
    },
    itemActions: () =>
      [...acts].map(([action, counts]) => ({
        action,
        changed: counts.get("change") ?? 0,
        left: counts.get("leave as it is") ?? 0,
        leftOut: counts.get("leave out") ?? 0,
        notAsked: counts.get("not asked") ?? 0,
      })),
    dryRun: () => ({
      mode,
      asked: answers.accepted + answers.refused + answers.unanswered,
      ...answers,
      notAsked: [...notAsked].map(([reason, count]) => ({ reason, objects: count })),
      schemaChecked,
    }),
  };
}
