import type { LeafSpec } from "../command-spec.ts";
import { clusterFlags, generalFlags, locationFlag, outputFlag } from "../flags/general-flags.ts";
import {
  excludeNamespaces,
  includeClusterResources,
  includeNamespaces,
  resourceFlags,
  selectorFlags,
} from "../flags/selection-flags.ts";

export const diffCommand: LeafSpec = {
  name: "diff",
  path: ["diff"],
  summary: "tell what differs between a backup and the cluster, or between two backups",
  details: [
    "Objects that came or went since the backup, and the fields that changed. What changes by itself is left out (status, what the API server counts and assigns, its defaults): docs/diff.md lists it. Values of Secrets are told as changed and never shown. Digests are compared first, and bytes read only of what differs.",
    "With --exit-code the exit status is 0 for no difference, 1 for some, and 3 when it could not be told.",
  ],
  examples: [
    "ark-ts diff nightly",
    "ark-ts diff nightly --include-namespaces shop --exit-code",
    "ark-ts diff nightly deployments.apps/shop/web",
    "ark-ts diff monday tuesday -o json",
    "ark-ts diff nightly --namespace-mappings shop:shop-copy --include-namespaces shop",
  ],
  args: [
    {
      name: "BACKUP",
      required: true,
      variadic: false,
      help: "name of the backup",
      names: "backups",
    },
    {
      name: "BACKUP|OBJECT",
      required: false,
      variadic: true,
      help: "a second backup (default: the cluster of the current context), and one object, as KIND/NAMESPACE/NAME",
      names: "backups",
    },
  ],
  flags: [
    { name: "exit-code", kind: "boolean", help: "exit with 1 when there are differences" },
    { name: "details", kind: "boolean", help: "tell all objects, and long values whole" },
    { ...outputFlag, help: "how to print the differences; name: one object a line" },
    includeNamespaces,
    excludeNamespaces,
    ...resourceFlags,
    ...selectorFlags,
    includeClusterResources,
    {
      name: "namespace-mappings",
      kind: "pairs",
      help: "compare namespace a of the backup with b, c with d",
    },
    locationFlag,
    ...clusterFlags,
    ...generalFlags,
  ],
  load: () => import("../commands/diff.ts"),
};
