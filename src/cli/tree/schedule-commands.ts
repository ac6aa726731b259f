import type { ArgumentSpec, LeafSpec } from "../command-spec.ts";
import type { FlagSpec } from "../flag-spec.ts";
import { clusterFlags, generalFlags, outputFlag } from "../flags/general-flags.ts";
import { laterBackupFlags } from "../flags/later-flags.ts";
import { dryRunFlag, labelFlags } from "../flags/selection-flags.ts";
import { ttlFlag, whatIsTaken } from "./new-backup-commands.ts";

const namesArg: ArgumentSpec = {
  name: "NAME",
  required: false,
  variadic: true,
  help: "names of schedules",
};

const selector: FlagSpec = {
  name: "selector",
  short: "l",
  kind: "text",
  placeholder: "SELECTOR",
  help: "only schedules with these labels",
};

const all: FlagSpec = { name: "all", kind: "boolean", help: "all schedules of the server" };

const skipImmediately: FlagSpec = {
  name: "skip-immediately",
  kind: "boolean",
  help: "false: what was due in a pause is made up at its end; true: it is let pass (default: as the server is set, else true)",
};

const asking: readonly FlagSpec[] = [...clusterFlags, ...generalFlags];

/** What a server reads from a ConfigMap. */
const notForServers: ReadonlySet<string> = new Set(["resource-policies-file"]);

const create: LeafSpec = {
  name: "create",
  path: ["schedule", "create"],
  summary: "have a backup made again and again",
  details: [
    "--schedule takes the five fields of cron (minute, hour, day of month, month, day of week), @hourly, @daily, @weekly, @monthly, @yearly, or @every DURATION; with CRON_TZ=ZONE before it the fields are those of that zone, else of the server's (UTC). ark-ts schedule preview shows when that is.",
    "A schedule makes no backup when it is created. Backups are called NAME-YYYYMMDDhhmmss, in UTC, and have the labels and annotations of the schedule.",
  ],
  examples: [
    'ark-ts schedule create nightly --schedule "0 3 * * *" --ttl 720h',
    'ark-ts schedule create shop --schedule "CRON_TZ=Europe/Berlin 0 */6 * * *" --include-namespaces shop',
    'ark-ts schedule create often --schedule "@every 90m"',
  ],
  args: [{ name: "NAME", required: true, variadic: false, help: "name of the schedule" }],
  flags: [
    { name: "schedule", kind: "text", placeholder: "CRON", help: "when; needed" },
    { name: "paused", kind: "boolean", help: "make no backups until it is unpaused" },
    skipImmediately,
    {
      name: "use-owner-references-in-backup",
      kind: "boolean",
      help: "delete its Backups from the cluster with the schedule; those in the bucket come back",
    },
    {
      name: "storage-location",
      kind: "text",
      placeholder: "NAME",
      help: "backup location of the server (default: its default)",
    },
    ttlFlag,
    ...labelFlags,
    outputFlag,
    dryRunFlag,
    ...whatIsTaken.filter(({ name }) => !notForServers.has(name)),
    ...asking,
  ],
  later: laterBackupFlags,
  load: () => import("../commands/schedule/create.ts"),
};

const get: LeafSpec = {
  name: "get",
  path: ["schedule", "get"],
  summary: "list schedules: when they ran last, when they run next, and how late they are",
  args: [{ ...namesArg, help: "names of schedules (default: all)" }],
  flags: [selector, outputFlag, ...asking],
  load: () => import("../commands/schedule/get.ts"),
};

const describe: LeafSpec = {
  name: "describe",
  path: ["schedule", "describe"],
  summary: "tell everything about one or more schedules, and their last backups",
  args: [{ ...namesArg, help: "names of schedules (default: all)" }],
  flags: [selector, { ...outputFlag, choices: ["plaintext", "json", "yaml"] }, ...asking],
  load: () => import("../commands/schedule/describe.ts"),
};

const pause: LeafSpec = {
  name: "pause",
  path: ["schedule", "pause"],
  summary: "make no backups until the schedule is unpaused",
  details: [
    "What is due in the pause is let pass; with --skip-immediately=false one backup makes up for it at the end.",
  ],
  args: [namesArg],
  flags: [selector, all, skipImmediately, ...asking],
  load: () => import("../commands/schedule/pause.ts"),
};

const unpause: LeafSpec = {
  name: "unpause",
  path: ["schedule", "unpause"],
  summary: "make backups again, from the next time on",
  args: [namesArg],
  flags: [selector, all, skipImmediately, ...asking],
  load: () => import("../commands/schedule/pause.ts"),
};

const remove: LeafSpec = {
  name: "delete",
  path: ["schedule", "delete"],
  summary: "delete schedules; their backups stay",
  args: [namesArg],
  flags: [selector, all, { name: "confirm", kind: "boolean", help: "do not ask" }, ...asking],
  load: () => import("../commands/schedule/delete.ts"),
};

const preview: LeafSpec = {
  name: "preview",
  path: ["schedule", "preview"],
  summary: "print the next times of a cron expression, or of a schedule of the server",
  details: [
    "A cron expression needs no cluster. Says which times daylight saving leaves out or doubles, and where Velero 1.18.3 understands the expression differently.",
  ],
  examples: [
    'ark-ts schedule preview "CRON_TZ=Europe/Berlin 30 2 * * *" -n 10',
    'ark-ts schedule preview "@every 90m"',
    "ark-ts schedule preview nightly",
  ],
  args: [
    {
      name: "CRON",
      required: true,
      variadic: false,
      help: "cron expression, in quotes; or the name of a schedule",
    },
  ],
  flags: [
    { name: "count", short: "n", kind: "integer", help: "how many times (default: 5)" },
    {
      name: "time-zone",
      kind: "text",
      placeholder: "ZONE",
      help: "the server's, for expressions that name none (default: UTC)",
    },
    {
      name: "from",
      kind: "text",
      placeholder: "TIME",
      help: "begin after this time, RFC 3339 (default: now)",
    },
    { ...outputFlag, choices: ["table", "json", "yaml"] },
    // -n is the count here.
    ...asking.map(({ short, ...flag }) =>
      flag.name === "namespace" || short === undefined ? flag : { ...flag, short },
    ),
  ],
  load: () => import("../commands/schedule/preview.ts"),
};

export const scheduleCommands: readonly LeafSpec[] = [
  create,
  get,
  describe,
  pause,
  unpause,
  remove,
  preview,
];
