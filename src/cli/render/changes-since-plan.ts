import type { BackupReport } from "../../backup/backup-run.ts";
import { compareClusters } from "../../domain/same-cluster.ts";
import type { PlanDocument } from "../plan-document.ts";
import { count } from "./amounts.ts";

const mostLines = 20;

/** How a backup differs from the plan that it was made by: kinds, counts, new findings. */
export function changesSince(plan: PlanDocument, report: BackupReport): string {
  const head = `since the plan of ${plan.plannedAt}`;
  const { manifest } = report;
  if (manifest === undefined) return `${head}: not compared, as nothing was sealed`;
  const lines = [...clusterLines(plan, manifest.cluster.id), ...kindLines(plan, manifest.kinds)];
  const known = new Set(plan.findings.map(({ code, message }) => `${code} ${message}`));
  for (const { severity, code, message } of report.findings) {
    if (!known.has(`${code} ${message}`)) lines.push(`new ${severity}: ${message}   (${code})`);
  }
  if (lines.length === 0) return `${head}: nothing changed`;
  const left = lines.length - mostLines;
  const shown = lines.slice(0, mostLines).map((line) => `  ${line}`);
  const more = left > 0 ? [`  and ${count(left)} more`] : [];
  return [`${head}:`, ...shown, ...more].join("\n");
}

function clusterLines({ cluster }: PlanDocument, id: string): readonly string[] {
  const sameness = compareClusters(cluster, { id });
  if (sameness === "same") return [];
  return sameness === "other"
    ? [`the plan was made for another cluster, ${cluster.id}`]
    : [
        "whether the plan was made for this cluster is not known: its user or this one may not read namespace kube-system",
      ];
}

function kindLines(
  plan: PlanDocument,
  kinds: readonly { readonly resource: string; readonly count: number }[],
): readonly string[] {
  const before = new Map(plan.kinds.map((kind) => [kind.resource, kind.count]));
  const now = new Map(kinds.map((kind) => [kind.resource, kind.count]));
  return [...new Set([...before.keys(), ...now.keys()])].sort().flatMap((resource) => {
    const [was, is] = [before.get(resource) ?? 0, now.get(resource) ?? 0];
    return was === is ? [] : [`${resource}: ${count(is)}, planned ${count(was)}`];
  });
}
