import {
  subjectText,
  type VolumeDecision,
  type VolumeMethod,
  type VolumeOutcome,
  type VolumeReason,
  type VolumeSubject,
} from "./volume-decision.ts";

/** One volume in the coverage report. */
export interface CoveredVolume {
  readonly subject: VolumeSubject;
  /** `claim shop/data`. */
  readonly what: string;
  /** Why it stands where it stands: `csi-snapshot: volumePolicies[0] (…)`. */
  readonly why: string;
  readonly reason: VolumeReason;
  /** What was decided, carried out or not. */
  readonly decided?: VolumeMethod;
}

/** Every volume is in exactly one of the three lists, in the order of the decisions. */
export interface Coverage {
  readonly protected: readonly (CoveredVolume & { readonly method: VolumeMethod })[];
  readonly leftOut: readonly CoveredVolume[];
  readonly unprotected: readonly CoveredVolume[];
}

const methodNames: Readonly<Record<VolumeMethod, string>> = {
  "fs-backup": "file-system backup",
  "csi-snapshot": "CSI snapshot",
  "data-mover": "CSI snapshot that is moved to the location",
  "native-snapshot": "snapshot by a volume snapshotter",
  custom: "a plugin of its own",
};

/**
 * What came of the decisions. A volume whose method was not carried out is unprotected,
 * whatever was decided: `carriedOut` names the methods that this run has, and `failureOf` says why
 * one of those did not come about.
 */
export function coverageOf(
  decisions: readonly VolumeDecision[],
  carriedOut: ReadonlySet<VolumeMethod>,
  failureOf: (subject: VolumeSubject, method: VolumeMethod) => string | undefined = () => undefined,
): Coverage {
  const covered: (CoveredVolume & { readonly method: VolumeMethod })[] = [];
  const leftOut: CoveredVolume[] = [];
  const unprotected: CoveredVolume[] = [];
  for (const { subject, outcome, reason } of decisions) {
    const volume = { subject, what: subjectText(subject), why: reason.text, reason };
    if (outcome.state === "left-out") leftOut.push(volume);
    else if (outcome.state === "unprotected") unprotected.push(volume);
    else if (carriedOut.has(outcome.method)) {
      const failure = failureOf(subject, outcome.method);
      const why = `${methodText(outcome)}: ${reason.text}`;
      if (failure !== undefined) {
        unprotected.push({ ...volume, why: `${failure} (${why})`, decided: outcome.method });
        continue;
      }
      covered.push({ ...volume, why, method: outcome.method, decided: outcome.method });
    } else {
      const why = `this version does not carry out what was decided, ${methodText(outcome)}: ${reason.text}`;
      unprotected.push({ ...volume, why, decided: outcome.method });
    }
  }
  return { protected: covered, leftOut, unprotected };
}

function methodText(outcome: Extract<VolumeOutcome, { readonly state: "protected" }>): string {
  const { method, through } = outcome;
  return through === undefined
    ? methodNames[method]
    : `${methodNames[method]} through pod ${through.pod}`;
}
