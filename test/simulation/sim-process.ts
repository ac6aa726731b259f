import { Dispatcher } from "undici";
import { connectCluster } from "../../src/adapters/kube/connect-cluster.ts";
import { withRetry } from "../../src/adapters/store/with-retry.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { Cluster } from "../../src/ports/cluster.ts";
import type { Fault, FaultCall } from "../support/api-server/faults.ts";
import type { MemoryStore } from "../support/memory-store.ts";
import { plainAccess } from "../support/plain-access.ts";
import type { Containers } from "./containers.ts";
import { apiFailpoint } from "./failpoints.ts";
import type { FaultKind, FaultPlan } from "./faults.ts";
import { faultyExec } from "./faulty-exec.ts";
import { faultyStore } from "./faulty-store.ts";
import { never, type SimProcess } from "./process.ts";
import type { SimTime } from "./sim-time.ts";

/** Most objects of a page: pages have borders in small clusters too. */
const pageObjects = 3;

export interface ProcessOptions {
  readonly pid: number;
  readonly server: Dispatcher;
  readonly store: MemoryStore;
  readonly time: SimTime;
  readonly plan: FaultPlan;
  readonly containers: Containers;
}

export const processHeader = "x-sim-process";

export function startProcess(options: ProcessOptions): SimProcess {
  const { pid, time, plan } = options;
  const cancelled = new AbortController();
  const giveUp = new AbortController();
  let state: SimProcess["state"] = "running";
  let stalledUntil = 0;
  let die: () => void = () => undefined;
  const died = new Promise<void>((resolve) => {
    die = resolve;
  });
  const refused = new Set<string>();
  const alive = async (): Promise<void> => {
    if (state === "dead") await never();
    while (time.monotonicMs() < stalledUntil) {
      await time.sleep(stalledUntil - time.monotonicMs(), new AbortController().signal);
      if (state === "dead") await never();
    }
  };
  const self: SimProcess = {
    owner: { host: "sim", bootId: "boot", pid },
    get state() {
      return state;
    },
    died,
    plan,
    time,
    signal: cancelled.signal,
    uploads: new Set(),
    unknownUploads: new Set(),
    unwritten: new Set(),
    unfreed: new Set(),
    epoch: 0,
    isSuperseded: false,
    hasLost: false,
    hasStalled: false,
    trespassed: undefined,
    hasTidied: false,
    corrupted: false,
    sealed: 0,
    alive,
    clock: processClock(time, alive),
    cancel: () => cancelled.abort(new Error("ctrl-c")),
    kill() {
      if (state !== "running") return;
      state = "dead";
      giveUp.abort();
      die();
    },
    end() {
      if (state === "running") state = "ended";
      giveUp.abort();
    },
    stall(ms) {
      self.hasStalled = true;
      stalledUntil = time.monotonicMs() + ms;
    },
    giveUpSoon() {
      const wait = (ms: number): Promise<void> => time.sleep(ms, giveUp.signal);
      wait(150_000)
        .then(() => self.cancel())
        .then(() => wait(600_000))
        .then(() => self.kill())
        .catch(() => undefined);
    },
    apiFault: (call) => decideApiFault(self, call, refused),
    get store() {
      return store;
    },
    get cluster() {
      return cluster;
    },
  };
  const store = withRetry(faultyStore(options.store, self), { clock: self.clock });
  const cluster: Cluster = {
    ...smallPages(connectThrough(options.server, self)),
    exec: faultyExec(self, options.containers),
  };
  return self;
}

function processClock(time: SimTime, alive: () => Promise<void>): Clock {
  return {
    now: time.now,
    monotonicMs: time.monotonicMs,
    uuid: time.uuid,
    random: time.random,
    async sleep(ms, signal) {
      await time.sleep(ms, signal);
      await alive();
    },
  };
}

function connectThrough(server: Dispatcher, process: SimProcess): Cluster {
  const access = plainAccess(new ProcessDispatcher(server, process), {
    headers: async () => ({ [processHeader]: String(process.owner.pid) }),
  });
  return connectCluster(access, process.clock);
}

/** Lets nothing through for a process that is dead, and nothing yet for one that stalls. */
class ProcessDispatcher extends Dispatcher {
  readonly #server: Dispatcher;
  readonly #process: SimProcess;

  constructor(server: Dispatcher, process: SimProcess) {
    super();
    this.#server = server;
    this.#process = process;
  }

  override dispatch(
    options: Dispatcher.DispatchOptions,
    handler: Dispatcher.DispatchHandler,
  ): boolean {
    this.#process.time.moved();
    this.#process.alive().then(() => this.#server.dispatch(options, handler));
    return true;
  }

  override close(callback?: () => void): Promise<void> {
    callback?.();
    return Promise.resolve();
  }
}

function smallPages(cluster: Cluster): Cluster {
  return {
    ...cluster,
    list: (request, options) =>
      cluster.list({ ...request, limit: Math.min(request.limit, pageObjects) }, options),
  };
}

const always: readonly FaultKind[] = ["fail", "hang", "stall", "kill before"];
const reads: readonly FaultKind[] = [...always, "cut", "throttle", "refuse"];
const writes: readonly FaultKind[] = [...always, "lost", "cut", "throttle", "kill after"];

function decideApiFault(
  process: SimProcess,
  call: FaultCall,
  refused: Set<string>,
): Fault | undefined {
  const { plan, time } = process;
  time.moved();
  const delayMs = plan.latencyMs();
  const slow = delayMs === 0 ? {} : { delayMs };
  // A right that was taken away is gone for the kind, not for one page of it.
  if (refused.has(call.path)) return { ...slow, status: 403 };
  const failpoint = apiFailpoint(call);
  const possible = (call.method === "GET" ? reads : writes).filter(
    (kind) => kind !== "refuse" || failpoint.startsWith("api: list"),
  );
  const kind = plan.decide({ side: "api", failpoint, possible });
  switch (kind) {
    case "fail":
      return { ...slow, status: plan.random.pick([500, 502, 503, 504]) };
    case "throttle":
      return { ...slow, status: 429, retryAfterSeconds: 1 + plan.random.int(5) };
    case "refuse":
      refused.add(call.path);
      return { ...slow, status: 403 };
    case "lost":
      return { ...slow, dropAnswer: true };
    case "cut":
      return { ...slow, cutAfterBytes: plan.random.int(1500) };
    case "hang":
      process.giveUpSoon();
      return { ...slow, hang: true };
    case "stall":
      process.stall(240_000 + plan.random.int(120_000));
      return slow;
    case "kill before":
      process.kill();
      return { hang: true };
    case "kill after":
      process.kill();
      return { dropAnswer: true };
    default:
      return slow;
  }
}
