import type { ArgumentSpec, LeafSpec } from "../command-spec.ts";
import type { FlagSpec } from "../flag-spec.ts";
import { clusterFlags, generalFlags, outputFlag } from "../flags/general-flags.ts";
import { serverLocationFlags } from "../flags/server-flags.ts";

const nameArg: ArgumentSpec = {
  name: "NAME",
  required: true,
  variadic: false,
  help: "name of the snapshot location",
};
const credential = serverLocationFlags.filter(({ name }) => name === "credential");
/** `--config` is the provider's. */
const rest: readonly FlagSpec[] = [
  outputFlag,
  ...clusterFlags,
  ...generalFlags.map((flag) => (flag.name === "config-dir" ? { ...flag, aliases: [] } : flag)),
];

/** Of a server only; kept for Velero and for what is to come. */
export const snapshotLocationCommands: readonly LeafSpec[] = [
  {
    name: "get",
    path: ["snapshot-location", "get"],
    summary: "list the snapshot locations of the server",
    args: [
      {
        ...nameArg,
        required: false,
        variadic: true,
        help: "names of snapshot locations (default: all)",
      },
    ],
    flags: [
      {
        name: "selector",
        short: "l",
        kind: "text",
        placeholder: "SELECTOR",
        help: "only those with these labels",
      },
      ...rest,
    ],
    load: () => import("../commands/snapshot-location/get.ts"),
  },
  {
    name: "create",
    path: ["snapshot-location", "create"],
    summary: "make a snapshot location of the server",
    args: [nameArg],
    flags: [
      { name: "provider", kind: "text", placeholder: "NAME", help: "snapshot plugin (required)" },
      { name: "config", kind: "map", help: "settings of the plugin" },
      { name: "labels", kind: "map", help: "labels of the new resource" },
      ...credential,
      ...rest,
    ],
    load: () => import("../commands/snapshot-location/create.ts"),
  },
  {
    name: "set",
    path: ["snapshot-location", "set"],
    summary: "change the credentials of a snapshot location",
    args: [nameArg],
    flags: [...credential, ...rest],
    load: () => import("../commands/snapshot-location/set.ts"),
  },
];
