import type { ArgumentSpec, LeafSpec } from "../command-spec.ts";
import type { FlagSpec } from "../flag-spec.ts";
import { clusterFlags, generalFlags, locationFlag, outputFlag } from "../flags/general-flags.ts";
import { loseMissing, undoWaitLimits } from "../flags/restore-flags.ts";
import { cancelTimeoutFlag, endFlags } from "../flags/server-flags.ts";

export const nameArg: ArgumentSpec = {
  name: "NAME",
  required: true,
  variadic: false,
  help: "name of the restore",
  names: "restores",
};
export const namesArg: ArgumentSpec = {
  name: "NAME",
  required: false,
  variadic: true,
  help: "names of restores (default: all)",
  names: "restores",
};
export const reading: readonly FlagSpec[] = [locationFlag, ...clusterFlags, ...generalFlags];

const discard: LeafSpec = {
  name: "discard",
  path: ["restore", "discard"],
  summary: "give up a restore that was cut off, so that it is not continued",
  details: [
    "What it wrote into the cluster stays. Refused for a restore that has ended, while the run is known to be alive, and where objects that it deleted may not have been made again.",
  ],
  args: [nameArg],
  flags: [{ name: "confirm", kind: "boolean", help: "do not ask" }, loseMissing, ...reading],
  load: () => import("../commands/restore/discard.ts"),
};

const remove: LeafSpec = {
  name: "delete",
  path: ["restore", "delete"],
  summary: "delete the records of restores",
  details: [
    "Exactly one of names, --selector or --all says which. What they made in the cluster stays, and can neither be undone nor activated any more. Removes too what this machine keeps of them where the location could not be written to. Refused for one that runs or was cut off, and where objects that it deleted may not have been made again: restore undo makes them.",
  ],
  args: [{ ...namesArg, help: "names of restores" }],
  flags: [
    {
      name: "selector",
      short: "l",
      kind: "text",
      placeholder: "SELECTOR",
      help: "only restores with these labels",
    },
    { name: "all", kind: "boolean", help: "all restores of the location, or of the server" },
    { name: "confirm", kind: "boolean", help: "do not ask" },
    loseMissing,
    ...endFlags,
    ...reading,
  ],
  load: () => import("../commands/restore/delete.ts"),
};

const cancel: LeafSpec = {
  name: "cancel",
  path: ["restore", "cancel"],
  summary: "end a restore that a server runs, or has not begun",
  details: [
    "Asks the server and waits for the end: what was written stays, the phase is Failed, shown as Cancelled. A standalone restore is cancelled by Ctrl-C.",
  ],
  args: [nameArg],
  flags: [cancelTimeoutFlag, ...clusterFlags, ...generalFlags],
  load: () => import("../commands/restore/cancel.ts"),
};

const activate: LeafSpec = {
  name: "activate",
  path: ["restore", "activate"],
  summary: "put back to work what a passive restore has made",
  details: [
    "Only objects that the restore made itself are touched, and of them only what it had changed to keep them at rest. What somebody has changed since stays as it is, and is told. May be run again.",
  ],
  args: [nameArg],
  flags: [outputFlag, ...reading],
  load: () => import("../commands/restore/activate.ts"),
};

const undo: LeafSpec = {
  name: "undo",
  path: ["restore", "undo"],
  summary: "take back what a restore did to the cluster",
  details: [
    "Deletes what the restore made, puts back what it updated, and makes again what it deleted. Works by uid: an object that others made under the same name is not touched. What is made again has a new uid. Shows what it would do and asks; can be run again, also after it was cut off.",
  ],
  examples: ["ark-ts restore undo shop-2 --dry-run", "ark-ts restore undo shop-2 --confirm"],
  args: [nameArg],
  flags: [
    { name: "dry-run", kind: "boolean", help: "say what would be done, and do nothing" },
    { name: "details", kind: "boolean", help: "name every object" },
    { name: "confirm", kind: "boolean", help: "do not ask" },
    {
      name: "changed-too",
      kind: "boolean",
      help: "also objects that were changed since the restore: those changes are lost",
    },
    {
      name: "delete-data",
      kind: "boolean",
      help: "also claims and volumes that are in use: the data in them is lost",
    },
    undoWaitLimits,
    { ...outputFlag, choices: ["json", "yaml"], help: "how to print the report" },
    ...reading,
  ],
  load: () => import("../commands/restore/undo.ts"),
};

/** What ends a restore, or is done with one that has ended or was cut off. */
export const endedRestoreCommands: readonly LeafSpec[] = [cancel, activate, undo, discard, remove];
