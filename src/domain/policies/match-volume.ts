import { isInRange, parseCapacityRange } from "./capacity-range.ts";
import type { PolicyAction, VolumeConditions, VolumePolicy } from "./resource-policies.ts";
import type { VolumeTraits } from "./volume-traits.ts";

/** The rule that decided about a volume. */
export interface MatchedRule {
  /** In the list of volume policies, from 0. */
  readonly index: number;
  readonly action: PolicyAction;
  /** `volumePolicies[1] (storageClass gp2, capacity 10Gi,: skip)`. */
  readonly text: string;
}

/** Undefined: no rule is about this volume. */
export type VolumeMatcher = (traits: VolumeTraits) => MatchedRule | undefined;

type Condition = (traits: VolumeTraits) => boolean;

/** Prepares rules once, so that each volume costs comparisons only. The first match wins. */
export function createVolumeMatcher(policies: readonly VolumePolicy[]): VolumeMatcher {
  const rules = policies.map(({ conditions, action }, index) => ({
    conditions: conditionsOf(conditions),
    matched: { index, action: action.type, text: ruleText(index, conditions, action.type) },
  }));
  return (traits) => rules.find((rule) => rule.conditions.every((holds) => holds(traits)))?.matched;
}

/** Velero 1.18.3, internal/resourcepolicies; a condition that is absent or empty always holds. */
function conditionsOf(conditions: VolumeConditions): readonly Condition[] {
  const { storageClass = [], volumeTypes = [], pvcPhase = [], pvcAccessModes = [] } = conditions;
  const labels = Object.entries(conditions.pvcLabels ?? {});
  const mode = conditions.pvcVolumeMode ?? "";
  const range = parseCapacityRange(conditions.capacity ?? "");
  const holds: readonly (Condition | false)[] = [
    range !== undefined && ((v) => isInRange(range, v.capacity)),
    storageClass.length > 0 &&
      ((v) => v.storageClass !== "" && storageClass.includes(v.storageClass)),
    conditions.nfs !== undefined && nfsCondition(conditions.nfs),
    conditions.csi !== undefined && csiCondition(conditions.csi),
    volumeTypes.length > 0 && ((v) => volumeTypes.includes(v.type)),
    labels.length > 0 &&
      ((v) => labels.every(([key, value]) => own(v.claim?.labels, key) === value)),
    pvcPhase.length > 0 && ((v) => v.claim !== undefined && pvcPhase.includes(v.claim.phase)),
    mode !== "" && ((v) => v.claim?.volumeMode === mode),
    pvcAccessModes.length > 0 && ((v) => sameModes(pvcAccessModes, v.claim?.accessModes ?? [])),
  ];
  return holds.filter((condition) => condition !== false);
}

function nfsCondition({ server = "", path = "" }: NonNullable<VolumeConditions["nfs"]>): Condition {
  return ({ nfs }) =>
    nfs !== undefined &&
    (server === "" || nfs.server === server) &&
    (path === "" || nfs.path === path);
}

/** An attribute that the volume lacks counts as empty text. */
function csiCondition({
  driver = "",
  volumeAttributes = {},
}: NonNullable<VolumeConditions["csi"]>): Condition {
  const attributes = Object.entries(volumeAttributes);
  return ({ csi }) => {
    if (csi === undefined) return false;
    if (driver === "") return true;
    if (csi.driver !== driver) return false;
    if (attributes.length > 0 && Object.keys(csi.volumeAttributes).length === 0) return false;
    return attributes.every(([key, value]) => (own(csi.volumeAttributes, key) ?? "") === value);
  };
}

function sameModes(wanted: readonly string[], found: readonly string[]): boolean {
  return (
    wanted.length === found.length &&
    wanted.every((mode) => found.includes(mode)) &&
    found.every((mode) => wanted.includes(mode))
  );
}

function own(map: Readonly<Record<string, string>> | undefined, key: string): string | undefined {
  return map !== undefined && Object.hasOwn(map, key) ? map[key] : undefined;
}

function ruleText(index: number, conditions: VolumeConditions, action: PolicyAction): string {
  const told = Object.entries(conditions).map(([key, value]) => `${key} ${valueText(value)}`);
  return `volumePolicies[${index}] (${told.length === 0 ? "every volume" : told.join(", ")}: ${action})`;
}

function valueText(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.join("|");
  return JSON.stringify(value);
}
