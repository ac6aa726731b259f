/** A VolumeSnapshot that a backup run made, or a content that is left of one. */
export interface SnapshotTrace {
  readonly namespace: string;
  readonly name: string;
  /** Whether there is a VolumeSnapshot of that name still. */
  readonly hasSnapshot: boolean;
  /** Name of the content; empty: none is bound. */
  readonly content: string;
  readonly driver: string;
  /** By which the storage knows it; empty: it has cut none. */
  readonly handle: string;
  /** It is a group: VolumeGroupSnapshot and content, with all snapshots that were cut with it. */
  readonly isGroup?: true;
  /** Values of its labels, which are cut where they would be too long. */
  readonly backup: string;
  readonly runUid: string;
  /** RFC 3339. */
  readonly createdAt: string;
  /** Marks; empty: it has none. */
  readonly clusterId: string;
  readonly locationId: string;
  readonly place: string;
}

/** What a location has of a run. */
export interface KnownRun {
  readonly backup: string;
  /** `open`: it died, or goes on where nobody here can see it. */
  readonly state: "sealed" | "running" | "open";
}

export interface TraceQuestion {
  /** Id of this cluster. */
  readonly clusterId: string;
  /** Undefined: the location has none, and nothing was ever made for it. */
  readonly locationId: string | undefined;
  /** By uid, as a label has it. */
  readonly runs: ReadonlyMap<string, KnownRun>;
  /** Name of the backup that owns a snapshot, by driver and handle. */
  readonly owners: ReadonlyMap<string, string>;
  /** Backups of which nobody can say which snapshots they own. */
  readonly unread: readonly string[];
}

/**
 * What a trace is:
 *
 * - `in-use`: a run goes on, or may.
 * - `interrupted`: its run died, and can be continued or discarded.
 * - `released`: a backup owns what the storage holds; the objects in the cluster are left over.
 * - `orphan`: neither run nor backup has it.
 * - `other-location`, `other-cluster`: that is not to be told here.
 * - `unclear`: a backup that cannot be read may own it.
 */
export type TraceState =
  | "in-use"
  | "interrupted"
  | "released"
  | "orphan"
  | "other-location"
  | "other-cluster"
  | "unclear";

export interface TraceVerdict {
  readonly state: TraceState;
  /** A clause. */
  readonly reason: string;
}

export const ownerKey = (driver: string, handle: string): string => `${driver}/${handle}`;

/** Whether it may be removed: its objects where it is released, what the storage holds too else. */
export function isRemovable({ state }: TraceVerdict): boolean {
  return state === "orphan" || state === "released";
}

export function judgeTrace(trace: SnapshotTrace, question: TraceQuestion): TraceVerdict {
  const { backup, clusterId, locationId, place } = trace;
  const { runs, owners, unread } = question;
  if (clusterId !== question.clusterId) {
    const whose = clusterId === "" ? "it does not say in which" : `in ${clusterId}`;
    return { state: "other-cluster", reason: `it was not made in this cluster (${whose})` };
  }
  if (locationId === "" || locationId !== question.locationId) {
    const where = place === "" ? "another location" : place;
    return { state: "other-location", reason: `it was made for a backup in ${where}` };
  }
  const owner = trace.handle === "" ? undefined : owners.get(ownerKey(trace.driver, trace.handle));
  if (owner !== undefined) {
    return { state: "released", reason: `backup ${owner} owns it; its objects are left over` };
  }
  const run = runs.get(trace.runUid);
  if (run?.state === "running") {
    return { state: "in-use", reason: `the run of backup ${run.backup} goes on` };
  }
  if (run?.state === "open") {
    const how = `continue it, or: ark-ts backup discard ${run.backup}`;
    return { state: "interrupted", reason: `the run of backup ${run.backup} did not end: ${how}` };
  }
  if (unread.length > 0) {
    const reason = `backups that cannot be read may own it: ${unread.join(", ")}`;
    return { state: "unclear", reason };
  }
  return run === undefined
    ? { state: "orphan", reason: `there is no backup ${backup} of its run any more` }
    : { state: "orphan", reason: `backup ${run.backup} does not own it` };
}
