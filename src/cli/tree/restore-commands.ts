import type { ArgumentSpec, LeafSpec } from "../command-spec.ts";
import type { FlagSpec } from "../flag-spec.ts";
import { clusterFlags, generalFlags, locationFlag, outputFlag } from "../flags/general-flags.ts";
import { laterDownloadFlags, laterRestoreFlags } from "../flags/later-flags.ts";
import {
  dryRunFlag,
  excludeNamespaces,
  includeClusterResources,
  includeNamespaces,
  labelFlags,
  resourceFlags,
  selectorFlags,
  waitFlag,
} from "../flags/selection-flags.ts";

const nameArg: ArgumentSpec = {
  name: "NAME",
  required: true,
  variadic: false,
  help: "name of the restore",
  names: "restores",
};
const namesArg: ArgumentSpec = {
  name: "NAME",
  required: false,
  variadic: true,
  help: "names of restores (default: all)",
  names: "restores",
};
const reading: readonly FlagSpec[] = [locationFlag, ...clusterFlags, ...generalFlags];

const how = "How it is restored:";

const create: LeafSpec = {
  name: "create",
  path: ["restore", "create"],
  summary: "restore a backup, or part of it, into the cluster of the current context",
  details: [
    "Objects that exist are left alone unless --existing-resource-policy says otherwise. Runs here, with your own rights, and waits for the end: --wait is understood and needless.",
  ],
  examples: [
    "ark-ts restore create --from-backup before-upgrade",
    "ark-ts restore create shop-2 --from-backup before-upgrade --namespace-mappings shop:shop-copy",
  ],
  args: [
    {
      name: "NAME",
      required: false,
      variadic: false,
      help: "name of the restore (default: BACKUP-YYYYMMDDhhmmss)",
    },
  ],
  flags: [
    {
      name: "from-backup",
      kind: "text",
      placeholder: "NAME",
      names: "backups",
      help: "the backup to restore (required)",
    },
    locationFlag,
    ...labelFlags,
    outputFlag,
    dryRunFlag,
    waitFlag,
    includeNamespaces,
    excludeNamespaces,
    ...resourceFlags,
    ...selectorFlags,
    includeClusterResources,
    {
      name: "namespace-mappings",
      kind: "pairs",
      help: "restore namespace a as b, c as d",
      heading: how,
    },
    {
      name: "existing-resource-policy",
      kind: "choice",
      choices: ["none", "update"],
      help: "objects that exist and differ: none leaves them, update patches them (default: none)",
      heading: how,
    },
    {
      name: "allow-damaged",
      kind: "boolean",
      help: "restore what checks out of a damaged backup and list the rest (default: refuse before the first write)",
      heading: how,
    },
    {
      name: "restore-volumes",
      placeholder: "BOOL",
      kind: "boolean",
      help: "restore volumes from snapshots where the backup has them (default: true)",
      heading: how,
    },
    {
      name: "preserve-nodeports",
      placeholder: "BOOL",
      kind: "boolean",
      help: "keep the node ports of Services (default: false)",
      heading: how,
    },
    {
      name: "status-include-resources",
      kind: "list",
      placeholder: "R,R",
      help: "resources whose status is restored too (default: none)",
      heading: how,
    },
    {
      name: "status-exclude-resources",
      kind: "list",
      placeholder: "R,R",
      help: "resources whose status is not restored; needs --status-include-resources",
      heading: how,
    },
    ...clusterFlags,
    ...generalFlags,
  ],
  later: laterRestoreFlags,
  load: () => import("../commands/restore/create.ts"),
};

const get: LeafSpec = {
  name: "get",
  path: ["restore", "get"],
  summary: "list restores",
  args: [namesArg],
  flags: [outputFlag, ...reading],
  load: () => import("../commands/restore/get.ts"),
};

const describe: LeafSpec = {
  name: "describe",
  path: ["restore", "describe"],
  summary: "tell everything about one or more restores",
  args: [namesArg],
  flags: [
    { name: "details", kind: "boolean", help: "list the objects as well" },
    { ...outputFlag, choices: ["plaintext", "json", "yaml"], help: "how to print the description" },
    ...reading,
  ],
  later: laterDownloadFlags,
  load: () => import("../commands/restore/describe.ts"),
};

const logs: LeafSpec = {
  name: "logs",
  path: ["restore", "logs"],
  summary: "print the log of a restore",
  args: [nameArg],
  flags: reading,
  later: laterDownloadFlags,
  load: () => import("../commands/restore/logs.ts"),
};

const discard: LeafSpec = {
  name: "discard",
  path: ["restore", "discard"],
  summary: "give up a restore that was cut off, so that it is not continued",
  details: [
    "What it wrote into the cluster stays. Refused for a restore that has ended, and while the run is known to be alive.",
  ],
  args: [nameArg],
  flags: [{ name: "confirm", kind: "boolean", help: "do not ask" }, ...reading],
  load: () => import("../commands/restore/discard.ts"),
};

export const restoreCommands: readonly LeafSpec[] = [create, get, describe, logs, discard];
