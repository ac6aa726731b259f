import type { CommandNode, GroupSpec, LeafSpec } from "./command-spec.ts";
import { backupCommands } from "./tree/backup-commands.ts";
import { debugCommand } from "./tree/debug-command.ts";
import { diffCommand } from "./tree/diff-command.ts";
import { installCommands } from "./tree/install-commands.ts";
import { locationCommands } from "./tree/location-commands.ts";
import { restoreCommands } from "./tree/restore-commands.ts";
import { scheduleCommands } from "./tree/schedule-commands.ts";
import { serverCommand } from "./tree/server-command.ts";
import { snapshotLocationCommands } from "./tree/snapshot-location-commands.ts";
import { topCommands } from "./tree/top-commands.ts";
import { volumeCommands } from "./tree/volume-commands.ts";

const laterNouns: Readonly<Record<string, string>> = {
  "node-agent": "the node agent comes in a later version",
  repo: "volumes are protected by CSI and native snapshots only, in this version",
};

const otherNouns: Readonly<Record<string, string>> = {
  bug: "report what --debug prints",
  list: "it is called get: ark-ts get backups",
};

const backups: Names = { name: "backups", aliases: ["backup"] };
const restores: Names = { name: "restores", aliases: ["restore"] };
const schedules: Names = { name: "schedules", aliases: ["schedule"] };
const locations: Names = {
  name: "backup-locations",
  aliases: ["backup-location", "location", "locations"],
};

interface Names {
  readonly name: string;
  readonly aliases: readonly string[];
}

const singular = ({ name, aliases }: Names): Names => ({
  name: aliases[0] ?? name,
  aliases: [name, ...aliases.slice(1)],
});

function leafNamed(leaves: readonly LeafSpec[], verb: string, names: Names): LeafSpec {
  const leaf = leaves.find((candidate) => candidate.name === verb) as LeafSpec;
  return { ...leaf, ...names };
}

function verbFirst(verb: string, summary: string, children: readonly CommandNode[]): GroupSpec {
  return { name: verb, summary, children, hidden: true };
}

/** All commands: noun first, and Velero's verb-first shape of the same ones. */
export const commandTree: GroupSpec = {
  name: "ark-ts",
  summary:
    "Backs up and restores Kubernetes: every object, to a directory or a bucket, readable by Velero.",
  later: laterNouns,
  otherwise: otherNouns,
  children: [
    {
      name: "backup",
      aliases: ["backups"],
      summary: "make, list, read, check and delete backups",
      children: backupCommands,
      otherwise: {
        list: "it is called get: ark-ts backup get; what is in one: ark-ts backup ls NAME",
        restore: "ark-ts restore create --from-backup NAME",
      },
    },
    {
      name: "restore",
      aliases: ["restores"],
      summary: "bring back what a backup holds, and see what became of it",
      children: restoreCommands,
      otherwise: {
        list: "it is called get: ark-ts restore get",
      },
    },
    {
      name: "schedule",
      aliases: ["schedules"],
      summary: "have backups made at certain times by a server, and see when",
      children: scheduleCommands,
      otherwise: {
        list: "it is called get: ark-ts schedule get",
        run: "ark-ts backup create --from-schedule NAME",
      },
    },
    {
      name: "backup-location",
      aliases: ["location", "backup-locations", "locations"],
      summary: "name, list, test and forget the places where backups are kept",
      children: locationCommands,
      otherwise: {
        list: "it is called get: ark-ts backup-location get",
      },
    },
    {
      name: "snapshot-location",
      aliases: ["snapshot-locations"],
      summary: "name the places where a server's provider makes snapshots of volumes",
      children: snapshotLocationCommands,
    },
    {
      name: "volume",
      aliases: ["volumes"],
      summary: "see what backups have of the data of volumes",
      children: volumeCommands,
    },
    diffCommand,
    ...topCommands,
    ...installCommands,
    serverCommand,
    debugCommand,
    verbFirst(
      "create",
      "the same as backup create, restore create, schedule create, backup-location create",
      [
        leafNamed(backupCommands, "create", singular(backups)),
        leafNamed(scheduleCommands, "create", singular(schedules)),
        leafNamed(restoreCommands, "create", singular(restores)),
        leafNamed(locationCommands, "create", singular(locations)),
      ],
    ),
    verbFirst("get", "the same as backup get, restore get, schedule get, backup-location get", [
      leafNamed(backupCommands, "get", backups),
      leafNamed(scheduleCommands, "get", schedules),
      leafNamed(restoreCommands, "get", restores),
      leafNamed(locationCommands, "get", locations),
    ]),
    verbFirst("describe", "the same as backup describe, restore describe, schedule describe", [
      leafNamed(backupCommands, "describe", backups),
      leafNamed(scheduleCommands, "describe", schedules),
      leafNamed(restoreCommands, "describe", restores),
    ]),
    verbFirst(
      "delete",
      "the same as backup delete, restore delete, schedule delete, backup-location delete",
      [
        leafNamed(backupCommands, "delete", backups),
        leafNamed(scheduleCommands, "delete", schedules),
        leafNamed(restoreCommands, "delete", restores),
        leafNamed(locationCommands, "delete", locations),
      ],
    ),
  ],
};
