import type { ArgumentSpec, LeafSpec } from "../command-spec.ts";
import type { FlagSpec } from "../flag-spec.ts";
import { clusterFlags, generalFlags, locationFlag, outputFlag } from "../flags/general-flags.ts";
import { laterBackupFlags } from "../flags/later-flags.ts";
import {
  dryRunFlag,
  excludeNamespaces,
  includeClusterResources,
  includeNamespaces,
  labelFlags,
  orderedResourcesFlag,
  planFileFlag,
  policyFlags,
  requireCoverageFlag,
  resourceFlags,
  scopedResourceFlags,
  selectorFlags,
  volumeDataFlags,
  waitFlag,
} from "../flags/selection-flags.ts";

export const newNameArg: ArgumentSpec = {
  name: "NAME",
  required: true,
  variadic: false,
  help: "name of the backup",
};

/** Velero takes hooks from a Backup's YAML only. */
const hooksFileFlag: FlagSpec = {
  name: "hooks-file",
  kind: "text",
  placeholder: "FILE",
  help: "hooks to run in pods, YAML or JSON, as spec.hooks of a Backup has them; hooks of a pod's own annotations run without it",
};

const whatIsTaken: readonly FlagSpec[] = [
  includeNamespaces,
  excludeNamespaces,
  ...resourceFlags,
  ...scopedResourceFlags,
  ...selectorFlags,
  includeClusterResources,
  ...policyFlags,
  orderedResourcesFlag,
  hooksFileFlag,
  ...volumeDataFlags,
  requireCoverageFlag,
];

const ttlFlag: FlagSpec = {
  name: "ttl",
  kind: "duration",
  help: "how long to keep it, such as 720h0m0s (default: 720h0m0s)",
};

export const plan: LeafSpec = {
  name: "plan",
  path: ["backup", "plan"],
  summary: "say what a backup would take and do, and write nothing",
  details: [
    "Discovers, lists and selects as backup create does, at one revision: counts and sizes, each volume with the method and the rule that decided it, the hooks that would run and where, and what is amiss. Takes the flags of backup create.",
    "With -o FILE the plan is saved as well; ark-ts backup create NAME --plan FILE then does exactly that. The exit status is 3 where a backup would be PartiallyFailed from the start.",
  ],
  examples: [
    "ark-ts backup plan nightly --include-namespaces shop",
    "ark-ts backup plan nightly --resource-policies-file p.yaml -o plan.json",
  ],
  args: [newNameArg],
  flags: [
    locationFlag,
    ttlFlag,
    ...labelFlags,
    {
      name: "output",
      short: "o",
      kind: "text",
      placeholder: "table|json|yaml|FILE",
      help: "how to print the plan; or a file to save it in: a path with a slash, or a name that ends in .json or .yaml",
    },
    { name: "details", kind: "boolean", help: "count each namespace, and list every volume" },
    ...whatIsTaken,
    ...clusterFlags,
    ...generalFlags,
  ],
  later: laterBackupFlags,
  load: () => import("../commands/backup/plan.ts"),
};

export const create: LeafSpec = {
  name: "create",
  path: ["backup", "create"],
  summary: "back up a cluster, or part of it",
  details: [
    "Runs here, with your own rights, and waits for the end: --wait is understood and needless. The archive is read back and checked before the backup counts as completed.",
    "With -o json, yaml or name the run is made and the resulting resource printed; with --dry-run=client it is printed only.",
  ],
  examples: [
    "ark-ts backup create before-upgrade --include-namespaces shop",
    "ark-ts backup create nightly --storage-location s3://backups/prod --ttl 720h",
    "ark-ts backup create web -l app=web --include-cluster-resources=false",
  ],
  args: [newNameArg],
  flags: [
    locationFlag,
    planFileFlag,
    ttlFlag,
    ...labelFlags,
    outputFlag,
    dryRunFlag,
    waitFlag,
    ...whatIsTaken,
    ...clusterFlags,
    ...generalFlags,
  ],
  later: laterBackupFlags,
  load: () => import("../commands/backup/create.ts"),
};
