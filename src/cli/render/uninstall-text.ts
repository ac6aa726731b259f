import type { KindSurvey } from "../../install/survey-kinds.ts";
import type { ServerSurvey } from "../../install/survey-server.ts";
import { count, counted } from "./amounts.ts";

/** What an uninstallation finds. */
export interface FoundInstallation {
  readonly context: string;
  readonly server: ServerSurvey;
  readonly kinds: KindSurvey;
  /** Who else needs the kinds; empty: they go. */
  readonly users: readonly string[];
}

type Tense = "will be" | "would be" | "were";

/** The list of what goes and what stays, one line each. */
export function uninstallationText(found: FoundInstallation, tense: Tense): string {
  const { context, server, kinds, users } = found;
  const where = context === "" ? "the cluster" : `context ${context}`;
  return [
    `these ${tense} removed from ${where}:`,
    ...goingLines(found),
    ...(users.length > 0 && kinds.definitions.length > 0
      ? [`the kinds of velero.io stay, for others use them: ${users.join("; ")}`]
      : []),
    ...(kinds.unknownKinds.length > 0
      ? [`left, as ark-ts does not know them: ${kinds.unknownKinds.join(", ")}`]
      : []),
    ...(server.others.length > 0
      ? [`namespace ${server.namespace} stays, for there is more in it: ${named(server.others)}`]
      : []),
    "what lies in buckets stays",
    "",
  ].join("\n");
}

const namedOthers = 10;

function named(others: readonly string[]): string {
  const more = others.length - namedOthers;
  const shown = others.slice(0, namedOthers).join(", ");
  return more > 0 ? `${shown} and ${count(more)} more` : shown;
}

function goingLines({ server, kinds, users }: FoundInstallation): readonly string[] {
  const { deployment, objects, namespace, hasNamespace, others } = server;
  const inside = kinds.objects.filter((one) => one.namespace === namespace);
  const all = deployment === undefined ? objects : [deployment, ...objects];
  const lines = all.map(({ kind, namespace: at, name }) =>
    at === "" ? `${kind.kind} ${name}` : `${kind.kind} ${at}/${name}`,
  );
  return [
    ...lines,
    ...inside.map((one) => `${count(one.count)} ${one.resource} in namespace ${namespace}`),
    ...(users.length === 0 && kinds.definitions.length > 0
      ? [`${counted(kinds.definitions.length, "kind")} of velero.io`]
      : []),
    ...(hasNamespace && others.length === 0 ? [`Namespace ${namespace}`] : []),
  ].map((line) => `  ${line}`);
}
