import { type Backup, backupKind } from "../../api/backup.ts";
import { annotations } from "../../api/labels.ts";
import { isTerminal } from "../../api/phase-table.ts";
import { type Restore, restoreKind } from "../../api/restore.ts";

/** A Backup or Restore as the API server has it. */
export type Run = Omit<Backup, "kind" | "spec" | "status"> & {
  readonly kind: "Backup" | "Restore";
  readonly spec: object;
  readonly status?: {
    readonly phase?: string;
    readonly errors?: number;
    readonly warnings?: number;
    readonly failureReason?: string;
    readonly validationErrors?: readonly string[];
    readonly startTimestamp?: string;
    readonly completionTimestamp?: string;
    readonly queuePosition?: number;
    readonly progress?: {
      readonly totalItems?: number;
      readonly itemsBackedUp?: number;
      readonly itemsRestored?: number;
    };
  };
};

export type RunNoun = "backup" | "restore";

/** Nothing more happens to it by itself; a phase that is not known here counts as one that goes on. */
export function hasEnded(noun: RunNoun, { status }: Run): boolean {
  const table = noun === "backup" ? backupKind.phases : restoreKind.phases;
  return isTerminal(table, status?.phase);
}

/** The phase in Velero's words, `New` before anybody took it up; ours for one that was cancelled. */
export function phaseOf({ metadata, status }: Run): string {
  const isCancelled = metadata.annotations?.[annotations.outcome] === "cancelled";
  return status?.phase === "Failed" && isCancelled ? "Cancelled" : (status?.phase ?? "New");
}

/** For what reads a resource as it is stored, where status is never missing. */
export function asStored<T extends Backup | Restore>(
  resource: Omit<T, "status"> & { readonly status?: T["status"] },
): T {
  return { ...resource, status: resource.status ?? {} } as T;
}
