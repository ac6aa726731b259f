import { createHash } from "node:crypto";
import type { Restore } from "../../api/restore.ts";
import type { NameScope } from "../../catalog/name-claim.ts";
import { readRestore } from "../../catalog/read-restore.ts";
import { restoreRecords } from "../../catalog/restore-records.ts";
import { hasCode } from "../../lib/errors.ts";
import type { ObjectStore } from "../../ports/object-store.ts";

/**
 * Names of restores; `ark-restore.json` is what finishes one. It lies in `location`, wherever the
 * records of who runs the restore are.
 */
export function restoreNames(location: ObjectStore): NameScope<Restore> {
  return {
    ...restoreRecords,
    activity: "run",
    besideSpec: "labels or annotations",
    takenAdvice: takenRestoreAdvice,
    async findDone(name, _records, signal) {
      try {
        const done = await readRestore(location, name, { signal });
        return { done, runUid: done.metadata.uid };
      } catch (thrown) {
        if (hasCode(thrown, "ARK_RESTORE_NOT_FOUND")) return undefined;
        throw thrown;
      }
    },
  };
}

/** What to do in place of a second restore of a name, by what its user may have been after. */
export function takenRestoreAdvice(name: string): string {
  return `to go on with what it left undone, choose another name: what is restored already is left as it is; to take back what it did: ark-ts restore undo ${name}; ark-ts restore delete ${name} removes its record, and then it cannot be undone any more`;
}

/** Of what a request has beside its spec. */
export function restoreRequestDigest(request: {
  readonly labels?: object;
  readonly annotations?: object;
  readonly stampLabels?: boolean;
  readonly allowDamaged?: boolean;
  readonly versionPriorities?: object;
}): string {
  const { labels = {}, annotations = {}, stampLabels = false, allowDamaged = false } = request;
  const { versionPriorities } = request;
  const text = JSON.stringify({
    ...{ labels, annotations, stampLabels, allowDamaged, versionPriorities },
  });
  return createHash("sha256").update(text).digest("hex");
}
