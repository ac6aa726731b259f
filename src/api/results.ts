import type { ErrorCode } from "../lib/errors.ts";

/**
 * One warning or error of a run, with its object. Velero's results file holds strings;
 * `src/format/results.ts` writes them in its shape.
 */
export interface Finding {
  readonly severity: "warning" | "error";
  readonly code: ErrorCode;
  /** One sentence. */
  readonly message: string;
  /** Group-resource of the object or kind; absent for the run as a whole. */
  readonly resource?: string;
  /** Empty or absent: cluster scope. */
  readonly namespace?: string;
  readonly name?: string;
  /** What the reader can do. */
  readonly advice?: string;
}

/** Velero's result: what its CLI prints under Warnings and Errors. */
export interface VeleroResult {
  readonly velero?: readonly string[];
  readonly cluster?: readonly string[];
  readonly namespaces?: Readonly<Record<string, readonly string[]>>;
}
