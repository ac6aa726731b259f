import type { PreviewHook } from "../../backup/preview/preview-hooks.ts";
import type { KindTally } from "../../backup/preview/tally-objects.ts";
import type { PlanDocument } from "../plan-document.ts";
import { count, counted, size, span } from "./amounts.ts";
import { findingLines, reportLine } from "./finding-lines.ts";
import { optOutsLine } from "./opt-outs.ts";
import type { Painter } from "./painter.ts";
import { shellWord } from "./suggested-commands.ts";
import { type Column, renderTable } from "./table.ts";
import { coverageText } from "./volume-coverage.ts";

const mostHooks = 12;

export interface PlanStyle {
  readonly painter: Painter;
  readonly details: boolean;
  /** The file in which it was saved; undefined: in none. */
  readonly saved: string | undefined;
  /** Whether a server would do it, which runs no plans. */
  readonly forServer: boolean;
}

/** A plan for people. */
export function renderBackupPlan(
  plan: PlanDocument,
  { painter, details, saved, forServer }: PlanStyle,
): string {
  const { metadata, totals, findings, volumes, hooks } = plan;
  const { objects, bytes, kindsListed, kindsInScope } = totals;
  const inScope =
    kindsListed === kindsInScope
      ? counted(kindsInScope, "kind")
      : `${count(kindsListed)} of ${counted(kindsInScope, "kind")}`;
  const coverage = coverageText(volumes, details);
  return [
    `plan ${painter.bold(metadata.name)}: ${counted(objects, "object")}, ${size(bytes)} before compression; nothing was written\n`,
    reportLine("objects", `${counted(plan.kinds.length, "kind")} with objects; ${inScope} listed`),
    optOutsLine(plan.optedOut),
    reportLine("cut", cutsText(plan)),
    ...(plan.versions === undefined ? [] : [reportLine("versions", versionsText(plan.versions))]),
    ...(coverage === undefined ? [] : [reportLine("volumes", coverage)]),
    ...(plan.natives === undefined ? [] : [reportLine("snapshots", nativesText(plan.natives))]),
    ...(hooks.length === 0 ? [] : [reportLine("hooks", hooksText(hooks, details))]),
    findingLines(findings.filter(isNews), painter, "see them all with -o json"),
    plan.kinds.length === 0 ? "" : `\n${kindTable(plan.kinds, details)}`,
    forServer ? serverDoes(plan) : doExactly(plan, saved),
  ].join("");
}

function doExactly({ metadata }: PlanDocument, saved: string | undefined): string {
  const first = saved === undefined ? "save it with -o plan.json, then " : "";
  return `\nto do exactly this: ${first}ark-ts backup create ${metadata.name} --plan ${shellWord(saved ?? "plan.json")}\n`;
}

function serverDoes({ metadata }: PlanDocument): string {
  return `\nseen with your own rights; the server looks for itself, with its own: ark-ts backup create ${metadata.name}, with the same flags\n`;
}

/** The line of volumes says what the warning does. */
function isNews({ code, severity }: PlanDocument["findings"][number]): boolean {
  return code !== "ARK_VOLUME_UNPROTECTED" || severity === "error";
}

function cutsText({ cuts }: PlanDocument): string {
  if (cuts.length === 0) return "none: each kind was listed at a revision of its own";
  const revisions = cuts.map(({ resourceVersion }) => resourceVersion).join(", ");
  return cuts.length === 1 ? `resourceVersion ${revisions}` : `resourceVersions ${revisions}`;
}

/** Kinds that would be stored in several versions; the rest is served in one. */
function versionsText(versions: NonNullable<PlanDocument["versions"]>): string {
  if (versions.length === 0) return "no kind with objects is served in a second version";
  const lines = versions.map(
    ({ resource, version, count: objects }) => `${resource} also in ${version} (${count(objects)})`,
  );
  return lines.join("\n");
}

function nativesText(natives: NonNullable<PlanDocument["natives"]>): string {
  return natives
    .map(
      ({ location, provider, volumes }) =>
        `${counted(volumes.length, "native snapshot")} by ${provider} (location ${location})`,
    )
    .join("\n");
}

function hooksText(hooks: readonly PreviewHook[], all: boolean): string {
  const shown = all ? hooks : hooks.slice(0, mostHooks);
  const pods = new Set(hooks.map(({ namespace, pod }) => `${namespace}/${pod}`)).size;
  const left = hooks.length - shown.length;
  return [
    `${counted(hooks.length, "hook")} in ${counted(pods, "pod")}`,
    ...shown.map(hookLine),
    ...(left > 0 ? [`and ${count(left)} more`] : []),
  ].join("\n");
}

function hookLine(hook: PreviewHook): string {
  const { phase, namespace, pod, container, command, notRun, timeoutMs, onError, source } = hook;
  const where = container === "" ? "" : ` container ${container}`;
  const terms = `${source}, ${span(timeoutMs)}, on error ${onError === "" ? "Continue" : onError}`;
  const head = `block ${hook.block + 1} ${phase} ${namespace}/${pod}${where}: `;
  return notRun === undefined
    ? `${head}${command.join(" ")}   (${terms})`
    : `${head}WILL NOT RUN, ${notRun}`;
}

interface Row {
  readonly resource: string;
  readonly namespace: string;
  readonly count: number;
  readonly bytes: number;
}

const columns: readonly Column<Row>[] = [
  { title: "RESOURCE", cell: ({ resource }) => resource },
  { title: "NAMESPACE", cell: ({ namespace }) => namespace },
  { title: "OBJECTS", cell: (row) => count(row.count), align: "right" },
  { title: "SIZE", cell: ({ bytes }) => size(bytes), align: "right" },
];

function kindTable(kinds: readonly KindTally[], details: boolean): string {
  return renderTable(
    columns,
    kinds.flatMap((kind) => (details ? rowsOf(kind) : [sumOf(kind)])),
  );
}

const named = (namespace: string): string => (namespace === "" ? "<cluster>" : namespace);

function rowsOf({ resource, namespaces }: KindTally): readonly Row[] {
  return namespaces.map((one) => ({ ...one, resource, namespace: named(one.namespace) }));
}

function sumOf({ resource, namespaces, count, bytes }: KindTally): Row {
  const [first] = namespaces;
  const namespace =
    namespaces.length > 1 ? `${namespaces.length} namespaces` : named(first?.namespace ?? "");
  return { resource, namespace, count, bytes };
}
