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
    takenAdvice: (name) =>
      `choose another name, or remove its record with: ark-ts restore delete ${name}`,
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
