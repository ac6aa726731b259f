import type { OwnerReference } from "../../api/owner-reference.ts";
import { apiVersion, type ResourceKind } from "../../api/resource-kind.ts";
import type { OpenedBackup } from "../../catalog/opened-backup.ts";
import { endsTheRun } from "../../domain/restore/retry.ts";
import type { IndexLine } from "../../format/index-line.ts";
import { toArkError } from "../../lib/errors.ts";
import { findLines } from "../actions/line-finder.ts";
import { objectKey } from "../apply/object-key.ts";
import type { TargetName } from "../report/tally.ts";
import type { RestorePorts } from "../restore-request.ts";
import type { NamedObject } from "../survey/read-named.ts";
import type { TargetKinds } from "../survey/target-kinds.ts";

export interface LiveOwner {
  readonly uid: string;
  readonly terminating: boolean;
}

/** As what an object of the backup is to stand in the target. */
export interface MeantPlace {
  readonly resource: string;
  readonly target: TargetName;
}

/** What is known of owners while objects are decided on, before any owner is given back. */
export interface OwnerLookup {
  /** By the uid that an owner has in the backup. */
  inBackup(uid: string, signal: AbortSignal): Promise<IndexLine | undefined>;
  /** What stands there; one that is there is asked for once. Undefined: nothing, or it may not be seen. */
  live(owner: NamedObject, signal: AbortSignal): Promise<LiveOwner | undefined>;
  /** By uid in the backup, of owners that had to be read for it; undefined: they are not restored. */
  readonly meant: Map<string, Promise<MeantPlace | undefined>>;
  /** True once the run may have made controllers in a namespace that it made. */
  controllersMayStand: boolean;
}

export interface LookupInput {
  readonly backup: Pick<OpenedBackup, "index">;
  readonly ports: Pick<RestorePorts, "cluster">;
}

export function createOwnerLookup({ backup, ports }: LookupInput): OwnerLookup {
  const lines = findLines(backup, ({ uid }) => uid);
  const known = new Map<string, Promise<IndexLine | undefined>>();
  const seen = new Map<string, Promise<LiveOwner | undefined>>();
  const look = async (owner: NamedObject, signal: AbortSignal): Promise<LiveOwner | undefined> => {
    try {
      return await ports.cluster.get(owner, { signal });
    } catch (thrown) {
      signal.throwIfAborted();
      if (endsTheRun(toArkError(thrown).code)) throw thrown;
      return undefined;
    }
  };
  return {
    controllersMayStand: false,
    meant: new Map(),
    inBackup(uid, signal) {
      const found = known.get(uid) ?? lines(uid, signal);
      known.set(uid, found);
      return found;
    },
    async live(owner, signal) {
      const key = objectKey(
        `${owner.kind.resource}.${owner.kind.group}`,
        owner.namespace,
        owner.name,
      );
      const asked = seen.get(key) ?? look(owner, signal);
      seen.set(key, asked);
      const found = await asked;
      // It may come.
      if (found === undefined) seen.delete(key);
      return found && { uid: found.uid, terminating: found.terminating };
    },
  };
}

/** The kind that a reference names, as it is served here. */
export function kindOfOwner(
  { served }: Pick<TargetKinds, "served">,
  owner: OwnerReference,
): ResourceKind | undefined {
  return served.find((kind) => kind.kind === owner.kind && apiVersion(kind) === owner.apiVersion);
}
