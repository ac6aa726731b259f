import type { LeafSpec } from "../command-spec.ts";
import { clusterFlags, generalFlags } from "../flags/general-flags.ts";

export const debugCommand: LeafSpec = {
  name: "debug",
  path: ["debug"],
  summary: "write a support bundle about a server, with secrets taken out",
  details: [
    "Logs of its pods, the objects of velero.io in its namespace, events, versions, and what is told of a backup or restore. What you may not read is left out and named. For the log of this command itself: --debug.",
  ],
  examples: ["ark-ts debug --backup nightly", "ark-ts debug -n velero -o bundle.tar.gz"],
  flags: [
    {
      name: "output",
      short: "o",
      kind: "text",
      placeholder: "FILE",
      help: "file to write (default: bundle-YYYY-MM-DD-HH-MM-SS.tar.gz here)",
    },
    {
      name: "backup",
      kind: "text",
      placeholder: "NAME",
      names: "backups",
      help: "with description and log of this backup",
    },
    {
      name: "restore",
      kind: "text",
      placeholder: "NAME",
      help: "with description and log of this restore",
    },
    ...clusterFlags.filter(({ name }) => name !== "mode"),
    ...generalFlags,
  ],
  load: () => import("../commands/debug.ts"),
};
