import type { RestoreResourceHookSpec } from "../../api/restore.ts";
import type { TargetName } from "../report/tally.ts";

/** A pod that this run has created and that has commands to run. */
export interface OwedPod {
  readonly target: TargetName;
  readonly uid: string;
}

/** What became of one command. */
export interface RestoreHookResult {
  /** Of the pod. */
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly source: "annotation" | "spec";
  /** Of the entry in the spec. */
  readonly name: string;
  readonly command: readonly string[];
  readonly failed: boolean;
  /** Absent: it did not run, or its end is not known. */
  readonly exitCode?: number;
  /** The last lines that it printed. */
  readonly lines: readonly string[];
  /** In a sentence, where it failed. */
  readonly why?: string;
}

/** What hooks are owed by a restore, and what came of them. */
export interface HookLedger {
  readonly owed: OwedPod[];
  /** Entries of the spec that select a pod which this process has met. */
  readonly selecting: Set<RestoreResourceHookSpec>;
  readonly results: RestoreHookResult[];
}

export function createHookLedger(): HookLedger {
  return { owed: [], selecting: new Set(), results: [] };
}
