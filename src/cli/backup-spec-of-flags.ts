import type { BackupSpec, LabelSelector, ResourcePolicyReference } from "../api/backup.ts";
import { parseLabelSelector } from "../domain/label-selector.ts";
import { parseOrderedResources } from "../domain/ordered-resources.ts";
import { checkBackupSpec } from "../domain/selection/backup-spec-checks.ts";
import { formatGoDuration } from "../lib/go-duration.ts";
import type { FlagValues } from "./flag-values.ts";
import { volumeDataFlags } from "./flags/selection-flags.ts";
import { parsePositiveDuration } from "./go-duration.ts";
import { policyConfigMapOfFlags } from "./policies-of-flags.ts";
import { usageError } from "./usage-error.ts";

/** Velero's default, 30 days. */
export const defaultTtl = "720h0m0s";

/**
 * The spec that the flags of `backup create` ask for, as Velero's command would write it.
 * Errors: ARK_USAGE, naming every rule that the combination breaks.
 */
export function backupSpecOfFlags(flags: FlagValues, storageLocation: string): BackupSpec {
  refuseVolumeData(flags);
  const spec: BackupSpec = {
    includedNamespaces: flags.list("include-namespaces") ?? ["*"],
    ...given("excludedNamespaces", flags.list("exclude-namespaces")),
    ...given("includedResources", flags.list("include-resources")),
    ...given("excludedResources", flags.list("exclude-resources")),
    ...given("includedClusterScopedResources", flags.list("include-cluster-scoped-resources")),
    ...given("excludedClusterScopedResources", flags.list("exclude-cluster-scoped-resources")),
    ...given("includedNamespaceScopedResources", flags.list("include-namespace-scoped-resources")),
    ...given("excludedNamespaceScopedResources", flags.list("exclude-namespace-scoped-resources")),
    ...given("includeClusterResources", flags.boolean("include-cluster-resources")),
    ...selectorsOfFlags(flags),
    ...given("snapshotVolumes", flags.boolean("snapshot-volumes")),
    ...given("volumeSnapshotLocations", flags.list("volume-snapshot-locations")),
    ...given("snapshotMoveData", flags.boolean("snapshot-move-data")),
    ...given("defaultVolumesToFsBackup", flags.boolean("default-volumes-to-fs-backup")),
    ...given("resourcePolicy", policyReference(flags)),
    ...given("orderedResources", ordersOfFlags(flags)),
    ...given("csiSnapshotTimeout", durationOfFlag(flags, "csi-snapshot-timeout")),
    ...given("volumeGroupSnapshotLabelKey", flags.text("volume-group-snapshot-label-key")),
    ...given("itemOperationTimeout", operationTimeoutOfFlags(flags)),
    ttl: ttlOfFlags(flags),
    storageLocation,
  };
  const violations = checkBackupSpec(spec);
  if (violations.length > 0) throw usageError(violations.join("\n"));
  return spec;
}

function policyReference(flags: FlagValues): ResourcePolicyReference | undefined {
  const configMap = policyConfigMapOfFlags(flags);
  return configMap && { kind: "configmap", name: configMap.name };
}

function ordersOfFlags(flags: FlagValues): BackupSpec["orderedResources"] {
  const text = flags.text("ordered-resources");
  return text === undefined ? undefined : parseOrderedResources(text);
}

function refuseVolumeData(flags: FlagValues): void {
  const asked = volumeDataFlags.find(({ name }) => flags.boolean(name) === true);
  if (asked === undefined) return;
  throw usageError(
    `--${asked.name} is not in this version yet: volumes are protected by CSI and native snapshots only`,
    `--${asked.name}=false is understood`,
  );
}

function ttlOfFlags(flags: FlagValues): string {
  const text = flags.text("ttl");
  if (text === undefined) return defaultTtl;
  return formatGoDuration(parsePositiveDuration(text, "--ttl"));
}

/** Of --item-operation-timeout, in Go's form. Errors: ARK_USAGE. */
export function operationTimeoutOfFlags(flags: FlagValues): string | undefined {
  return durationOfFlag(flags, "item-operation-timeout");
}

function durationOfFlag(flags: FlagValues, name: string): string | undefined {
  const text = flags.text(name);
  return text === undefined
    ? undefined
    : formatGoDuration(parsePositiveDuration(text, `--${name}`));
}

export interface Selectors {
  readonly labelSelector?: LabelSelector;
  readonly orLabelSelectors?: readonly LabelSelector[];
}

/** `--selector`, or `--or-selector` split on ` or `. Errors: ARK_USAGE. */
export function selectorsOfFlags(flags: FlagValues): Selectors {
  const selector = flags.text("selector");
  const orSelector = flags.text("or-selector");
  if (selector !== undefined && orSelector !== undefined) {
    throw usageError("--selector and --or-selector cannot be used together");
  }
  return {
    ...given("labelSelector", selector === undefined ? undefined : parseLabelSelector(selector)),
    ...given("orLabelSelectors", orSelector?.split(/\s+or\s+/).map(parseLabelSelector)),
  };
}

/** `{ [key]: value }`, or nothing where the value is undefined. */
export function given<Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): { readonly [K in Key]?: Value } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [K in Key]?: Value });
}
