/** How the data of a volume is protected. */
export type VolumeMethod =
  | "fs-backup"
  | "csi-snapshot"
  | "data-mover"
  | "native-snapshot"
  /** Left to a plugin that reads the policy's parameters. */
  | "custom";

/** What a decision is about. */
export type VolumeSubject =
  | {
      readonly kind: "claim";
      readonly namespace: string;
      readonly name: string;
      /** Its persistent volume, when it has one. */
      readonly volume?: string;
    }
  /** A volume that is not of a claim. */
  | {
      readonly kind: "pod-volume";
      readonly namespace: string;
      readonly pod: string;
      readonly volume: string;
    }
  /** A persistent volume without a claim in the backup. */
  | { readonly kind: "persistent-volume"; readonly name: string };

export type VolumeOutcome =
  | {
      readonly state: "protected";
      readonly method: VolumeMethod;
      /** With fs-backup: the pod that has the volume mounted, and what it calls it. */
      readonly through?: { readonly pod: string; readonly volume: string };
    }
  /** Somebody said that it is not to be protected, or it has nothing to outlive its pod. */
  | { readonly state: "left-out" }
  /** Nothing protects it. */
  | { readonly state: "unprotected" };

/** What decided, in the order of authority (velero-features 3.7). */
export type DecidedBy = "filter" | "policy" | "annotation" | "flag" | "default" | "volume";

export interface VolumeReason {
  readonly by: DecidedBy;
  /** A clause that can stand behind a colon. */
  readonly text: string;
  /** With `policy`: the index of the rule in `volumePolicies`. */
  readonly rule?: number;
}

/** Serialisable. */
export interface VolumeDecision {
  readonly subject: VolumeSubject;
  readonly outcome: VolumeOutcome;
  readonly reason: VolumeReason;
}

/** `claim shop/data`, `volume cache of pod shop/web-0`, `persistent volume pv-1`. */
export function subjectText(subject: VolumeSubject): string {
  switch (subject.kind) {
    case "claim":
      return `claim ${subject.namespace}/${subject.name}`;
    case "pod-volume":
      return `volume ${subject.volume} of pod ${subject.namespace}/${subject.pod}`;
    case "persistent-volume":
      return `persistent volume ${subject.name}`;
  }
}
