import type { CommandNode } from "../command-spec.ts";
import type { FlagSpec } from "../flag-spec.ts";
import { clusterFlags, generalFlags, outputFlag } from "../flags/general-flags.ts";
import { firstLocationFlags, laterInstallFlags, serverFlags } from "../flags/install-flags.ts";

const heading = "Cluster flags:";

const crdsOnly: FlagSpec = {
  name: "crds-only",
  kind: "boolean",
  help: "only the kinds of velero.io, without a server",
};

const accessFlags: readonly FlagSpec[] = clusterFlags.filter(({ name }) =>
  ["kubeconfig", "context", "as", "as-group"].includes(name),
);

const namespaceFlag = (help: string): FlagSpec => ({
  name: "namespace",
  short: "n",
  kind: "text",
  placeholder: "NAME",
  help,
  heading,
});

/** What sets up a cluster for a server, and takes that away again. */
export const installCommands: readonly CommandNode[] = [
  {
    name: "install",
    path: ["install"],
    summary: "put the server and the kinds of velero.io into a cluster, or bring them up to date",
    details: [
      "Once more is the same: what is as asked is left alone, what differs is changed, and each changed field is printed; --dry-run prints it before. Fields that others have set beside ours stay. docs/rights.md says what the server may do, and why.",
      "A cluster has the kinds once, for ark-ts and for any Velero. What is there and holds all that ark-ts needs is left alone; what lacks something is widened; nothing is taken away. They are never labelled component=velero, by which velero uninstall deletes.",
    ],
    examples: [
      "ark-ts install --image registry.example/ark-ts:0.1.0 --provider aws --bucket backups --secret-file credentials --backup-location-config region=eu-central-1 --wait",
      "ark-ts install --image registry.example/ark-ts:0.1.0 --dry-run",
      "ark-ts install --crds-only --dry-run -o yaml | kubectl apply --server-side -f -",
    ],
    flags: [
      crdsOnly,
      {
        name: "dry-run",
        kind: "boolean",
        help: "change nothing: say what would be done, or with -o yaml or json print the objects, for which no cluster is asked",
      },
      {
        name: "wait",
        kind: "boolean",
        help: "until the server's pods are ready, 5 minutes at most",
      },
      {
        name: "apply",
        kind: "boolean",
        help: "no effect: what is there is always brought up to date",
      },
      outputFlag,
      ...firstLocationFlags,
      ...serverFlags,
      ...accessFlags,
      namespaceFlag("namespace of the server (default: ark-ts)"),
      ...generalFlags,
    ],
    later: laterInstallFlags,
    load: () => import("../commands/install.ts"),
  },
  {
    name: "uninstall",
    path: ["uninstall"],
    summary:
      "remove the server from a cluster, and the kinds of velero.io where nobody else uses them",
    details: [
      "It prints what goes and what stays, and asks. The kinds stay while an object of them is outside the namespace, or a Velero server is in the cluster; the namespace stays while there is anything else in it. What lies in buckets stays: backups are there as before.",
    ],
    flags: [
      { ...crdsOnly, help: "only the kinds of velero.io; refused where somebody uses them" },
      { name: "dry-run", kind: "boolean", help: "say what would be done, and do nothing" },
      { name: "confirm", aliases: ["force"], kind: "boolean", help: "do not ask" },
      { name: "wait", kind: "boolean", help: "no effect: it always waits until all is gone" },
      ...accessFlags,
      namespaceFlag("namespace of the ark-ts server: it and objects there go (default: ark-ts)"),
      ...generalFlags,
    ],
    load: () => import("../commands/uninstall.ts"),
  },
];
