/** What the run of a Backup or Restore does at the moment; stands in an annotation while it goes on. */
export interface RunDoing {
  /** Of a restore: its wave, such as `workloads`. */
  readonly wave?: string;
  readonly kindsDone?: number;
  readonly kindsTotal?: number;
  /** Compressed bytes handed to the store. */
  readonly bytes?: number;
  readonly created?: number;
  readonly updated?: number;
  readonly skipped?: number;
  readonly failed?: number;
  /** What nothing moves without, as a clause; absent while things move. */
  readonly waitingFor?: string;
  /** RFC 3339: since then. */
  readonly waitsSince?: string;
}

/** Fields of it that count something. */
export const doingCounts = [
  "kindsDone",
  "kindsTotal",
  "bytes",
  "created",
  "updated",
  "skipped",
  "failed",
] as const satisfies readonly (keyof RunDoing)[];

export const doingTexts = [
  "wave",
  "waitingFor",
  "waitsSince",
] as const satisfies readonly (keyof RunDoing)[];
