import type { IgnoredField } from "../oracle/expected-differences.ts";

/** What Velero adds to each object that it restores; ark-ts does not. */
export const veleroMarks: readonly IgnoredField[] = ["backup-name", "restore-name"].map(
  (label) => ({
    resource: "*",
    path: ["metadata", "labels", `velero.io~1${label}`],
    reason: "a mark of Velero on what it restored",
  }),
);
