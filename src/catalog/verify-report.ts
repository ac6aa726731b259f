/**
 * How deep a verification looks: `index` reads all but the archive; `bytes` also the archive,
 * every hash and the place of every object; `objects` also that each is the object it should be.
 */
export type VerifyLevel = "index" | "bytes" | "objects";

export interface Damage {
  /** Relative to the backup's folder. */
  readonly file: string;
  /** `deployments.apps shop/web`; absent when the whole file is meant. */
  readonly object?: string;
  readonly problem: string;
  /** Of an object: its own bytes still match their hash, though what is around them is damaged. */
  readonly stillReadable?: boolean;
}

/** What was checked and what is wrong. Data only: whoever shows it makes the sentences. */
export interface VerifyReport {
  readonly name: string;
  readonly level: VerifyLevel;
  /** False: another tool's backup, which has no hashes to compare with. */
  readonly hasManifest: boolean;
  /** True when there is no damage. */
  readonly ok: boolean;
  readonly checked: VerifyCounts;
  readonly damages: readonly Damage[];
  /** Damages beyond those listed. */
  readonly moreDamages: number;
  /** Objects among the damages, listed or not. */
  readonly objectsLost: number;
  readonly objectsStillReadable: number;
  /**
   * Where seal, manifest or index is damaged, so that lost objects cannot be counted: whether a
   * restore that allows damage can read the archive all the same.
   */
  readonly salvageable?: boolean;
  /** What was drawn, where a sample was asked for. */
  readonly sample?: DrawnSample;
  /** What the level, the sample or the kind of backup left out, one sentence each. */
  readonly notChecked: readonly string[];
  /** Not damage, and worth knowing. */
  readonly notes: readonly string[];
}

/** Which share of the archive was read: slice `slice` (from 1) of `slices` equal ones. */
export interface DrawnSample {
  readonly slice: number;
  readonly slices: number;
  readonly members: number;
  readonly ofMembers: number;
}

export interface VerifyCounts {
  readonly files: number;
  readonly objects: number;
  /** As stored, compressed. */
  readonly bytes: number;
}

/** Damages listed one by one; a ruined archive of a million objects must not fill memory. */
export const maxListedDamages = 10_000;

/** Collects a report while a verification goes on. */
export interface VerifyTally {
  damage(damage: Damage): void;
  notChecked(sentence: string): void;
  note(sentence: string): void;
  drawn(sample: DrawnSample): void;
  salvageable(is: boolean): void;
  count(more: Partial<VerifyCounts>): void;
  counts(): VerifyCounts;
  toReport(facts: Pick<VerifyReport, "name" | "level" | "hasManifest">): VerifyReport;
}

export function createVerifyTally(onProgress?: (counts: VerifyCounts) => void): VerifyTally {
  const damages: Damage[] = [];
  const notChecked: string[] = [];
  const notes: string[] = [];
  const total = { damages: 0, lost: 0, stillReadable: 0 };
  let sample: DrawnSample | undefined;
  let salvageable: boolean | undefined;
  let counts: VerifyCounts = { files: 0, objects: 0, bytes: 0 };
  return {
    damage(damage) {
      total.damages += 1;
      if (damage.object !== undefined) {
        total[damage.stillReadable === true ? "stillReadable" : "lost"] += 1;
      }
      if (damages.length < maxListedDamages) damages.push(damage);
    },
    notChecked: (sentence) => void notChecked.push(sentence),
    note: (sentence) => void notes.push(sentence),
    drawn(one) {
      sample = one;
    },
    salvageable(is) {
      salvageable = is;
    },
    count({ files = 0, objects = 0, bytes = 0 }) {
      counts = {
        files: counts.files + files,
        objects: counts.objects + objects,
        bytes: counts.bytes + bytes,
      };
      onProgress?.(counts);
    },
    counts: () => counts,
    toReport: (facts) => ({
      ...facts,
      ok: total.damages === 0,
      checked: counts,
      damages,
      moreDamages: total.damages - damages.length,
      objectsLost: total.lost,
      objectsStillReadable: total.stillReadable,
      ...(salvageable !== undefined && { salvageable }),
      ...(sample !== undefined && { sample }),
      notChecked,
      notes,
    }),
  };
}

/** Whether it says that the archive of the backup, and with it every object, is gone. */
export function isLostArchive({ file, object, problem }: Damage, name: string): boolean {
  return object === undefined && file === `${name}.tar.gz` && problem === "it is missing";
}
