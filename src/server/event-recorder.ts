import { kubeTime } from "../api/kube-time.ts";
import type { ObjectMeta } from "../api/object-meta.ts";
import type { ResourceKind } from "../api/resource-kind.ts";
import type { EventRecorder } from "../controllers/controller-context.ts";
import { hasCode, toArkError } from "../lib/errors.ts";
import { jsonBytes } from "../lib/json-text.ts";
import type { Clock } from "../ports/clock.ts";
import type { ClusterWriter } from "../ports/cluster.ts";
import type { Log } from "../ports/log.ts";
import type { Life, Runnable } from "../runtime/life.ts";

const eventKind: ResourceKind = {
  group: "",
  version: "v1",
  resource: "events",
  kind: "Event",
  namespaced: true,
  verbs: ["create", "patch"],
  singular: "event",
  shortNames: ["ev"],
  categories: [],
  preferred: true,
  subresources: [],
};

/** More that wait are dropped, the oldest first: events are a courtesy. */
const maxWaiting = 500;
/** Written events that are counted on when they come again; older ones begin anew. */
const maxRemembered = 1_000;
/** The API server takes 1,024 bytes. */
const maxMessageLength = 1_000;

interface Waiting {
  readonly about: {
    readonly kind: string;
    readonly apiVersion: string;
    readonly metadata: ObjectMeta;
  };
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
  /** How often since it was written last. */
  times: number;
  readonly since: Date;
}

interface Written {
  readonly name: string;
  count: number;
}

export interface EventPorts {
  readonly cluster: Pick<ClusterWriter, "create" | "patch">;
  readonly clock: Clock;
  readonly log: Log;
  /** Of this process. */
  readonly identity: string;
}

/** Events of core/v1, and the part that writes them, one at a time. */
export function createEventRecorder(
  ports: EventPorts,
): EventRecorder & { readonly runnable: Runnable } {
  const waiting = new Map<string, Waiting>();
  const written = new Map<string, Written>();
  let wake: () => void = () => undefined;
  return {
    record({ kind, apiVersion, metadata }, { type, reason, message: whole }) {
      const message = whole.slice(0, maxMessageLength);
      const key = JSON.stringify([metadata.uid ?? metadata.name, kind, type, reason, message]);
      const same = waiting.get(key);
      if (same !== undefined) {
        same.times += 1;
        return;
      }
      const [oldest] = waiting.keys();
      if (waiting.size >= maxWaiting && oldest !== undefined) waiting.delete(oldest);
      const about = { kind, apiVersion, metadata };
      waiting.set(key, { about, type, reason, message, times: 1, since: ports.clock.now() });
      wake();
    },
    runnable: {
      name: "events",
      async run(life, ready) {
        ready();
        const stopped = (): void => wake();
        life.stop.addEventListener("abort", stopped, { once: true });
        while (!life.abort.aborted) {
          const [next] = waiting;
          if (next !== undefined) await writeNext(ports, { waiting, written }, next, life);
          else if (life.stop.aborted) return;
          else await new Promise<void>((resolve) => (wake = resolve));
        }
      },
    },
  };
}

interface Books {
  readonly waiting: Map<string, Waiting>;
  readonly written: Map<string, Written>;
}

async function writeNext(
  ports: EventPorts,
  { waiting, written }: Books,
  [key, event]: readonly [string, Waiting],
  { abort: signal }: Life,
): Promise<void> {
  waiting.delete(key);
  try {
    const known = written.get(key);
    written.delete(key);
    const again = known === undefined ? undefined : await countOn(ports, event, known, signal);
    written.set(key, again ?? (await create(ports, event, signal)));
    const [oldest] = written.keys();
    if (written.size > maxRemembered && oldest !== undefined) written.delete(oldest);
  } catch (thrown) {
    if (signal.aborted) return;
    const { reason } = event;
    ports.log.write("debug", "event not written", { reason, error: toArkError(thrown) });
  }
}

/** Undefined: it is there no longer; the API server keeps events for an hour. */
async function countOn(
  { cluster, clock }: EventPorts,
  event: Waiting,
  { name, count }: Written,
  signal: AbortSignal,
): Promise<Written | undefined> {
  const sum = count + event.times;
  const patch = { count: sum, lastTimestamp: kubeTime(clock.now()) };
  try {
    await cluster.patch(refOf(event, name), "merge", jsonBytes(patch), {
      signal,
    });
    return { name, count: sum };
  } catch (error) {
    if (hasCode(error, "ARK_API_NOT_FOUND")) return undefined;
    throw error;
  }
}

async function create(
  { cluster, clock, identity }: EventPorts,
  event: Waiting,
  signal: AbortSignal,
): Promise<Written> {
  const { kind, apiVersion, metadata } = event.about;
  const name = `${metadata.name.slice(0, 200)}.${clock.uuid()}`;
  const ref = refOf(event, name);
  const body = {
    kind: "Event",
    apiVersion: "v1",
    metadata: { name, namespace: ref.namespace },
    involvedObject: {
      kind,
      apiVersion,
      name: metadata.name,
      namespace: ref.namespace,
      uid: metadata.uid,
      resourceVersion: metadata.resourceVersion,
    },
    type: event.type,
    reason: event.reason,
    message: event.message,
    source: { component: "ark-ts" },
    reportingComponent: "ark-ts",
    reportingInstance: identity.slice(0, 128),
    firstTimestamp: kubeTime(event.since),
    lastTimestamp: kubeTime(clock.now()),
    count: event.times,
  };
  await cluster.create(ref, jsonBytes(body), { signal });
  return { name, count: event.times };
}

const refOf = ({ about }: Waiting, name: string) => ({
  kind: eventKind,
  namespace: about.metadata.namespace ?? "default",
  name,
});
