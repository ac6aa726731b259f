/** Whole runs in one process: clusters, store, time and misfortune, all from one seed. */
import assert from "node:assert/strict";
import type { BackupSpec } from "../../src/api/backup.ts";
import type { BackupReport, BackupRequest } from "../../src/backup/backup-run.ts";
import type { runBackup } from "../../src/backup/run-backup.ts";
import type { Liveness } from "../../src/catalog/run-owner.ts";
import type { Log } from "../../src/ports/log.ts";
import type { runRestore } from "../../src/restore/run-restore.ts";
import type { ApiServer } from "../support/api-server/api-server.ts";
import { createApiServer } from "../support/api-server/api-server.ts";
import {
  createMemoryStore,
  type MemoryStore,
  type MemoryStoreOptions,
} from "../support/memory-store.ts";
import { backupRequest } from "../support/take-backup.ts";
import { type Containers, createContainers } from "./containers.ts";
import type { FailpointTally } from "./failpoints.ts";
import { counted, type FaultPlan, noFaults } from "./faults.ts";
import type { SimProcess } from "./process.ts";
import { createRandom, type Random } from "./random.ts";
import { processHeader, startProcess } from "./sim-process.ts";
import { createSimTime, type SimTime } from "./sim-time.ts";

/** The product, or a mutant of it. */
export interface Engine {
  readonly runBackup: typeof runBackup;
  readonly runRestore: typeof runRestore;
}

export interface SimulationOptions {
  readonly seed: number | string;
  readonly engine: Engine;
  readonly tally: FailpointTally;
  readonly capabilities?: MemoryStoreOptions["capabilities"];
}

export interface Simulation {
  readonly engine: Engine;
  readonly random: Random;
  readonly time: SimTime;
  readonly store: MemoryStore;
  readonly containers: Containers;
  readonly processes: readonly SimProcess[];
  /** What happened, for whoever reads of a failure. */
  readonly story: string[];
  createServer(): ApiServer;
  start(server: ApiServer, plan?: FaultPlan): SimProcess;
  idle(ms: number): Promise<void>;
}

export function createSimulation(options: SimulationOptions): Simulation {
  const random = createRandom(options.seed);
  const time = createSimTime(random.fork("time"));
  const { capabilities = {} } = options;
  const store = createMemoryStore({ now: time.now, uuid: time.uuid, capabilities });
  const containers = createContainers(store);
  const processes: SimProcess[] = [];
  const story: string[] = [];
  const idle = new AbortController().signal;
  return {
    engine: options.engine,
    random,
    time,
    store,
    containers,
    processes,
    story,
    createServer() {
      const server = createApiServer({
        clock: time,
        chunkBytes: random.pick([64 << 10, 257]),
        bookmarkMs: 1e9,
      });
      server.faults = (call) => {
        time.moved();
        const pid = Number(call.headers[processHeader] ?? 0);
        return processes[pid - 1]?.apiFault(call);
      };
      return server;
    },
    start(server, plan = noFaults(random.fork("calm"))) {
      const pid = processes.length + 1;
      const process = startProcess({
        pid,
        server: server.dispatcher(),
        store,
        containers,
        time,
        plan: counted(plan, options.tally, (kind, { failpoint }) => {
          story.push(`process ${pid} meets "${kind}" at ${failpoint}`);
        }),
      });
      processes.push(process);
      return process;
    },
    idle: (ms) => time.sleep(ms, idle),
  };
}

export type Outcome<Report> =
  | { readonly kind: "report"; readonly report: Report }
  | { readonly kind: "error"; readonly error: Error & { readonly code?: string } }
  | { readonly kind: "died" };

/** Longer than any honest run of a small world, with all its waiting. */
const patienceMs = 48 * 3600_000;

/** Runs a command to the end of it or of its process. Throws when it gets nowhere. */
export async function runToEnd<Report>(
  sim: Simulation,
  process: SimProcess,
  run: (process: SimProcess) => Promise<Report>,
): Promise<Outcome<Report>> {
  const over = new AbortController();
  const stuck = sim.time.sleep(patienceMs, over.signal).then(() => {
    throw new Error("the run got stuck");
  });
  const ran = run(process).then(
    (report): Outcome<Report> => ({ kind: "report", report }),
    (error): Outcome<Report> => ({ kind: "error", error: error as Error }),
  );
  const died = process.died.then((): Outcome<Report> => ({ kind: "died" }));
  try {
    const outcome = await Promise.race([ran, died, stuck]);
    assert.equal(process.trespassed, undefined, "it wrote though another has taken its run over");
    return outcome;
  } finally {
    stuck.catch(() => undefined);
    over.abort();
    process.end();
  }
}

export const silentLog: Log = { write: () => undefined };

export interface BackupCommand {
  readonly name: string;
  readonly spec: BackupSpec;
  /** False: another host, so that nothing is known of other processes. */
  readonly seesOthers: boolean;
}

/** Members and parts of small worlds. */
const smallSizes: NonNullable<BackupRequest["limits"]> = { memberBytes: 2048, partBytes: 1500 };

/** What a process is told of others; of those of another host nothing. */
export function livenessOf(sim: Simulation, seesOthers: boolean): Liveness {
  return ({ pid }) => {
    if (!seesOthers) return "unknown";
    return sim.processes[pid - 1]?.state === "running" ? "alive" : "gone";
  };
}

export function backUp(
  sim: Simulation,
  process: SimProcess,
  command: BackupCommand,
): Promise<Outcome<BackupReport>> {
  const request = {
    ...backupRequest(command.name, command.spec),
    owner: process.owner,
    limits: smallSizes,
  };
  const { cluster, store, clock, signal } = process;
  const liveness = livenessOf(sim, command.seesOthers);
  const ports = { cluster, store, clock, log: silentLog, liveness };
  return runToEnd(sim, process, () => sim.engine.runBackup(request, ports, signal));
}

/** Runs to the end of the world; what is thrown gets the story. */
export async function telling(
  sim: Simulation,
  title: string,
  run: () => Promise<void>,
): Promise<readonly string[]> {
  try {
    await run();
    return sim.story;
  } catch (error) {
    const found = error instanceof Error ? error : new Error(String(error));
    const story = [title, ...sim.story].join("\n  ");
    throw new Error(`${found.message}\n  ${story}`, { cause: found });
  } finally {
    sim.time.stop();
  }
}
