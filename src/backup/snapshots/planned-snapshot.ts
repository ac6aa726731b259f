import {
  type ClassChoice,
  chooseSnapshotClass,
  type SnapshotClass,
} from "../../domain/volumes/csi/snapshot-class.ts";
import type { VolumeDecision } from "../../domain/volumes/volume-decision.ts";
import type { ClaimFacts, PersistentVolumeFacts } from "../../domain/volumes/volume-facts.ts";

/** A claim of which a snapshot is to be taken. */
export interface PlannedSnapshot {
  /** `namespace/name`. */
  readonly key: string;
  readonly claim: ClaimFacts;
  readonly volume: PersistentVolumeFacts;
  readonly driver: string;
  readonly className: string;
}

export interface SnapshotPlan {
  readonly planned: readonly PlannedSnapshot[];
  /** Why there is none of a claim that should have one, by its key; clauses. */
  readonly refused: ReadonlyMap<string, string>;
  /** Those of the refused whose driver has no snapshot class. */
  readonly classless: ReadonlySet<string>;
  /** Of classes that were asked for in vain. */
  readonly notes: readonly { readonly claim: ClaimFacts; readonly text: string }[];
}

export interface SnapshotPlanInput {
  readonly decisions: readonly VolumeDecision[];
  readonly claims: ReadonlyMap<string, ClaimFacts>;
  /** By name. */
  readonly volumes: ReadonlyMap<string, PersistentVolumeFacts>;
  /** A text: why they are not known; a clause. */
  readonly classes: readonly SnapshotClass[] | string;
  readonly backupAnnotations: Readonly<Record<string, string>>;
}

type Decisions = Pick<SnapshotPlanInput, "decisions">;

const subjectsOf = ({ decisions }: Decisions) =>
  decisions.flatMap(({ subject, outcome }) =>
    outcome.state === "protected" && outcome.method === "csi-snapshot" && subject.kind === "claim"
      ? [subject]
      : [],
  );

/** Whether any claim is to have one, so that classes are needed. */
export function wantsSnapshots(input: Decisions): boolean {
  return subjectsOf(input).length > 0;
}

/** Of the claims that are to have a CSI snapshot: which class each gets, or why it gets none. */
export function planSnapshots(input: SnapshotPlanInput): SnapshotPlan {
  const planned: PlannedSnapshot[] = [];
  const refused = new Map<string, string>();
  const classless = new Set<string>();
  const notes: { claim: ClaimFacts; text: string }[] = [];
  for (const subject of subjectsOf(input)) {
    const key = `${subject.namespace}/${subject.name}`;
    const claim = input.claims.get(key);
    const volume = input.volumes.get(subject.volume ?? "");
    const driver = volume?.source.csi?.driver;
    if (claim === undefined || volume === undefined || driver === undefined) {
      refused.set(key, "its claim or volume is not known any more");
      continue;
    }
    if (typeof input.classes === "string") {
      refused.set(key, input.classes);
      continue;
    }
    const {
      chosen,
      why,
      isClassless,
      notes: texts,
    }: ClassChoice = chooseSnapshotClass(input.classes, {
      driver,
      ofClaim: claim.snapshotClass,
      backupAnnotations: input.backupAnnotations,
    });
    notes.push(...texts.map((text) => ({ claim, text })));
    if (isClassless === true) classless.add(key);
    if (chosen === undefined) refused.set(key, why ?? "it has no snapshot class");
    else planned.push({ key, claim, volume, driver, className: chosen.name });
  }
  return { planned, refused, classless, notes };
}
