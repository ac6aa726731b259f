import type { ArgumentSpec, LeafSpec } from "../command-spec.ts";
import type { FlagSpec } from "../flag-spec.ts";
import {
  clusterFlags,
  generalFlags,
  locationFlag,
  outputFlag,
  planOutputFlag,
} from "../flags/general-flags.ts";
import { laterBackupFlags } from "../flags/later-flags.ts";
import { pluginRunFlag } from "../flags/plugin-flags.ts";
import {
  dryRunFlag,
  excludeNamespaces,
  includeClusterResources,
  includeNamespaces,
  itemOperationTimeoutFlag,
  labelFlags,
  orderedResourcesFlag,
  planFileFlag,
  policyFlags,
  requireCoverageFlag,
  resourceFlags,
  scopedResourceFlags,
  selectorFlags,
  snapshotFlags,
  snapshotTermFlags,
  volumeDataFlags,
  waitFlag,
} from "../flags/selection-flags.ts";
import { fromScheduleFlag } from "../flags/server-flags.ts";

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

/** Ours; a Velero server has the feature EnableAPIGroupVersions for it. */
const allApiVersionsFlag: FlagSpec = {
  name: "all-api-versions",
  kind: "boolean",
  help: "store every object in all versions that its kind is served in, so that a cluster which serves another one can take it (format 1.1.0; default: in the version that its group prefers)",
};

export const whatIsTaken: readonly FlagSpec[] = [
  includeNamespaces,
  excludeNamespaces,
  ...resourceFlags,
  ...scopedResourceFlags,
  ...selectorFlags,
  includeClusterResources,
  ...policyFlags,
  allApiVersionsFlag,
  orderedResourcesFlag,
  hooksFileFlag,
  ...snapshotFlags,
  ...snapshotTermFlags,
  ...volumeDataFlags,
  itemOperationTimeoutFlag,
  requireCoverageFlag,
];

export const ttlFlag: FlagSpec = {
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
    planOutputFlag,
    { name: "details", kind: "boolean", help: "count each namespace, and list every volume" },
    ...whatIsTaken,
    pluginRunFlag,
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
    "Where an ark-ts server is in the cluster, it does the work: the command asks for the backup and goes, or with --wait follows it to its end; Ctrl-C then stops waiting, and ark-ts backup cancel the backup. Else it runs here, with your own rights, and is waited for. The archive is read back and checked before the backup counts as completed.",
    "With -o json, yaml or name the run is made and the resulting resource printed; with --dry-run=client it is printed only.",
  ],
  examples: [
    "ark-ts backup create before-upgrade --include-namespaces shop",
    "ark-ts backup create nightly --storage-location s3://backups/prod --ttl 720h",
    "ark-ts backup create web -l app=web --include-cluster-resources=false",
  ],
  args: [{ ...newNameArg, required: false }],
  flags: [
    locationFlag,
    planFileFlag,
    fromScheduleFlag,
    ttlFlag,
    ...labelFlags,
    outputFlag,
    dryRunFlag,
    waitFlag,
    ...whatIsTaken,
    pluginRunFlag,
    ...clusterFlags,
    ...generalFlags,
  ],
  later: laterBackupFlags,
  load: () => import("../commands/backup/create.ts"),
};
