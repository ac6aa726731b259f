import { settableWaits, type WaitId } from "../../domain/restore/waits.ts";
import type { FlagSpec } from "../flag-spec.ts";

/** Heading of the flags that say how objects are restored. */
export const how = "How it is restored:";

export const existingPolicy: FlagSpec = {
  name: "existing-resource-policy",
  kind: "choice",
  choices: ["none", "update", "recreate"],
  help: "objects that exist and differ: none leaves them, update patches them, recreate deletes them and makes them anew (default: none)",
  heading: how,
};

export const recreateObjects: FlagSpec = {
  name: "recreate-objects",
  kind: "list",
  placeholder: "KIND/[NS/]NAME",
  help: "definitions, claims and volumes that policy recreate may delete, each by its name: their contents go with them",
  heading: how,
};

export const allowDamaged: FlagSpec = {
  name: "allow-damaged",
  kind: "boolean",
  help: "restore what checks out of a damaged backup and list the rest (default: refuse before the first write)",
  heading: how,
};

export const pruneFlag: FlagSpec = {
  name: "prune",
  kind: "boolean",
  help: "remove what is selected and not in the backup, only where the backup would have taken it; needs a plan (default: false)",
  heading: how,
};

/** Of `discard` and `delete`. */
export const loseMissing: FlagSpec = {
  name: "lose-missing",
  kind: "boolean",
  help: "also where it has deleted objects and made nothing in their place: what was kept of those that may be missing from the cluster is lost (default: refuse, and name them)",
};

const limitsOfWaits = {
  name: "wait-limits",
  kind: "map",
  placeholder: "WAIT=DURATION,…",
} as const;

export const waitLimits: FlagSpec = {
  ...limitsOfWaits,
  help: `how long the restore waits for other things at most, such as namespace-terminating=30m; of ${[...settableWaits.keys()].join(", ")}`,
  heading: how,
};

/** All that undoing waits for. */
export const waitsOfUndo: readonly WaitId[] = ["object-terminating"];

export const undoWaitLimits: FlagSpec = {
  ...limitsOfWaits,
  help: `how long it waits at most, such as object-terminating=30m; of ${waitsOfUndo.join(", ")}`,
};
