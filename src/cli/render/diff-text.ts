import type { BackupChanges } from "../../catalog/compare-backups.ts";
import { changedKindLines, changesOnlyJson, totalsText } from "./describe-changes.ts";
import { renderDescription } from "./description.ts";

/** Two backups compared. */
export interface BackupDiff {
  readonly from: string;
  readonly to: string;
  readonly changes: BackupChanges;
  /** What else is different, one sentence each. */
  readonly notes: readonly string[];
}

/** Totals, then kinds with the names of objects. */
export function diffText(diff: BackupDiff, style: { readonly details: boolean }): string {
  const { from, to, changes, notes } = diff;
  return renderDescription([
    { text: `from ${from} to ${to}: ${totalsText(changes)}` },
    ...notes.map((text) => ({ text: `note: ${text}` })),
    ...changedKindLines(changes, style.details),
  ]);
}

/** The same for json and yaml. */
export function diffJson({ from, to, changes, notes }: BackupDiff): unknown {
  return { from, to, notes, ...changesOnlyJson(changes) };
}
