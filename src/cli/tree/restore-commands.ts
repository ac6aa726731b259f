import type { LeafSpec } from "../command-spec.ts";
import type { FlagSpec } from "../flag-spec.ts";
import { changeFlags } from "../flags/change-flags.ts";
import {
  clusterFlags,
  generalFlags,
  locationFlag,
  outputFlag,
  planOutputFlag,
} from "../flags/general-flags.ts";
import { laterRestoreFlags } from "../flags/later-flags.ts";
import { pluginRunFlag } from "../flags/plugin-flags.ts";
import { readinessFlags } from "../flags/readiness-flags.ts";
import {
  allowDamaged,
  existingPolicy,
  how,
  pruneFlag,
  recreateObjects,
  waitLimits,
} from "../flags/restore-flags.ts";
import {
  dryRunFlag,
  excludeNamespaces,
  includeClusterResources,
  includeNamespaces,
  includeObjects,
  itemOperationTimeoutFlag,
  labelFlags,
  policyFlags,
  resourceFlags,
  selectorFlags,
  uploaderFlags,
  waitFlag,
} from "../flags/selection-flags.ts";
import {
  downloadFlags,
  followFlag,
  restoreScheduleFlags,
  restoreSelector,
} from "../flags/server-flags.ts";
import { endedRestoreCommands, nameArg, namesArg, reading } from "./ended-restore-commands.ts";

const fromBackup: FlagSpec = {
  name: "from-backup",
  kind: "text",
  placeholder: "NAME",
  names: "backups",
  help: "the backup to restore (required)",
};

/** What is restored, and how: of `create` and `plan`. */
const whatIsRestored: readonly FlagSpec[] = [
  includeNamespaces,
  excludeNamespaces,
  ...resourceFlags,
  includeObjects,
  ...selectorFlags,
  includeClusterResources,
  {
    name: "hooks-file",
    kind: "text",
    placeholder: "FILE",
    help: "hooks to run in restored pods, YAML or JSON, as spec.hooks of a Restore has them; hooks of a pod's own annotations run without it",
    heading: how,
  },
  {
    name: "namespace-mappings",
    kind: "pairs",
    help: "restore namespace a as b, c as d",
    heading: how,
  },
  existingPolicy,
  recreateObjects,
  pruneFlag,
  allowDamaged,
  {
    name: "read-back",
    placeholder: "BOOL",
    kind: "boolean",
    help: "compare what was restored with what is there once all is done, and tell who changed it (default: true)",
    heading: how,
  },
  {
    name: "version-priorities-file",
    kind: "text",
    placeholder: "FILE",
    help: "for kinds that the backup holds in several versions: lines RESOURCE.GROUP=VERSION,VERSION, the most wanted first",
    heading: how,
  },
  {
    name: "version-priorities-configmap",
    kind: "text",
    placeholder: "[NS/]NAME",
    help: "the same from a ConfigMap of this cluster, key restoreResourcesVersionPriority (default: ark-ts/enableapigroupversions, if it is there)",
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
  ...changeFlags,
  ...policyFlags,
  itemOperationTimeoutFlag,
  ...uploaderFlags,
  pluginRunFlag,
];

const plan: LeafSpec = {
  name: "plan",
  path: ["restore", "plan"],
  summary: "say what a restore would do with every object, and write nothing",
  details: [
    "Goes over the whole backup as restore create does, with the same flags: each object with what would be done and why, the fields that would change, what the API server says to it by dry-run, and what stands in the way in the target.",
    "Each plan is kept under its id, and with -o FILE saved there; ark-ts restore create --plan then does exactly that, and refuses where something has changed since. The exit status is 3 where the API server is certain to refuse something.",
  ],
  examples: [
    "ark-ts restore plan --from-backup before-upgrade --existing-resource-policy update",
    "ark-ts restore plan --from-backup before-upgrade --namespace-mappings shop:shop-copy -o plan.json",
  ],
  args: [],
  flags: [
    fromBackup,
    locationFlag,
    ...labelFlags,
    planOutputFlag,
    {
      name: "dry-run",
      kind: "choice",
      choices: ["server", "none"],
      help: "server: ask the API server about each object, without writing it; none: ask nothing (default: server)",
    },
    { name: "details", kind: "boolean", help: "list every object and every finding" },
    ...whatIsRestored,
    ...clusterFlags,
    ...generalFlags,
  ],
  later: laterRestoreFlags,
  load: () => import("../commands/restore/plan.ts"),
};

const create: LeafSpec = {
  name: "create",
  path: ["restore", "create"],
  summary: "restore a backup, or part of it, into the cluster of the current context",
  details: [
    "Objects that exist are left alone unless --existing-resource-policy says otherwise. Where an ark-ts server is in the cluster, it does the work, and --wait follows it; else it runs here, with your own rights, and is waited for.",
  ],
  examples: [
    "ark-ts restore create --from-backup before-upgrade",
    "ark-ts restore create shop-2 --plan plan.json",
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
    fromBackup,
    ...restoreScheduleFlags,
    {
      name: "plan",
      kind: "text",
      placeholder: "FILE|ID",
      help: "run exactly what ark-ts restore plan has made; refused where something has changed since",
    },
    {
      name: "allow-drift",
      kind: "boolean",
      help: "with --plan: go on where something has changed since, and say what (default: refuse)",
    },
    {
      name: "strict",
      kind: "boolean",
      help: "write nothing where ark-ts restore plan finds something that blocks (default: what is blocked fails, the rest is restored)",
    },
    locationFlag,
    ...labelFlags,
    outputFlag,
    {
      ...dryRunFlag,
      elsewhere: {
        server: "to ask the API server about each object and write nothing: ark-ts restore plan",
      },
    },
    waitFlag,
    ...readinessFlags,
    ...whatIsRestored,
    ...clusterFlags,
    ...generalFlags,
  ],
  load: () => import("../commands/restore/create.ts"),
};

const object: LeafSpec = {
  name: "object",
  path: ["restore", "object"],
  summary: "restore one object of a backup, and nothing that it refers to",
  details: [
    "A restore like any other, with a record and an undo. The namespace is made where it is missing. An object that is there is left alone unless --existing-resource-policy says otherwise.",
  ],
  examples: [
    "ark-ts restore object secrets/shop/tls --from-backup before-upgrade --dry-run=server",
    "ark-ts restore object deployments/shop/web --from-backup before-upgrade --to-namespace shop-copy",
  ],
  args: [
    {
      name: "OBJECT",
      required: true,
      variadic: false,
      help: "KIND/NAMESPACE/NAME, or KIND/NAME in the cluster scope, as `backup ls -o name` prints it",
    },
  ],
  flags: [
    fromBackup,
    locationFlag,
    {
      name: "to-namespace",
      kind: "text",
      placeholder: "NAMESPACE",
      help: "restore it into this namespace (default: its own)",
    },
    {
      name: "dry-run",
      kind: "choice",
      choices: ["server", "client"],
      help: "write nothing and say what would be done; server: with the answer of the API server",
    },
    {
      ...outputFlag,
      help: "how to print the restore; with --dry-run, json and yaml: the object as it would be sent",
    },
    existingPolicy,
    recreateObjects,
    allowDamaged,
    waitLimits,
    ...clusterFlags,
    ...generalFlags,
  ],
  load: () => import("../commands/restore/object.ts"),
};

const get: LeafSpec = {
  name: "get",
  path: ["restore", "get"],
  summary: "list restores",
  args: [namesArg],
  flags: [restoreSelector, outputFlag, ...reading],
  load: () => import("../commands/restore/get.ts"),
};

const describe: LeafSpec = {
  name: "describe",
  path: ["restore", "describe"],
  summary: "tell everything about one or more restores",
  args: [namesArg],
  flags: [
    { name: "details", kind: "boolean", help: "list the objects as well" },
    restoreSelector,
    { ...outputFlag, choices: ["plaintext", "json", "yaml"], help: "how to print the description" },
    ...downloadFlags,
    ...reading,
  ],
  load: () => import("../commands/restore/describe.ts"),
};

const logs: LeafSpec = {
  name: "logs",
  path: ["restore", "logs"],
  summary: "print the log of a restore",
  args: [nameArg],
  flags: [followFlag, ...downloadFlags, ...reading],
  load: () => import("../commands/restore/logs.ts"),
};

export const restoreCommands: readonly LeafSpec[] = [
  plan,
  create,
  object,
  get,
  describe,
  logs,
  ...endedRestoreCommands,
];
