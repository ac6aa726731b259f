import type { ArgumentSpec, LeafSpec } from "../command-spec.ts";
import type { FlagSpec } from "../flag-spec.ts";
import { clusterFlags, generalFlags, locationFlag, outputFlag } from "../flags/general-flags.ts";
import { pluginRunFlag } from "../flags/plugin-flags.ts";
import { apiVersionFlag, includeNamespaces } from "../flags/selection-flags.ts";
import { cancelTimeoutFlag, downloadFlags, endFlags, followFlag } from "../flags/server-flags.ts";
import { create, newNameArg, plan } from "./new-backup-commands.ts";

const nameArg: ArgumentSpec = { ...newNameArg, names: "backups" };
const namesArg: ArgumentSpec = {
  name: "NAME",
  required: false,
  variadic: true,
  help: "names of backups (default: all)",
  names: "backups",
};

const reading: readonly FlagSpec[] = [locationFlag, ...clusterFlags, ...generalFlags];

const labelSelector: FlagSpec = {
  name: "selector",
  short: "l",
  kind: "text",
  placeholder: "SELECTOR",
  help: "only backups with these labels",
};

const details: FlagSpec = {
  name: "details",
  kind: "boolean",
  help: "list the resources and objects as well",
};

const describeOutput: FlagSpec = {
  ...outputFlag,
  choices: ["plaintext", "json", "yaml"],
  help: "how to print the description",
};

const get: LeafSpec = {
  name: "get",
  path: ["backup", "get"],
  summary: "list backups, interrupted runs and entries that cannot be read",
  examples: [
    "ark-ts backup get",
    "ark-ts get backups -o json",
    "ark-ts backup get --store s3://backups/prod",
  ],
  args: [namesArg],
  flags: [labelSelector, outputFlag, ...reading],
  load: () => import("../commands/backup/get.ts"),
};

const describe: LeafSpec = {
  name: "describe",
  path: ["backup", "describe"],
  summary: "tell everything about one or more backups",
  details: [
    "Says whether the backup is one cut over all kinds, and else which kinds are not, how far they are off and what moved. Of backups that are named it also says what changed since the last one of the same cluster and selection; for any two, see `ark-ts backup diff`.",
  ],
  args: [namesArg],
  flags: [details, labelSelector, describeOutput, ...downloadFlags, ...reading],
  load: () => import("../commands/backup/describe.ts"),
};

const diff: LeafSpec = {
  name: "diff",
  path: ["backup", "diff"],
  summary: "tell what is different between two backups, from their indexes alone",
  details: [
    "Objects count as changed when they differ in more than status, uid, resourceVersion, generation, managedFields and creation time. No cluster is asked and no archive read. `backup describe` compares with the last backup of the same scope by itself.",
  ],
  examples: ["ark-ts backup diff nightly-1 nightly-2", "ark-ts backup diff a b --details -o json"],
  args: [
    { ...nameArg, name: "FROM", help: "name of the earlier backup" },
    { ...nameArg, name: "TO", help: "name of the later backup" },
  ],
  flags: [
    { ...details, help: "name all kinds, and up to 1,000 objects of each" },
    { ...describeOutput, help: "how to print the differences" },
    ...reading,
  ],
  load: () => import("../commands/backup/diff.ts"),
};

const logs: LeafSpec = {
  name: "logs",
  path: ["backup", "logs"],
  summary: "print the log of a backup",
  args: [nameArg],
  flags: [followFlag, ...downloadFlags, ...reading],
  load: () => import("../commands/backup/logs.ts"),
};

const download: LeafSpec = {
  name: "download",
  path: ["backup", "download"],
  summary: "fetch the archive of a backup, as it is",
  args: [nameArg],
  flags: [
    {
      name: "output",
      short: "o",
      kind: "text",
      placeholder: "FILE",
      help: "file to write (default: NAME-data.tar.gz here; - for standard output)",
    },
    { name: "force", kind: "boolean", help: "replace the file if it exists" },
    {
      name: "allow-damaged",
      kind: "boolean",
      help: "fetch the archive of a damaged backup as it is, and say what is damaged",
    },
    ...downloadFlags,
    ...reading,
  ],
  load: () => import("../commands/backup/download.ts"),
};

const remove: LeafSpec = {
  name: "delete",
  path: ["backup", "delete"],
  summary: "delete backups",
  details: [
    "Exactly one of names, --selector or --all says which. The records of restores made from them stay. A backup that owns snapshots or moved data is left whole unless --metadata-only is given, which leaves that data behind.",
  ],
  args: [{ ...namesArg, help: "names of backups" }],
  flags: [
    labelSelector,
    { name: "all", kind: "boolean", help: "all backups of the location" },
    { name: "confirm", kind: "boolean", help: "do not ask" },
    {
      name: "metadata-only",
      kind: "boolean",
      help: "delete the files even if snapshots or moved data belong to the backup and stay behind",
    },
    pluginRunFlag,
    ...endFlags,
    ...reading,
  ],
  load: () => import("../commands/backup/delete.ts"),
};

const cancel: LeafSpec = {
  name: "cancel",
  path: ["backup", "cancel"],
  summary: "end a backup that a server runs, or has not begun",
  details: [
    "Asks the server and waits for the end: what was written is taken away again, what is owed to pods is paid, and the phase is Failed, shown as Cancelled. A standalone backup is cancelled by Ctrl-C.",
  ],
  args: [nameArg],
  flags: [cancelTimeoutFlag, ...clusterFlags, ...generalFlags],
  load: () => import("../commands/backup/cancel.ts"),
};

const discard: LeafSpec = {
  name: "discard",
  path: ["backup", "discard"],
  summary: "clear what a run left that died or failed before its backup existed",
  details: ["Refused for a backup that exists, and while the run is known to be alive."],
  args: [{ ...nameArg, help: "name that the run had" }],
  flags: [
    { name: "confirm", kind: "boolean", help: "do not ask" },
    {
      ...pluginRunFlag,
      help: "folder of Velero's plugins: executables by which native snapshots of the run are deleted (default: ARKTS_PLUGIN_DIR, else /plugins)",
    },
    ...reading,
  ],
  load: () => import("../commands/backup/discard.ts"),
};

const thaw: LeafSpec = {
  name: "thaw",
  path: ["backup", "thaw"],
  summary: "run the post hooks that a backup still owes to pods",
  details: [
    "A backup records its post hooks before it freezes a pod. They are owed when the run died, or when they failed; the next backup of the cluster runs them once. `backup describe` shows them.",
    "Commands that stand in the pods' annotations are run at once, others (those of a backup's spec) only after you have seen them: whoever can write to the location could have put them there.",
  ],
  args: [nameArg],
  flags: [
    { name: "forget", kind: "boolean", help: "remove what is owed without running it" },
    { name: "confirm", kind: "boolean", help: "do not ask" },
    outputFlag,
    ...reading,
  ],
  load: () => import("../commands/backup/thaw.ts"),
};

const prune: LeafSpec = {
  name: "prune",
  path: ["backup", "prune"],
  summary: "delete backups whose --ttl has passed",
  flags: [
    {
      name: "dry-run",
      kind: "boolean",
      help: "say what would be deleted, and why, and do nothing",
    },
    pluginRunFlag,
    outputFlag,
    ...reading,
  ],
  load: () => import("../commands/backup/prune.ts"),
};

const ls: LeafSpec = {
  name: "ls",
  path: ["backup", "ls"],
  summary: "list the objects in a backup, without reading its archive",
  examples: [
    "ark-ts backup ls nightly",
    "ark-ts backup ls nightly secrets --include-namespaces shop",
    "ark-ts backup ls nightly deploy",
  ],
  args: [
    nameArg,
    {
      name: "KIND",
      required: false,
      variadic: false,
      help: "only this kind: deployments, deployment, deploy or deployments.apps",
    },
  ],
  flags: [
    { ...includeNamespaces, help: "only these namespaces, globs allowed" },
    apiVersionFlag,
    outputFlag,
    ...reading,
  ],
  load: () => import("../commands/backup/ls.ts"),
};

const cat: LeafSpec = {
  name: "cat",
  path: ["backup", "cat"],
  summary: "print one object of a backup, byte for byte as it was",
  examples: [
    "ark-ts backup cat nightly deployments.apps/shop/web",
    "ark-ts backup cat nightly namespaces/shop -o yaml",
  ],
  args: [
    nameArg,
    {
      name: "OBJECT",
      required: true,
      variadic: false,
      help: "KIND/NAMESPACE/NAME, or KIND/NAME in the cluster scope, as `backup ls -o name` prints it",
    },
  ],
  flags: [
    apiVersionFlag,
    {
      ...outputFlag,
      choices: ["json", "yaml"],
      help: "json: the stored bytes (default); yaml: converted",
    },
    ...reading,
  ],
  load: () => import("../commands/backup/cat.ts"),
};

const verify: LeafSpec = {
  name: "verify",
  path: ["backup", "verify"],
  summary: "check every byte of backups against what was written",
  details: [
    "Reads the whole archive: every hash, the index against the archive, each object parses. Names each damaged object, and which of them can still be read. The exit status is 1 when anything is damaged, 3 when only the API server refuses objects (level cluster).",
  ],
  examples: [
    "ark-ts backup verify nightly",
    "ark-ts backup verify --all --sample 5% -o json",
    "ark-ts backup verify nightly --level cluster",
  ],
  args: [
    {
      name: "NAME",
      required: false,
      variadic: true,
      help: "names of backups; or --all",
      names: "backups",
    },
  ],
  flags: [
    { name: "all", kind: "boolean", help: "every sealed backup of the location" },
    {
      name: "level",
      kind: "choice",
      choices: ["index", "bytes", "objects", "cluster"],
      help: "index reads all but the archive; bytes every hash too; objects also that each parses and is what it should be; cluster also asks the API server about a sample, by dry-run (default: objects)",
    },
    {
      name: "sample",
      kind: "text",
      placeholder: "P%",
      help: "read this share of the archive only; each run draws another (level cluster: the share of objects that is asked for; default 5%)",
    },
    {
      name: "seed",
      kind: "integer",
      help: "draw by this number instead of by chance: with 5%, seeds 1 to 20 read everything once",
    },
    outputFlag,
    ...reading,
  ],
  load: () => import("../commands/backup/verify.ts"),
};

export const backupCommands: readonly LeafSpec[] = [
  plan,
  create,
  get,
  describe,
  diff,
  logs,
  download,
  cancel,
  remove,
  discard,
  thaw,
  prune,
  ls,
  cat,
  verify,
];
