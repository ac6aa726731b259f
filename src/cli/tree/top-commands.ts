import type { ArgumentSpec, CommandNode } from "../command-spec.ts";
import type { FlagSpec } from "../flag-spec.ts";
import { clusterFlags, generalFlags, locationFlag, outputFlag } from "../flags/general-flags.ts";
import {
  pluginAddFlags,
  pluginDirFlag,
  pluginRemoveFlags,
  pluginTestArgs,
  pluginTestFlags,
} from "../flags/plugin-flags.ts";

/** Velero's. */
const answerTimeoutFlag: FlagSpec = {
  name: "timeout",
  kind: "duration",
  help: "how long to wait for the server's answer (default: 5s)",
};

const contextFlags: readonly FlagSpec[] = clusterFlags.filter(
  (flag) => flag.name === "kubeconfig" || flag.name === "context",
);

const settingArg: ArgumentSpec = {
  name: "KEY",
  required: false,
  variadic: true,
  help: "settings to print (default: all)",
};

/** Commands beside the three nouns. */
export const topCommands: readonly CommandNode[] = [
  {
    name: "mode",
    summary: "see or keep, per kubeconfig context, who does the work",
    children: [
      {
        name: "get",
        path: ["mode", "get"],
        summary: "print the kept modes",
        flags: [outputFlag, ...generalFlags],
        load: () => import("../commands/mode/get.ts"),
      },
      {
        name: "set",
        path: ["mode", "set"],
        summary: "keep a mode for the context: standalone, server, or auto to look each time",
        args: [
          {
            name: "MODE",
            required: true,
            variadic: false,
            help: "standalone, server or auto",
          },
        ],
        flags: [...contextFlags, ...generalFlags],
        load: () => import("../commands/mode/set.ts"),
      },
    ],
  },
  {
    name: "version",
    path: ["version"],
    summary: "print the version of this command, and of the server",
    flags: [
      {
        name: "client-only",
        kind: "boolean",
        help: "that of this command only: no server is asked",
      },
      answerTimeoutFlag,
      outputFlag,
      ...clusterFlags,
      ...generalFlags,
    ],
    load: () => import("../commands/version.ts"),
  },
  {
    name: "plugin",
    aliases: ["plugins"],
    summary: "add, list, test and remove plugins",
    children: [
      {
        name: "get",
        path: ["plugin", "get"],
        summary: "list the plugins of the server, or those of a folder",
        details: [
          "Without a server, what is built in is listed, and what the executables of the folder say they serve: each is started, asked and ended. Unmodified plugins of Velero are such executables.",
        ],
        flags: [pluginDirFlag, answerTimeoutFlag, outputFlag, ...clusterFlags, ...generalFlags],
        load: () => import("../commands/plugin/get.ts"),
      },
      {
        name: "add",
        path: ["plugin", "add"],
        summary: "give the server the plugins of an image, or a folder those of an executable",
        details: [
          "The image becomes an init container of the server's Deployment, which copies its executables into the folder of plugins: images made for Velero are such. Another tag takes the place of the one that is there; once more is the same. ark-ts install leaves plugins as they are.",
          "An argument that begins with / or ./ is an executable on this machine: it is asked for its plugins and copied into the folder that runs without a server use.",
        ],
        examples: [
          "ark-ts plugin add registry.example/velero-plugin-for-gcp:v1.13.0 --wait",
          "ark-ts plugin add registry.example/velero-plugin-for-gcp:v1.13.0 --dry-run -o yaml",
          "ark-ts plugin add ./my-plugin --plugin-dir ~/plugins",
        ],
        args: [
          { name: "IMAGE|PATH", required: true, variadic: false, help: "image, or executable" },
        ],
        flags: pluginAddFlags,
        load: () => import("../commands/plugin/add.ts"),
      },
      {
        name: "remove",
        path: ["plugin", "remove"],
        summary: "take the plugins of an image from the server, or an executable out of a folder",
        details: [
          "Without --plugin-dir it is an init container of the server's Deployment, by its name or image; with it, or by a path, an executable of that folder.",
        ],
        args: [
          {
            name: "NAME|IMAGE|PATH",
            required: true,
            variadic: false,
            help: "init container, its image, or executable",
          },
        ],
        flags: pluginRemoveFlags,
        load: () => import("../commands/plugin/remove.ts"),
      },
      {
        name: "test",
        path: ["plugin", "test"],
        summary: "test whether an executable keeps the promises of Velero's plugins",
        details: [
          "Starts it, and asks what can be asked without harm. With --bucket, object stores write below ark-ts-plugin-test/ there, and remove it again. With --volume, volume snapshotters make a snapshot of that volume, and delete it. Credentials come from the environment, as plugins read them.",
        ],
        examples: [
          "ark-ts plugin test ./velero-plugin-for-aws --bucket backups --config region=eu-west-1",
          "ark-ts plugin test ./velero-plugin-for-aws --volume pv.yaml --config region=eu-west-1",
          "ark-ts plugin test /usr/local/bin/velero run-plugins",
        ],
        args: pluginTestArgs,
        flags: pluginTestFlags,
        load: () => import("../commands/plugin/test.ts"),
      },
    ],
  },
  {
    name: "client",
    summary: "see and keep settings of this command",
    children: [
      {
        name: "config",
        summary: "see and keep settings of this command",
        children: [
          {
            name: "get",
            path: ["client", "config", "get"],
            summary: "print settings of the client",
            args: [settingArg],
            flags: [outputFlag, ...generalFlags],
            load: () => import("../commands/client/config-get.ts"),
          },
          {
            name: "set",
            path: ["client", "config", "set"],
            summary: "keep settings of the client, such as namespace=backups; KEY= forgets one",
            details: [
              "Kept is namespace, that of the server. Velero's other settings (features, cacert, colorized) have no effect here, and are refused with what to use instead.",
            ],
            args: [{ ...settingArg, name: "KEY=VALUE", required: true, help: "settings to keep" }],
            flags: generalFlags,
            load: () => import("../commands/client/config-set.ts"),
          },
        ],
      },
    ],
  },
  {
    name: "completion",
    path: ["completion"],
    summary: "print the completion script for a shell",
    details: [
      "For bash: source <(ark-ts completion bash), in ~/.bashrc to keep it. For zsh: ark-ts completion zsh > ~/.zsh/_ark-ts, once, in a folder of fpath.",
    ],
    args: [{ name: "SHELL", required: true, variadic: false, help: "bash or zsh" }],
    flags: generalFlags,
    load: () => import("../commands/completion.ts"),
  },
  {
    name: "__names",
    path: ["__names"],
    summary: "print names for the completion of a shell, and nothing where they cannot be had",
    hidden: true,
    args: [
      {
        name: "NOUN",
        required: true,
        variadic: false,
        help: "backups, restores or locations",
      },
    ],
    flags: [locationFlag, ...generalFlags],
    load: () => import("../commands/names.ts"),
  },
];
