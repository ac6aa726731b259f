import assert from "node:assert/strict";
import { connectCluster } from "../../src/adapters/kube/connect-cluster.ts";
import { withFence } from "../../src/adapters/store/with-fence.ts";
import { withReadOnly } from "../../src/adapters/store/with-read-only.ts";
import type { BackupStorageLocationSpec } from "../../src/api/backup-storage-location.ts";
import {
  type CustomResource,
  type ResourceOf,
  resourceKindOf,
} from "../../src/api/custom-resource.ts";
import { toDefinition } from "../../src/api/custom-resource-definition.ts";
import { readResource } from "../../src/api/read-resource.ts";
import { veleroKinds } from "../../src/api/velero-kinds.ts";
import type { ControllerContext } from "../../src/controllers/controller-context.ts";
import { defaultSettings, type ServerSettings } from "../../src/controllers/server-settings.ts";
import { ArkError } from "../../src/lib/errors.ts";
import type { Cluster } from "../../src/ports/cluster.ts";
import type { Runnable } from "../../src/runtime/life.ts";
import { runManager } from "../../src/runtime/manager.ts";
import { openTerm } from "../../src/server/open-term.ts";
import { type ApiServer, type ApiServerOptions, createApiServer } from "./api-server/api-server.ts";
import type { JsonObject } from "./api-server/json.ts";
import { createMemoryStore, type MemoryStore } from "./memory-store.ts";
import { plainAccess } from "./plain-access.ts";
import { createVirtualClock, type VirtualClock } from "./virtual-clock.ts";

export const serverNamespace = "ark-ts";

/** An event that a controller recorded and that reached the API server. */
export interface SeenEvent {
  readonly about: string;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly count: number;
}

/** One leader's term over the in-memory API server and memory stores; time moves when told to. */
export interface ControllerWorld {
  readonly server: ApiServer;
  /** Without the fence: what a user does. */
  readonly cluster: Cluster;
  readonly clock: VirtualClock;
  readonly context: ControllerContext;
  /** `level message` of each log line. */
  readonly logged: readonly string[];
  /** The store of the location whose bucket has this name; one for all terms of the world. */
  store(bucket: string): MemoryStore;
  /** From now on the bucket cannot be opened or answers with this; undefined: as before. */
  breakStore(bucket: string, error: ArkError | undefined): void;
  /** A BackupStorageLocation in a bucket of its own name. */
  location(name: string, spec?: Partial<BackupStorageLocationSpec>): Promise<void>;
  /** Creates as a user would; `metadata.namespace` is the server's. Answers what stands then. */
  create<Kind extends CustomResource>(
    kind: Kind,
    name: string,
    object?: {
      readonly spec?: object;
      readonly status?: object;
      readonly labels?: Readonly<Record<string, string>>;
      readonly annotations?: Readonly<Record<string, string>>;
    },
  ): Promise<ResourceOf<Kind>>;
  /** As it stands in the API server. */
  get<Kind extends CustomResource>(kind: Kind, name: string): Promise<ResourceOf<Kind> | undefined>;
  /** The same; fails where it is not there. */
  demand<Kind extends CustomResource>(kind: Kind, name: string): Promise<ResourceOf<Kind>>;
  /** Merge patch, as a user's. */
  patch(kind: CustomResource, name: string, patch: object): Promise<void>;
  remove(kind: CustomResource, name: string): Promise<void>;
  /** Begins the parts of the term and these; ready when it returns. */
  start(create: (context: ControllerContext) => Runnable | readonly Runnable[]): Promise<void>;
  /** Moves time on until `holds` answers something; fails after `withinMs` (default 10 min). */
  until<T>(
    what: string,
    holds: () => Promise<T | undefined | false> | T | undefined | false,
    withinMs?: number,
  ): Promise<T>;
  events(): Promise<readonly SeenEvent[]>;
  /** The term is over, as when another replica has taken the Lease. */
  loseTerm(): void;
  /** Asks the parts to stop, waits until they have, and fails when one failed. */
  stop(): Promise<void>;
  /** The next leader: caches, stores and context anew over the same API server and buckets. */
  nextTerm(): Promise<ControllerWorld>;
}

export interface ControllerWorldOptions {
  readonly settings?: Partial<ServerSettings>;
  readonly api?: Omit<ApiServerOptions, "clock">;
  readonly startMs?: number;
  /** What stands beside the API server for the controllers, such as those of snapshots. */
  readonly wrapCluster?: (cluster: Cluster, clock: VirtualClock) => Cluster;
}

/** Kinds of velero.io and namespace `ark-ts` are there; nothing runs yet. */
export async function createControllerWorld(
  options: ControllerWorldOptions = {},
): Promise<ControllerWorld> {
  const { startMs } = options;
  const clock = createVirtualClock(startMs === undefined ? {} : { startMs });
  const server = createApiServer({ ...options.api, clock });
  for (const kind of veleroKinds) server.seed(toDefinition(kind) as unknown as JsonObject);
  server.seed({ kind: "Namespace", apiVersion: "v1", metadata: { name: serverNamespace } });
  return openWorld({ server, clock, options, stores: new Map(), broken: new Map(), epoch: 1 });
}

interface Ground {
  readonly server: ApiServer;
  readonly clock: VirtualClock;
  readonly options: ControllerWorldOptions;
  readonly stores: Map<string, MemoryStore>;
  readonly broken: Map<string, ArkError>;
  readonly epoch: number;
}

const signal = new AbortController().signal;

async function openWorld(ground: Ground): Promise<ControllerWorld> {
  const { server, clock, options, stores, broken, epoch } = ground;
  const cluster = connectCluster(plainAccess(server.dispatcher()), clock);
  const logged: string[] = [];
  const log = {
    write: (level: string, message: string, fields: Readonly<Record<string, unknown>> = {}) =>
      void logged.push(`${level} ${message}${tellError(fields["error"])}`),
  };
  const lost = new AbortController();
  const fence = (): void => lost.signal.throwIfAborted();
  const store = (bucket: string): MemoryStore => {
    const known = stores.get(bucket) ?? createMemoryStore({ now: () => clock.now() });
    stores.set(bucket, known);
    return known;
  };
  const { wrapCluster = (same: Cluster) => same } = options;
  const { context, runnables } = openTerm({
    cluster: wrapCluster(connectCluster(plainAccess(server.dispatcher()), clock), clock),
    runCluster: connectCluster(plainAccess(server.dispatcher()), clock),
    clusterId: "cluster-of-the-world",
    namespace: serverNamespace,
    term: { epoch, lost: lost.signal, fence },
    settings: { ...defaultSettings, ...options.settings },
    stores: {
      async open({ spec }) {
        const error = broken.get(spec.objectStorage.bucket);
        if (error !== undefined) throw error;
        const fenced = withFence(store(spec.objectStorage.bucket), { fence, lost: lost.signal });
        return spec.accessMode === "ReadOnly" ? withReadOnly(fenced) : fenced;
      },
    },
    owner: { host: `replica-${epoch}`, bootId: `boot-${epoch}`, pid: 1 },
    liveness: () => "unknown",
    identity: `replica-${epoch}`,
    engineVersion: "0.0.0-test",
    clock,
    log,
  });
  const [stop, abort] = [new AbortController(), new AbortController()];
  let running: Promise<unknown> = Promise.resolve();
  const refOf = (kind: CustomResource, name: string) => ({
    kind: resourceKindOf(kind),
    namespace: serverNamespace,
    name,
  });
  const world: ControllerWorld = {
    server,
    cluster,
    clock,
    context,
    logged,
    store,
    breakStore: (bucket, error) =>
      void (error === undefined ? broken.delete(bucket) : broken.set(bucket, error)),
    async location(name, spec = {}) {
      const { backupStorageLocationKind } = await import(
        "../../src/api/backup-storage-location.ts"
      );
      const place = { provider: "aws", objectStorage: { bucket: name } };
      await world.create(backupStorageLocationKind, name, { spec: { ...place, ...spec } });
    },
    async create(kind, name, { spec, status, ...metadata } = {}) {
      const body = {
        apiVersion: `${kind.group}/${kind.version}`,
        kind: kind.kind,
        metadata: { name, namespace: serverNamespace, ...metadata },
        spec: spec ?? {},
        ...(status !== undefined && { status }),
      };
      const raw = await cluster.create(refOf(kind, name), Buffer.from(JSON.stringify(body)), {
        signal,
      });
      return readResource(kind, raw.bytes);
    },
    async get(kind, name) {
      const raw = await cluster.get(refOf(kind, name), { signal });
      return raw === undefined ? undefined : readResource(kind, raw.bytes);
    },
    async demand(kind, name) {
      return (await world.get(kind, name)) ?? assert.fail(`${kind.kind} ${name} is not there`);
    },
    async patch(kind, name, patch) {
      const body = Buffer.from(JSON.stringify(patch));
      await cluster.patch(refOf(kind, name), "merge", body, { signal });
    },
    async remove(kind, name) {
      await cluster.remove(refOf(kind, name), { signal });
    },
    async start(create) {
      let started: () => void = () => undefined;
      const ready = new Promise<void>((resolve) => (started = resolve));
      const last: Runnable = {
        name: "world",
        run: async (life, isReady) => {
          isReady();
          started();
          if (!life.stop.aborted) {
            await new Promise((resolve) => life.stop.addEventListener("abort", resolve));
          }
        },
      };
      const mine = [create(context)].flat();
      const all = [...runnables, ...mine, last];
      const life = { stop: stop.signal, abort: AbortSignal.any([abort.signal, lost.signal]) };
      running = runManager({ runnables: all, clock, log }, life);
      await Promise.race([ready, running]);
      await clock.advance(0);
    },
    async until(what, holds, withinMs = 600_000) {
      const endMs = clock.monotonicMs() + withinMs;
      for (;;) {
        await clock.advance(0);
        const held = await holds();
        if (held !== undefined && held !== false) return held as never;
        if (clock.monotonicMs() > endMs) {
          assert.fail(`never so: ${what}\n${logged.slice(-20).join("\n")}`);
        }
        await clock.advance(100);
      }
    },
    async events() {
      await clock.advance(0);
      return await readEvents(cluster);
    },
    loseTerm: () => lost.abort(leadershipLost()),
    async stop() {
      stop.abort();
      const ended = running.then(() => true);
      await world.until("the parts have stopped", () => Promise.race([ended, tick()]));
    },
    nextTerm: () => openWorld({ ...ground, epoch: epoch + 1 }),
  };
  return world;
}

const tick = (): Promise<false> => new Promise((resolve) => setImmediate(() => resolve(false)));

const tellError = (error: unknown): string =>
  error instanceof ArkError ? `: ${error.code} ${error.message}` : "";

const leadershipLost = () =>
  new ArkError("ARK_LEADERSHIP_LOST", "this replica no longer leads", { disposition: "retry" });

async function readEvents(cluster: Cluster): Promise<readonly SeenEvent[]> {
  const { kinds } = await cluster.discover({ signal });
  const kind = kinds.find(({ group, resource }) => group === "" && resource === "events");
  assert.ok(kind !== undefined);
  const page = await cluster.list({ kind, namespace: serverNamespace, limit: 0 }, { signal });
  const found: SeenEvent[] = [];
  for await (const batch of page.items) {
    for (const { bytes } of batch) {
      const event = JSON.parse(bytes.toString()) as {
        readonly involvedObject: { readonly kind: string; readonly name: string };
      } & Omit<SeenEvent, "about">;
      const { type, reason, message, count, involvedObject } = event;
      const about = `${involvedObject.kind}/${involvedObject.name}`;
      found.push({ about, type, reason, message, count });
    }
  }
  return found;
}
