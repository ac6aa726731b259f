import type { RunLog } from "../../catalog/run-log.ts";
import { chooseGroupClass, type GroupClass } from "../../domain/volumes/csi/group-class.ts";
import type { VolumeGroup } from "../../domain/volumes/csi/group-objects.ts";
import type { ClaimFacts } from "../../domain/volumes/volume-facts.ts";
import type { PlannedSnapshot } from "./planned-snapshot.ts";

/** A group whose snapshots are to be made by one cut. */
export interface PlannedGroup extends VolumeGroup {
  readonly className: string;
  /** Keys of the claims, `namespace/name`. */
  readonly claims: readonly string[];
}

/** Claims with the label of a group whose snapshots are made each for itself, and why; a clause. */
export interface ApartGroup extends VolumeGroup {
  readonly claims: readonly PlannedSnapshot[];
  readonly why: string;
}

/** A claim that a group's selector finds though no snapshot of it is planned. */
export interface Bystander {
  readonly name: string;
  /** Undefined: it is not bound to a volume. */
  readonly driver: string | undefined;
}

export interface GroupPlanInput {
  readonly planned: readonly PlannedSnapshot[];
  /** The label that makes groups; empty: none does. */
  readonly label: string;
  /** A text: why there can be none; a clause. */
  readonly classes: readonly GroupClass[] | string;
  readonly backupAnnotations: Readonly<Record<string, string>>;
  readonly bystanders: (group: VolumeGroup) => readonly Bystander[];
}

export interface GroupPlan {
  readonly groups: readonly PlannedGroup[];
  readonly apart: readonly ApartGroup[];
}

/** Says of each claim that it has, or would have, no part in one cut with its group. */
export function tellApart(apart: readonly ApartGroup[], log: Pick<RunLog, "find">): void {
  for (const { value, claims, why } of apart) {
    for (const { key, claim } of claims) {
      const others = claims.filter((one) => one.key !== key).map((one) => one.key);
      const { namespace, name } = claim;
      const place = { resource: "persistentvolumeclaims", namespace, name };
      const message = `the snapshot of claim ${key} is not one cut with its volume group "${value}" (${others.join(", ")}), but of a moment of its own: ${why}`;
      log.find({ severity: "error", code: "ARK_SNAPSHOT_GROUP", message, ...place });
    }
  }
}

interface Group extends VolumeGroup {
  readonly claims: readonly PlannedSnapshot[];
}

/** Claims of one namespace with the same value of the label; one alone is a cut by itself. */
export function groupsOf(
  planned: readonly PlannedSnapshot[],
  label: string,
): readonly (VolumeGroup & { readonly claims: readonly PlannedSnapshot[] })[] {
  const groups = new Map<string, Group & { claims: PlannedSnapshot[] }>();
  for (const one of planned) {
    const value = label === "" ? "" : (one.claim.labels[label] ?? "");
    if (value === "") continue;
    const { namespace } = one.claim;
    const key = `${namespace}/${value}`;
    const group = groups.get(key) ?? { namespace, label, value, claims: [] };
    group.claims.push(one);
    groups.set(key, group);
  }
  return [...groups.values()].filter(({ claims }) => claims.length > 1);
}

/** Which groups are cut as one, and which cannot be. */
export function planGroups(input: GroupPlanInput): GroupPlan {
  const groups: PlannedGroup[] = [];
  const apart: ApartGroup[] = [];
  for (const group of groupsOf(input.planned, input.label)) {
    const { namespace, label, value, claims } = group;
    const choice = choose(group, input);
    if ("why" in choice) apart.push({ ...group, why: choice.why });
    else {
      const keys = claims.map(({ key }) => key);
      groups.push({ namespace, label, value, className: choice.chosen, claims: keys });
    }
  }
  return { groups, apart };
}

function choose(
  group: Group,
  { classes, backupAnnotations, bystanders }: GroupPlanInput,
): { readonly chosen: string } | { readonly why: string } {
  if (typeof classes === "string") return { why: classes };
  const drivers = [...new Set(group.claims.map(({ driver }) => driver))];
  const [driver = ""] = drivers;
  if (drivers.length > 1)
    return { why: `its volumes are of several drivers: ${drivers.join(", ")}` };
  for (const other of bystanders(group)) {
    const also = `claim ${group.namespace}/${other.name} has the label too, and`;
    if (other.driver === undefined) return { why: `${also} is not bound to a volume` };
    if (other.driver !== driver) return { why: `${also} its volume is not of driver ${driver}` };
  }
  const named = (claim: ClaimFacts): readonly string[] =>
    claim.groupClass === undefined ? [] : [claim.groupClass];
  const ofClaims = group.claims.flatMap(({ claim }) => named(claim));
  return chooseGroupClass(classes, { driver, ofClaims, backupAnnotations });
}
