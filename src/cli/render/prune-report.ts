import type { KeptReason } from "../../retention/plan-prune.ts";
import type { PruneReport } from "../../retention/prune-backups.ts";
import { counted, size } from "./amounts.ts";
import { hiddenText } from "./deleted-text.ts";
import { localTime, type TimeStyle } from "./local-time.ts";
import { renderTable } from "./table.ts";

const reasons: Readonly<Record<KeptReason, string>> = {
  "not-expired": "not expired",
  "no-expiration": "without an expiration",
  "unreadable-expiration": "with an expiration that cannot be read",
  "not-sealed": "not finished (ark-ts backup discard clears what a dead run left)",
  unreadable: "unreadable",
  "other-cluster": "of another cluster",
  "unknown-cluster": "of a cluster that cannot be told",
};

/** What was, or would be, deleted; what stays, by reason; what could not be deleted. */
export function renderPrune(
  report: PruneReport,
  style: TimeStyle & { readonly dryRun: boolean; readonly location: string },
): string {
  const { plan, deleted, failed } = report;
  const result = (name: string): string => {
    const failure = failed.find((one) => one.name === name);
    if (failure !== undefined) return `stays: ${failure.error.message}`;
    const done = deleted.find((one) => one.name === name);
    if (done !== undefined) {
      const verb = done.hidden === undefined ? "deleted" : hiddenText(done.hidden);
      return `${verb}, ${size(done.removedBytes)}`;
    }
    return style.dryRun ? "would be deleted" : "was gone already";
  };
  const table =
    plan.expired.length === 0
      ? ""
      : `${renderTable(
          [
            { title: "NAME", cell: ({ name }) => name },
            { title: "EXPIRED", cell: ({ expiredAt }) => localTime(expiredAt, style) },
            { title: "RESULT", cell: ({ name }) => result(name) },
          ],
          plan.expired,
        )}\n`;
  const counts = new Map<KeptReason, number>();
  for (const { reason } of plan.kept) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const stays = [...counts].map(
    ([reason, count]) => `${counted(count, "backup")} ${reasons[reason]}`,
  );
  const head = style.dryRun
    ? `${counted(plan.expired.length, "backup")} of ${style.location} would be deleted (--dry-run)`
    : `${counted(deleted.length, "backup")} of ${style.location} deleted${keptText(deleted)}`;
  return `${table}${head}${stays.length === 0 ? "" : `; kept: ${stays.join(", ")}`}\n`;
}

/** Nothing where all bytes were freed. */
function keptText(deleted: PruneReport["deleted"]): string {
  const bytes = deleted.reduce((sum, { hidden }) => sum + (hidden?.bytes ?? 0), 0);
  return bytes === 0 ? "" : ` (the bucket keeps versions: ${size(bytes)} are not freed yet)`;
}

/** The same for json and yaml. */
export function pruneJson(report: PruneReport, dryRun: boolean): unknown {
  return {
    dryRun,
    expired: report.plan.expired,
    kept: report.plan.kept,
    deleted: report.deleted.map(({ name, removedBytes, hidden }) => ({
      name,
      removedBytes,
      ...(hidden === undefined ? {} : { hidden }),
    })),
    failed: report.failed.map(({ name, error }) => ({
      name,
      code: error.code,
      message: error.message,
    })),
  };
}
