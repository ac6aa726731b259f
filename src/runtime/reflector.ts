import type { RawObject } from "../api/raw-object.ts";
import { groupResource } from "../api/resource-kind.ts";
import { backoffMs } from "../lib/backoff.ts";
import { ArkError, toArkError } from "../lib/errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { ClusterReader } from "../ports/cluster.ts";
import type { ClusterWatcher } from "../ports/cluster-watch.ts";
import type { Log } from "../ports/log.ts";
import { askedPauseMs } from "./asked-pause.ts";
import { listAll, type Scope } from "./list-all.ts";
import type { Kept, ObjectCache } from "./object-cache.ts";
import { type ObjectKey, objectKey } from "./object-key.ts";
import { pause } from "./pause.ts";
import { createSilenceAlarm } from "./silence-alarm.ts";

export interface ReflectorPorts {
  readonly cluster: Pick<ClusterReader, "list"> & ClusterWatcher;
  readonly clock: Clock;
  readonly log: Log;
}

export interface ReflectorTarget<T> extends Scope {
  /**
   * What is kept of an object; undefined keeps nothing of it. The bytes belong to a larger buffer:
   * take values out of them, never parts of them.
   */
  readonly keep: (object: RawObject) => T | undefined;
  /** Objects in a page of a list. Default 500. */
  readonly pageSize?: number;
  /**
   * A watch (or list) that is silent for so long is dropped, and the kind listed anew. Default
   * 150,000: the API server sends a bookmark each minute. Where it sends none this is how often a
   * kind in which nothing happens is listed.
   */
  readonly silenceMs?: number;
}

/** How things stand between the cache and the server. */
export interface ReflectorState {
  /** Whether the cache has been whole once. It then stays as last known while the server is away. */
  synced: boolean;
  /** Why the cache is not following at the moment; undefined while it is. */
  error: ArkError | undefined;
}

const defaultPageSize = 500;
const defaultSilenceMs = 150_000;

/** Watches are renewed after 4 to 6 minutes, not all at the same time. */
const watchSeconds = { least: 240, spread: 120 };

/** As long as the API server is away: half a second at first, then up to half a minute. */
const retryPause = { baseMs: 500, capMs: 30_000 };

/** A watch that ended sooner counts as a failure, or a server that ends each at once is hammered. */
const shortWatchMs = 1_000;

/** Where the reflector is between two attempts. */
interface Course {
  /** What has been seen up to; undefined: list first. */
  revision: string | undefined;
  /** Attempts since the server was last heard of. */
  failures: number;
  /** After an expired page: all in one page, which cannot expire. */
  unpaged: boolean;
}

/**
 * Keeps `cache` equal to what the cluster holds: list, watch from the list's revision, watch again
 * from the last event or bookmark. Ends when `signal` aborts, and never by an error: whatever
 * fails is tried again. What could hide a change from it leads to a new list: a revision that is
 * compacted (410), a watch that is silent, a server that sends nonsense twice.
 */
export async function reflect<T>(
  ports: ReflectorPorts,
  target: ReflectorTarget<T>,
  cache: ObjectCache<T>,
  state: ReflectorState,
  signal: AbortSignal,
): Promise<void> {
  const { clock, log } = ports;
  const course: Course = { revision: undefined, failures: 0, unpaged: false };
  while (!signal.aborted) {
    try {
      course.revision ??= await relist(ports, target, cache, course, signal);
      state.synced = true;
      await follow(ports, target, cache, { course, state }, signal);
    } catch (thrown) {
      if (signal.aborted) return;
      state.error = toArkError(thrown);
      course.failures += 1;
      setCourse(course, state.error);
      if (course.failures === 1) {
        const kind = groupResource(target.kind);
        log.write("warn", "watch interrupted", { kind, error: state.error });
      }
    }
    if (course.failures === 0) continue;
    const waitMs = backoffMs(retryPause, course.failures, clock.random());
    const askedMs = askedPauseMs(state.error, retryPause.capMs);
    await pause(clock, Math.max(waitMs, askedMs), signal);
  }
}

/** All that is there, at one revision, into the cache; answers that revision. */
async function relist<T>(
  { cluster, clock }: ReflectorPorts,
  target: ReflectorTarget<T>,
  cache: ObjectCache<T>,
  course: Course,
  signal: AbortSignal,
): Promise<string> {
  const { keep, pageSize = defaultPageSize, silenceMs = defaultSilenceMs, ...scope } = target;
  const alarm = createSilenceAlarm(clock, silenceMs, signal, () => silent("list", target));
  const content = new Map<ObjectKey, Kept<T>>();
  const take = (object: RawObject): void => {
    alarm.heard();
    const value = keep(object);
    if (value === undefined) return;
    content.set(objectKey(object), { resourceVersion: object.resourceVersion, value });
  };
  const limit = course.unpaged ? 0 : pageSize;
  try {
    const revision = await listAll(cluster, scope, limit, take, alarm.signal);
    course.unpaged = false;
    cache.replace(content);
    return revision;
  } finally {
    alarm.stop();
  }
}

/** One watch from where the course stands, which moves with each event. */
async function follow<T>(
  { cluster, clock }: ReflectorPorts,
  target: ReflectorTarget<T>,
  cache: ObjectCache<T>,
  { course, state }: { readonly course: Course; readonly state: ReflectorState },
  signal: AbortSignal,
): Promise<void> {
  const { keep, pageSize: _, silenceMs = defaultSilenceMs, ...scope } = target;
  const startMs = clock.monotonicMs();
  const timeoutSeconds = Math.round(watchSeconds.least + watchSeconds.spread * clock.random());
  const alarm = createSilenceAlarm(clock, silenceMs, signal, () => silent("watch", target));
  try {
    const request = { ...scope, resourceVersion: course.revision ?? "", timeoutSeconds };
    const batches = await cluster.watch(request, { signal: alarm.signal });
    state.error = undefined;
    for await (const batch of batches) {
      alarm.heard();
      for (const event of batch) {
        if (event.type === "BOOKMARK") {
          course.revision = event.resourceVersion;
          continue;
        }
        const { object } = event;
        const value = event.type === "DELETED" ? undefined : keep(object);
        const { resourceVersion } = object;
        cache.put(objectKey(object), value === undefined ? undefined : { resourceVersion, value });
        course.revision = resourceVersion;
      }
      course.failures = 0;
    }
  } finally {
    alarm.stop();
  }
  course.failures = clock.monotonicMs() - startMs < shortWatchMs ? course.failures + 1 : 0;
}

/** Whether what was seen so far is still worth anything after this error. */
function setCourse(course: Course, error: ArkError): void {
  if (error.code === "ARK_API_GONE") {
    // In the middle of a list: pages that expire before they are read will do so again.
    course.unpaged = course.revision === undefined;
    course.revision = undefined;
    return;
  }
  const repeated = error.code === "ARK_API_PROTOCOL" && course.failures > 1;
  if (repeated || distrusted.has(error.code)) course.revision = undefined;
}

/** The server that says this may not be where it was, or nothing may be there any more. */
const distrusted: ReadonlySet<string> = new Set([
  ...["ARK_WATCH_SILENT", "ARK_API_NOT_FOUND", "ARK_API_FORBIDDEN", "ARK_UNEXPECTED"],
]);

function silent<T>(verb: "list" | "watch", target: ReflectorTarget<T>): ArkError {
  const { kind, silenceMs = defaultSilenceMs } = target;
  const what = `${verb} ${groupResource(kind)}`;
  return new ArkError(
    "ARK_WATCH_SILENT",
    `cannot ${what}: the API server has been silent for ${silenceMs / 1000} s`,
    {
      tried: what,
      advice: "The connection is taken for dead, and the kind is listed anew.",
      disposition: "retry",
    },
  );
}
