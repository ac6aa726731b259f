import type { CommandNode, GroupSpec, LeafSpec } from "./command-spec.ts";
import { backupCommands } from "./tree/backup-commands.ts";
import { locationCommands } from "./tree/location-commands.ts";
import { restoreCommands } from "./tree/restore-commands.ts";
import { topCommands } from "./tree/top-commands.ts";

const laterNouns: Readonly<Record<string, string>> = {
  schedule: "schedules come with the server; until then run ark-ts backup create from cron",
  install: "the server comes in a later version; standalone mode needs nothing installed",
  uninstall: "the server comes in a later version",
  server: "the server comes in a later version",
  "node-agent": "the node agent comes in a later version",
  "snapshot-location": "volume data is not protected by this version, only the objects are",
  repo: "volume data is not protected by this version, only the objects are",
  plugin: "plugins in executables come in a later version",
};

const otherNouns: Readonly<Record<string, string>> = {
  debug: "use --debug on the command that fails",
  bug: "report what --debug prints",
  client: "settings are kept by ark-ts backup-location set and ark-ts mode set",
  list: "it is called get: ark-ts get backups",
};

const backups: Names = { name: "backups", aliases: ["backup"] };
const restores: Names = { name: "restores", aliases: ["restore"] };
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
  const later = { schedule: laterNouns["schedule"] ?? "", schedules: laterNouns["schedule"] ?? "" };
  return { name: verb, summary, children, later, hidden: true };
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
      later: {
        plan: "restore plans come in a later version",
        undo: "it comes with restore plans",
      },
      otherwise: {
        list: "it is called get: ark-ts restore get",
        delete: "the records of restores are small and stay beside the backups",
      },
    },
    {
      name: "backup-location",
      aliases: ["location", "backup-locations", "locations"],
      summary: "name, list, test and forget the places where backups are kept",
      children: locationCommands,
      otherwise: {
        create: "it is called set: ark-ts backup-location set NAME URL",
        list: "it is called get: ark-ts backup-location get",
      },
    },
    ...topCommands,
    verbFirst("create", "the same as backup create, restore create", [
      leafNamed(backupCommands, "create", singular(backups)),
      leafNamed(restoreCommands, "create", singular(restores)),
    ]),
    verbFirst("get", "the same as backup get, restore get, backup-location get", [
      leafNamed(backupCommands, "get", backups),
      leafNamed(restoreCommands, "get", restores),
      leafNamed(locationCommands, "get", locations),
    ]),
    verbFirst("describe", "the same as backup describe, restore describe", [
      leafNamed(backupCommands, "describe", backups),
      leafNamed(restoreCommands, "describe", restores),
    ]),
    verbFirst("delete", "the same as backup delete, backup-location delete", [
      leafNamed(backupCommands, "delete", backups),
      leafNamed(locationCommands, "delete", locations),
    ]),
  ],
};
