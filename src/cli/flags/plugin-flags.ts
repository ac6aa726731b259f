import type { ArgumentSpec } from "../command-spec.ts";
import type { FlagSpec } from "../flag-spec.ts";
import { clusterFlags, generalFlags, outputFlag } from "./general-flags.ts";

export const pluginDirFlag: FlagSpec = {
  name: "plugin-dir",
  kind: "text",
  placeholder: "DIR",
  help: "list the executables of this folder, and ask no server (default without a server: ARKTS_PLUGIN_DIR, else /plugins)",
};

/** Of commands that run item actions. */
export const pluginRunFlag: FlagSpec = {
  name: "plugin-dir",
  kind: "text",
  placeholder: "DIR",
  help: "folder of Velero's plugins: executables whose item actions are run (default: ARKTS_PLUGIN_DIR, else /plugins)",
};

export const pluginTestArgs: readonly ArgumentSpec[] = [
  { name: "PATH", required: true, variadic: false, help: "the executable" },
  {
    name: "ARG",
    required: false,
    variadic: true,
    help: "what it is started with, such as run-plugins for Velero itself",
  },
];

export const pluginTestFlags: readonly FlagSpec[] = [
  {
    name: "bucket",
    kind: "text",
    placeholder: "NAME",
    help: "bucket in which its object stores may write (default: they are not asked)",
  },
  { name: "prefix", kind: "text", placeholder: "KEY", help: "folder in the bucket" },
  {
    name: "volume",
    kind: "text",
    placeholder: "FILE",
    help: "PersistentVolume, as YAML or JSON, of which its volume snapshotters may make a snapshot (default: they are not asked)",
  },
  {
    name: "config",
    kind: "map",
    help: "settings of the location, as in a BackupStorageLocation or VolumeSnapshotLocation",
  },
  outputFlag,
  // `--config` is the provider's.
  ...generalFlags.map((flag) => (flag.name === "config-dir" ? { ...flag, aliases: [] } : flag)),
];

const changeFlags: readonly FlagSpec[] = [
  {
    name: "dry-run",
    kind: "boolean",
    help: "change nothing: say what would be done, or with -o yaml or json print the Deployment as it would be",
  },
  {
    name: "wait",
    kind: "boolean",
    help: "until the server's new pods are ready, 5 minutes at most",
  },
  {
    name: "confirm",
    kind: "boolean",
    help: "no effect, as nothing is asked: runs go on when the server's pods are started anew",
  },
  {
    name: "plugin-dir",
    kind: "text",
    placeholder: "DIR",
    help: "folder of the executable (default: ARKTS_PLUGIN_DIR, else /plugins)",
  },
  outputFlag,
  ...clusterFlags
    .filter(({ name }) => name !== "mode")
    .map((flag) =>
      flag.name === "namespace"
        ? { ...flag, help: "namespace of the ark-ts server (default: ark-ts)" }
        : flag,
    ),
  ...generalFlags,
];

export const pluginAddFlags: readonly FlagSpec[] = [
  {
    name: "image-pull-policy",
    kind: "choice",
    choices: ["Always", "IfNotPresent", "Never"],
    help: "when the image is pulled (default: IfNotPresent)",
  },
  ...changeFlags,
];

export const pluginRemoveFlags: readonly FlagSpec[] = changeFlags;
