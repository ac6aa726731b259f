/** What two tools made of one backup, and the one table of how that may differ. */
import type { ClusterState, StoredObject } from "../oracle/cluster-state.ts";
import { compareStates } from "../oracle/compare-states.ts";
import {
  type IgnoredField,
  ignoredFields,
  lostByVelero,
  otherCluster,
} from "../oracle/expected-differences.ts";
import type { DuelStates } from "./restore-duel.ts";
import { veleroMarks } from "./velero-marks.ts";

/** Objects that one tool made and the other did not. */
interface ObjectDifference {
  readonly onlyIn: "ark-ts" | "Velero";
  /** Group-resource, or the end of one that begins with a dot. */
  readonly resource: string;
  readonly name?: RegExp;
  readonly reason: string;
}

/** How one case may differ beside what may differ in all. */
export interface RestoreDifferences {
  readonly objects?: readonly ObjectDifference[];
  readonly fields?: readonly IgnoredField[];
}

export const duelFields: readonly IgnoredField[] = [
  ...ignoredFields,
  ...veleroMarks,
  ...lostByVelero,
  ...otherCluster,
];

export interface RestoreComparison {
  readonly compared: number;
  /** Objects that both made or changed. */
  readonly restored: number;
  readonly unexplained: readonly string[];
  /** Reason and how often it was needed. */
  readonly explained: ReadonlyMap<string, number>;
}

export function compareRestores(
  states: DuelStates,
  { objects = [], fields = [] }: RestoreDifferences,
): RestoreComparison {
  const { start, velero, ark } = states;
  const explained = new Map<string, number>();
  const count = (reason: string, times = 1): void =>
    void explained.set(reason, (explained.get(reason) ?? 0) + times);
  const unexplained: string[] = [];
  const missing = (from: ClusterState, to: ClusterState, onlyIn: "ark-ts" | "Velero"): void => {
    for (const key of missingKeys(from, to)) {
      const object = from.get(key) as StoredObject;
      const row = objects.find((one) => one.onlyIn === onlyIn && covers(one, object));
      if (row === undefined) unexplained.push(`only by ${onlyIn}: ${key}`);
      else count(row.reason);
    }
  };
  missing(velero, ark, "Velero");
  missing(ark, velero, "ark-ts");
  const comparison = compareStates(velero, ark, { fields: [...fields, ...duelFields] });
  for (const [reason, times] of comparison.left) count(reason, times);
  unexplained.push(...comparison.differences.filter((one) => !one.endsWith(" is missing")));
  const restored = [...velero.keys()].filter((key) => ark.has(key) && isNew(start, velero, key));
  return { compared: comparison.compared, restored: restored.length, unexplained, explained };
}

function covers({ resource, name }: ObjectDifference, object: StoredObject): boolean {
  const isOfKind = resource.startsWith(".")
    ? object.resource.endsWith(resource)
    : object.resource === resource;
  return isOfKind && (name === undefined || name.test(object.name));
}

/** Each reason with how often it was needed, over all cases. */
export function renderReasons(comparisons: readonly RestoreComparison[]): string {
  const sums = new Map<string, number>();
  for (const { explained } of comparisons)
    for (const [reason, times] of explained) sums.set(reason, (sums.get(reason) ?? 0) + times);
  return [...sums]
    .sort(([, a], [, b]) => b - a)
    .map(([reason, times]) => `${String(times).padStart(6)}  ${reason}`)
    .join("\n");
}

function isNew(start: ClusterState, end: ClusterState, key: string): boolean {
  const version = (state: ClusterState): unknown =>
    (state.get(key)?.value["metadata"] as { resourceVersion?: string } | undefined)
      ?.resourceVersion;
  return version(start) !== version(end);
}

function missingKeys(from: ClusterState, to: ClusterState): readonly string[] {
  return compareStates(from, to, { fields: [{ resource: "*", path: [], reason: "fields" }] })
    .differences.filter((one) => one.endsWith(" is missing"))
    .map((one) => one.slice(0, -" is missing".length));
}
