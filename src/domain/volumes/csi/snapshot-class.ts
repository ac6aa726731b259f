import { objectAt, textAt } from "../../../lib/json-edit.ts";
import type { JsonObject } from "../../../lib/json-text.ts";

/** A VolumeSnapshotClass, as far as it decides. */
export interface SnapshotClass {
  readonly name: string;
  readonly driver: string;
  /** `Delete` or `Retain`. */
  readonly deletionPolicy: string;
  /** It has Velero's label, with any value. */
  readonly isLabelled: boolean;
  /** It is annotated as the driver's default, with any value. */
  readonly isDefault: boolean;
  /** Named by its annotations for listing snapshots. */
  readonly secret?: { readonly namespace: string; readonly name: string };
}

/** On a class (label) and on a claim (annotation: the name of a class). */
export const snapshotClassKey = "velero.io/csi-volumesnapshot-class";
const defaultClassKey = "snapshot.storage.kubernetes.io/is-default-class";
const listerSecret = {
  name: "snapshot.storage.kubernetes.io/list-secret-name",
  namespace: "snapshot.storage.kubernetes.io/list-secret-namespace",
};

/** Reads a decoded VolumeSnapshotClass; what is missing is empty. */
export function snapshotClassOf(object: JsonObject): SnapshotClass {
  const annotations = objectAt(object, ["metadata", "annotations"]);
  const labels = objectAt(object, ["metadata", "labels"]);
  const name = textAt(annotations, [listerSecret.name]);
  const namespace = textAt(annotations, [listerSecret.namespace]);
  return {
    name: textAt(object, ["metadata", "name"]),
    driver: textAt(object, ["driver"]),
    deletionPolicy: textAt(object, ["deletionPolicy"]),
    isLabelled: Object.hasOwn(labels, snapshotClassKey),
    isDefault: Object.hasOwn(annotations, defaultClassKey),
    ...(name === "" || namespace === "" ? {} : { secret: { namespace, name } }),
  };
}

export interface ClassQuestion {
  readonly driver: string;
  /** Annotation of the claim; undefined: it has none. */
  readonly ofClaim: string | undefined;
  readonly backupAnnotations: Readonly<Record<string, string>>;
}

export interface ClassChoice {
  readonly chosen: SnapshotClass | undefined;
  /** Why there is none; a clause. */
  readonly why?: string;
  /** The driver has no class at all. */
  readonly isClassless?: true;
  /** What was asked for and could not be followed; clauses. */
  readonly notes: readonly string[];
}

/**
 * The class for a snapshot, by Velero's rules (velero-features 3.10): the claim's annotation, the
 * backup's for the driver, a class of the driver with Velero's label, the driver's default, the
 * only one of the driver. A name that leads nowhere is passed over, as Velero does, and noted.
 */
export function chooseSnapshotClass(
  classes: readonly SnapshotClass[],
  { driver, ofClaim, backupAnnotations }: ClassQuestion,
): ClassChoice {
  const notes: string[] = [];
  const key = `${snapshotClassKey}_${driver.toLowerCase()}`;
  const ofBackup = Object.hasOwn(backupAnnotations, key) ? backupAnnotations[key] : undefined;
  const asked = [
    [ofClaim, "the claim's annotation"],
    [ofBackup, `annotation ${key} of the backup`],
  ] as const;
  for (const [name, where] of asked) {
    if (name === undefined) continue;
    const found = classes.find((one) => isSame(one.name, name));
    if (found !== undefined && isSame(found.driver, driver)) return { chosen: found, notes };
    notes.push(
      found === undefined
        ? `${where} names snapshot class "${name}", which does not exist`
        : `${where} names snapshot class "${name}", which is for driver ${found.driver}`,
    );
  }
  const own = classes.filter((one) => one.driver === driver);
  const chosen =
    own.find(({ isLabelled }) => isLabelled) ??
    own.find(({ isDefault }) => isDefault) ??
    (own.length === 1 ? own[0] : undefined);
  if (chosen !== undefined) return { chosen, notes };
  if (own.length === 0) {
    const why = `there is no snapshot class for driver ${driver}`;
    return { chosen: undefined, why, isClassless: true, notes };
  }
  const why = `driver ${driver} has ${own.length} snapshot classes, and none has label ${snapshotClassKey} or is its default`;
  return { chosen: undefined, why, notes };
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/**
 * The class that a snapshot of a backup is made known with: the one that it was cut with, else the
 * default of its driver, else any of it. Undefined: the driver has none here.
 */
export function classToRestoreWith(
  { driver, className }: { readonly driver: string; readonly className?: string },
  classes: readonly SnapshotClass[],
): string | undefined {
  const ofDriver = classes.filter((one) => one.driver === driver);
  const same = ofDriver.find(({ name }) => name === className);
  return (same ?? ofDriver.find(({ isDefault }) => isDefault) ?? ofDriver[0])?.name;
}
