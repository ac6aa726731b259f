import { labelValue } from "../../label-value.ts";
import type { SnapshotTrace, TraceVerdict } from "./judge-trace.ts";

/** A content that a restore made of a stored snapshot, so that a claim could be made of it. */
export interface RestoredTrace extends SnapshotTrace {
  /** Name of the restore, as a label has it; empty: an ark-ts that wrote no marks made it. */
  readonly restore: string;
  /** Claims of its namespace that have its VolumeSnapshot as their source. */
  readonly claims: readonly { readonly name: string; readonly bound: boolean }[];
}

/** What a location, and this machine, have of restores. */
export interface KnownRestores {
  /** Those that have not ended, and whether they are known to go on. */
  readonly open: readonly { readonly name: string; readonly running: boolean }[];
  /** Those of which a record says that they have. */
  readonly ended: ReadonlySet<string>;
}

export interface RestoredQuestion {
  readonly clusterId: string;
  /** Undefined: the location has none. */
  readonly locationId: string | undefined;
  readonly restores: KnownRestores;
  readonly now: Date;
}

/** A restore makes the claim within moments: one without a record here is over after this. */
const claimFollowsMs = 60 * 60_000;

/**
 * What a restore has left is `released`: its objects may go, and what the storage holds stays,
 * whoever owns it. Only a claim that is not bound needs them, and a restore that may make that claim.
 */
export function judgeRestored(trace: RestoredTrace, question: RestoredQuestion): TraceVerdict {
  const { clusterId, locationId, restore, place, namespace, claims } = trace;
  if (clusterId !== "" && clusterId !== question.clusterId) {
    const reason = `it was not made in this cluster (in ${clusterId})`;
    return { state: "other-cluster", reason };
  }
  const waiting = claims.find(({ bound }) => !bound);
  if (waiting !== undefined) {
    return { state: "in-use", reason: `claim ${namespace}/${waiting.name} is made of it` };
  }
  if (locationId !== "" && locationId !== question.locationId) {
    const reason = `it was made by a restore from ${place === "" ? "another location" : place}`;
    return { state: "other-location", reason };
  }
  const needed = neededBy(trace, question);
  if (needed !== undefined) return needed;
  const who = restore === "" ? "a restore" : `restore ${restore}`;
  const [bound] = claims;
  const why =
    bound === undefined
      ? `no claim in ${namespace} is made of it`
      : `claim ${namespace}/${bound.name} has its volume`;
  return { state: "released", reason: `${who} left it: ${why}; the storage keeps its snapshot` };
}

function neededBy(
  { restore, createdAt }: RestoredTrace,
  { restores, now }: RestoredQuestion,
): TraceVerdict | undefined {
  const open =
    restore === ""
      ? restores.open
      : restores.open.filter(({ name }) => labelValue(name) === restore);
  const running = open.find((one) => one.running);
  if (running !== undefined) return { state: "in-use", reason: `restore ${running.name} goes on` };
  const [first] = open;
  if (first !== undefined) {
    const reason = `restore ${first.name} did not end: continue it, or: ark-ts restore discard ${first.name}`;
    return { state: "interrupted", reason };
  }
  const hasEnded = [...restores.ended].some((name) => labelValue(name) === restore);
  const ageMs = now.getTime() - Date.parse(createdAt);
  // Of an object that says no time nobody knows its age.
  if (hasEnded || ageMs >= claimFollowsMs) return undefined;
  return {
    state: "unclear",
    reason: "its restore has no record here, and may go on elsewhere: look again in an hour",
  };
}
