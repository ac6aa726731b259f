import type { CommandNode } from "../command-spec.ts";
import type { FlagSpec } from "../flag-spec.ts";
import { clusterFlags, generalFlags, locationFlag, outputFlag } from "../flags/general-flags.ts";

const contextFlags: readonly FlagSpec[] = clusterFlags.filter(
  (flag) => flag.name === "kubeconfig" || flag.name === "context",
);

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
    summary: "print the version",
    flags: [
      { name: "client-only", kind: "boolean", help: "understood and needless: no server is asked" },
      outputFlag,
      ...generalFlags,
    ],
    load: () => import("../commands/version.ts"),
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
