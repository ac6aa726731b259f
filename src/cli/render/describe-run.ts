import { describeOwner } from "../../catalog/name-claim.ts";
import type { StoredThaw } from "../../catalog/thaw-records.ts";
import type { UnsealedRun } from "../../catalog/unsealed-backup.ts";
import { phaseOfRun } from "./backup-table.ts";
import type { DescribeStyle } from "./describe-backup.ts";
import { resultLines } from "./describe-results.ts";
import { renderDescription } from "./description.ts";
import { localTime } from "./local-time.ts";
import { paintPhase } from "./painter.ts";
import { frozenJson, frozenLines } from "./thaw-text.ts";

export interface RunPlace {
  readonly location: string;
  /** Post hooks that it still owes. */
  readonly thaws: readonly StoredThaw[];
}

/** What became of a run that sealed no backup, and what it says of itself. */
export function describeRun(
  run: UnsealedRun,
  { location, thaws }: RunPlace,
  style: DescribeStyle,
): string {
  const { name, record, results } = run;
  return renderDescription([
    { key: "Name", value: name },
    "",
    { key: "Phase", value: paintPhase(style.painter, phaseOfRun(run)) },
    { key: "Backup", value: backupText(run) },
    "",
    ...resultLines("Warnings", 0, results?.warnings, style.details),
    ...resultLines("Errors", 0, results?.errors, style.details),
    ...(record === undefined
      ? []
      : ([
          { key: "Run by", value: describeOwner(record.owner) },
          { key: "Asked for", value: JSON.stringify(record.spec) },
        ] as const)),
    { key: "Started", value: localTime(record?.startedAt ?? run.startedAt, style) },
    { key: "Storage Location", value: location },
    ...(thaws.length > 0 ? (["", ...frozenLines(thaws, style)] as const) : []),
  ]);
}

/** What is owed to pods under a name that has nothing else any more: it was discarded, or deleted. */
export function describeDebt(
  name: string,
  { location, thaws }: RunPlace,
  style: DescribeStyle,
): string {
  return renderDescription([
    { key: "Name", value: name },
    "",
    { key: "Backup", value: "none any more; its post hooks are still owed to pods" },
    { key: "Storage Location", value: location },
    "",
    ...frozenLines(thaws, style),
  ]);
}

/** The same for json and yaml. */
export function debtJson(name: string, { location, thaws }: RunPlace): unknown {
  return { metadata: { name }, location, mayBeFrozen: frozenJson(thaws) };
}

function backupText({ name, outcome, record }: UnsealedRun): string {
  if (outcome === "running") return "not yet: the run goes on";
  const clear = `to clear what is left: ark-ts backup discard ${name}`;
  if (outcome === "failed" || outcome === "cancelled") {
    return `none: nothing was sealed (see ark-ts backup logs ${name}); ${clear}`;
  }
  if (record === undefined) return `none: nothing was sealed; ${clear}`;
  const what = outcome === "died" ? "its process is gone" : "the run died or goes on elsewhere";
  return `none yet: ${what}; the same command continues it; ${clear}`;
}

/** The same for json and yaml. */
export function runDescriptionJson(run: UnsealedRun, { location, thaws }: RunPlace): unknown {
  const { name, record, results, startedAt } = run;
  return {
    metadata: { name },
    phase: phaseOfRun(run),
    location,
    warnings: results?.warnings ?? {},
    errors: results?.errors ?? {},
    startedAt: record?.startedAt ?? startedAt,
    ...(thaws.length > 0 && { mayBeFrozen: frozenJson(thaws) }),
    ...(record !== undefined && { owner: record.owner, spec: record.spec }),
  };
}
