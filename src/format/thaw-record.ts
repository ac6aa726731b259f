import { createShape, parseJson } from "./json-shape.ts";
import { isResourceName } from "./keys.ts";
import { checkOwner, type RecordedOwner } from "./owner-check.ts";

/** A post hook that is owed to a pod. */
export interface OwedThaw {
  readonly namespace: string;
  readonly pod: string;
  /** Of the pod that was frozen: another one of its name is not. */
  readonly uid: string;
  readonly container: string;
  readonly command: readonly string[];
  readonly timeoutMs: number;
}

/**
 * `metadata/ark-ts/runs/<uid>/thaw-<n>`: put before the first pre hook of a block of pods, removed
 * when all its post hooks have ended well; docs/format.md specifies it.
 */
export interface ThawRecord {
  readonly backup: string;
  readonly clusterId: string;
  /** The process that froze them. */
  readonly owner: RecordedOwner;
  /** Since when the pods may be frozen; RFC 3339. */
  readonly since: string;
  /** How often paying was tried. */
  readonly attempts: number;
  /** Why the last attempt failed. */
  readonly lastError?: string;
  readonly thaws: readonly OwedThaw[];
}

export const maxThawRecordBytes = 4 * 1024 * 1024;
const maxThaws = 10_000;
const maxWords = 10_000;
const maxWordLength = 1024 * 1024;

export function encodeThawRecord(record: ThawRecord): Buffer {
  return Buffer.from(`${JSON.stringify(record, null, 2)}\n`);
}

/** Errors: ARK_BACKUP_DAMAGED. */
export function decodeThawRecord(bytes: Uint8Array, key: string): ThawRecord {
  const subject = `the record of post hooks ${key}`;
  const shape = createShape("ARK_BACKUP_DAMAGED", subject);
  const record = shape.record(parseJson(bytes, "ARK_BACKUP_DAMAGED", subject), "it");
  const lastError = record["lastError"];
  // They come into sentences on a terminal.
  const nameAt = (value: unknown, where: string): string => {
    const name = shape.text(value, where, 253);
    if (isResourceName(name)) return name;
    throw shape.fail(where, "has a name that Kubernetes does not allow");
  };
  const timeAt = (value: unknown): string => {
    const since = shape.text(value, "since", 64);
    if (/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(since)) return since;
    throw shape.fail("since", "is no time of RFC 3339");
  };
  return {
    backup: nameAt(record["backup"], "backup"),
    clusterId: shape.text(record["clusterId"], "clusterId", 128),
    owner: checkOwner(record["owner"], shape),
    since: timeAt(record["since"]),
    attempts: shape.count(record["attempts"], "attempts"),
    ...(lastError === undefined ? {} : { lastError: shape.text(lastError, "lastError", 65_536) }),
    thaws: shape.list(record["thaws"], "thaws", maxThaws, (one, where) => {
      const thaw = shape.record(one, where);
      return {
        namespace: nameAt(thaw["namespace"], where),
        pod: nameAt(thaw["pod"], where),
        uid: shape.text(thaw["uid"], where, 128),
        container: nameAt(thaw["container"], where),
        command: shape.list(thaw["command"], where, maxWords, (word, at) =>
          shape.text(word, at, maxWordLength),
        ),
        timeoutMs: shape.count(thaw["timeoutMs"], where),
      };
    }),
  };
}
