import type { PlannedDefinition } from "../../install/install-definitions.ts";
import type { KindSurvey } from "../../install/survey-kinds.ts";
import { count, counted } from "./amounts.ts";
import { renderTable } from "./table.ts";

/** Fields that are named in a line; the rest is counted. */
const namedFields = 3;

/** What was done with each kind, or would be. */
export function definitionsText(
  plan: readonly PlannedDefinition[],
  { context, isDryRun }: { readonly context: string; readonly isDryRun: boolean },
): string {
  const table = renderTable(
    [
      { title: "KIND", cell: ({ name }) => name },
      { title: isDryRun ? "WOULD BE" : "WAS", cell: outcomeOf },
    ],
    plan,
  );
  const changed = plan.filter(({ decision }) => decision.action !== "leave").length;
  const where = context === "" ? "the cluster" : `context ${context}`;
  const written = isDryRun ? "would be written" : "written";
  const left = plan.length - changed;
  return `${table}\n${counted(plan.length, "kind")} in ${where}: ${count(changed)} ${written}, ${count(left)} left alone${isDryRun ? " (dry run)" : ""}\n`;
}

function outcomeOf({ decision }: PlannedDefinition): string {
  switch (decision.action) {
    case "create":
      return "created";
    case "leave":
      return decision.state === "equal"
        ? "left alone: it is equal"
        : "left alone: it allows more than ark-ts needs";
    case "extend": {
      const more = decision.gains.length - namedFields;
      const named = decision.gains.slice(0, namedFields).join(", ");
      return `widened: it lacked ${named}${more > 0 ? ` and ${count(more)} more` : ""}`;
    }
    case "refuse":
      return `refused: ${decision.problem}`;
  }
}

/** What may come of labels that somebody else has put there. */
export function definitionWarnings(plan: readonly PlannedDefinition[]): readonly string[] {
  const marked = plan.filter(({ markedAsVeleros }) => markedAsVeleros);
  if (marked.length === 0) return [];
  const all = marked.length === plan.length;
  const which = all ? "the definitions carry" : `${counted(marked.length, "definition")} carry`;
  return [
    `warning: ${which} the label component=velero: velero uninstall would delete them, and with them all Backups, Restores and Schedules in the cluster, those of ark-ts too`,
    `         to prevent it: kubectl label crd ${all ? "-l component=velero" : marked.map(({ name }) => name).join(" ")} component-`,
  ];
}

export const plannedNames = (plan: readonly PlannedDefinition[]): readonly string[] =>
  plan.map(({ name }) => name);

/** As kubectl takes and prints several objects. */
export function manifestList(items: readonly unknown[]): unknown {
  return { apiVersion: "v1", kind: "List", items: items.map(withoutManagers) };
}

function withoutManagers(item: unknown): unknown {
  const object = item as { readonly metadata?: Readonly<Record<string, unknown>> };
  const { managedFields: _left, ...metadata } = object.metadata ?? {};
  return { ...object, metadata };
}

interface UninstallPlace {
  readonly context: string;
  readonly namespace: string;
}

export function uninstallQuestion(survey: KindSurvey, place: UninstallPlace): string {
  return `${goingText(survey, place, "will be removed from")}.`;
}

export function uninstalledText(
  survey: KindSurvey,
  { done, ...place }: UninstallPlace & { readonly done: boolean },
): string {
  const where = place.context === "" ? "the cluster" : `context ${place.context}`;
  if (survey.definitions.length === 0) {
    return `${where} has no kinds of velero.io that ark-ts knows: nothing to remove\n`;
  }
  const text = goingText(survey, place, done ? "were removed from" : "would be removed from");
  const { unknownKinds } = survey;
  const left =
    unknownKinds.length > 0
      ? `left, as ark-ts does not know them: ${unknownKinds.join(", ")}\n`
      : "";
  return `${text}\n${left}`;
}

function goingText(
  survey: KindSurvey,
  { context, namespace }: UninstallPlace,
  verb: string,
): string {
  const { definitions, objects } = survey;
  const where = context === "" ? "the cluster" : `context ${context}`;
  const marked = definitions.some(({ markedAsVeleros }) => markedAsVeleros);
  const whose = marked ? ", which a velero command has installed," : "";
  const inside = objects.filter((one) => one.namespace === namespace);
  const counts = inside.map((one) => `${count(one.count)} ${one.resource}`);
  const withThem =
    counts.length === 0
      ? "; there are no objects of them"
      : `, with all their objects in namespace ${namespace}: ${counts.join(", ")}`;
  return `${counted(definitions.length, "kind")} of velero.io${whose} ${verb} ${where}${withThem}; what lies in buckets stays`;
}
