import { textAt } from "../../../lib/json-edit.ts";
import type { JsonObject } from "../../../lib/json-text.ts";

/** A VolumeGroupSnapshotClass, as far as it decides. */
export interface GroupClass {
  readonly name: string;
  readonly driver: string;
  /** It has Velero's label, with the value `true`. */
  readonly isLabelled: boolean;
}

/** On a class: a label; on a backup, with `_` and the driver: an annotation with the name of a class. */
export const groupClassKey = "velero.io/csi-volumegroupsnapshot-class";
/** On a claim: an annotation with the name of a class. */
export const claimGroupClassKey = "velero.io/csi-volume-group-snapshot-class";

/** Reads a decoded VolumeGroupSnapshotClass; what is missing is empty. */
export function groupClassOf(object: JsonObject): GroupClass {
  return {
    name: textAt(object, ["metadata", "name"]),
    driver: textAt(object, ["driver"]),
    isLabelled: textAt(object, ["metadata", "labels", groupClassKey]) === "true",
  };
}

export interface GroupClassQuestion {
  readonly driver: string;
  /** What claims of the group name by their annotation. */
  readonly ofClaims: readonly string[];
  readonly backupAnnotations: Readonly<Record<string, string>>;
}

/** The name of a class, or why there is none; a clause. */
export type GroupClassChoice = { readonly chosen: string } | { readonly why: string };

/**
 * The class for a group, by Velero's rules (velero-features 3.10): the annotation of a claim, the
 * backup's for the driver, the one class of the driver with Velero's label. A name that leads nowhere
 * is no choice: nobody knows which class is meant.
 */
export function chooseGroupClass(
  classes: readonly GroupClass[],
  { driver, ofClaims, backupAnnotations }: GroupClassQuestion,
): GroupClassChoice {
  const key = `${groupClassKey}_${driver}`;
  const ofBackup = Object.entries(backupAnnotations).find(
    ([name]) => name.toLowerCase() === key.toLowerCase(),
  )?.[1];
  const named = new Set(ofClaims);
  if (named.size > 1) {
    return { why: `its claims name several group snapshot classes: ${[...named].join(", ")}` };
  }
  const asked = [...named][0] ?? ofBackup;
  if (asked !== undefined) {
    const found = classes.find(({ name }) => name === asked);
    if (found === undefined) return { why: `there is no group snapshot class "${asked}"` };
    return found.driver === driver
      ? { chosen: asked }
      : { why: `group snapshot class "${asked}" is for driver ${found.driver}` };
  }
  const [first, ...more] = classes.filter((one) => one.isLabelled && one.driver === driver);
  if (first === undefined) {
    return {
      why: `driver ${driver} has no group snapshot class with label ${groupClassKey}=true`,
    };
  }
  if (more.length > 0) {
    return {
      why: `driver ${driver} has ${more.length + 1} group snapshot classes with label ${groupClassKey}=true`,
    };
  }
  return { chosen: first.name };
}
