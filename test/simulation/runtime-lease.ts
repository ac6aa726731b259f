/** Storms over leader election: processes are stopped, cut off, ended; never do two of them lead. */
import assert from "node:assert/strict";
import { hasCode } from "../../src/lib/errors.ts";
import { createLeaderElection, type LeaderElection } from "../../src/runtime/leader-election.ts";
import type { LeaderTerm } from "../../src/runtime/leader-term.ts";
import { leaseKind } from "../../src/runtime/lease-record.ts";
import { type ApiServer, createApiServer } from "../support/api-server/api-server.ts";
import { kindOf } from "../support/kinds.ts";
import { createVirtualClock, type VirtualClock } from "../support/virtual-clock.ts";
import { createRandom, type Random } from "./random.ts";
import { processHeader, type StoppableProcess, startProcess } from "./runtime-process.ts";

const configMaps = kindOf("configmaps", { kind: "ConfigMap" });
const work = { kind: configMaps, namespace: "default", name: "work" };
const leaseRef = { kind: leaseKind, namespace: "default", name: "leader" };
const quiet = { write: () => undefined };
const stepsPerStorm = 40;

/** A loss is noticed within 6 s; two rounds of campaigns fit on top. */
const settleMs = 30_000;

interface Replica {
  readonly name: string;
  readonly process: StoppableProcess;
  readonly election: LeaderElection;
  readonly stop: AbortController;
  readonly running: Promise<void>;
  /** Epochs it has led in, and those of them that it was seen to have lost. */
  readonly led: Set<number>;
  readonly lost: Set<number>;
  cutOffUntilMs: number;
}

export async function liveThroughLeaseStorm(seed: number): Promise<void> {
  const random = createRandom(`lease/${seed}`);
  const clock = createVirtualClock({ chances: Array.from({ length: 31 }, () => random.next()) });
  /** Epochs of the writes to the work, as the server took them. */
  const written: number[] = [];
  const server = createApiServer({
    clock,
    admission: ({ object, dryRun }) => {
      const data = object["data"] as { readonly epoch?: string } | undefined;
      if (!dryRun && data?.epoch !== undefined) written.push(Number(data.epoch));
      return object;
    },
  });
  server.seed({
    kind: "ConfigMap",
    apiVersion: "v1",
    metadata: { namespace: "default", name: "work" },
  });
  const world: World = {
    seed,
    random,
    clock,
    server,
    replicas: [],
    crashes: [],
    started: 0,
    deletes: seed % 4 === 0,
  };
  setFaults(world);
  for (let count = 0; count < 3; count += 1) startReplica(world);

  for (let step = 0; step < stepsPerStorm; step += 1) {
    await act(world);
    await pass(world, random.pick([200, 500, 1_000, 2_000, 6_000]));
  }
  server.faults = undefined;
  for (const { process } of world.replicas) process.wake();
  await pass(world, settleMs);
  const leaders = world.replicas.filter(leads);
  assert.equal(leaders.length, 1, `seed ${seed}: ${leaders.length} leaders in peace`);
  const sorted = [...written].sort((a, b) => a - b);
  if (!world.deletes)
    assert.deepEqual(written, sorted, `seed ${seed}: a former leader has written`);
  assert.ok(written.length > 0, `seed ${seed}: nobody has worked`);

  await checkHandOver(world, leaders[0] as Replica);
  for (const replica of world.replicas) replica.stop.abort();
  await pass(world, 10_000);
  await Promise.all(world.replicas.map(({ running }) => running));
}

interface World {
  readonly seed: number;
  readonly random: Random;
  readonly clock: VirtualClock;
  readonly server: ApiServer;
  readonly replicas: Replica[];
  /** Nothing that the server does ends a campaign, nor does a term that is lost. */
  readonly crashes: string[];
  /**
   * Whether somebody deletes the Lease now and then. Nothing then tells a replica that was away of
   * who leads, nor of the epochs: what is left to ask is that there is a leader again in the end.
   */
  readonly deletes: boolean;
  started: number;
}

function startReplica(world: World): void {
  const { random, clock, server, replicas } = world;
  world.started += 1;
  const name = `replica-${world.started}`;
  const skewMs = random.pick([0, -3_600_000, 7_200_000]);
  const process = startProcess(name, clock, server.dispatcher(), skewMs);
  const election = createLeaderElection(
    { cluster: process.cluster, clock: process.clock, log: quiet },
    { ...leaseRef, identity: name },
  );
  const stop = new AbortController();
  const led = new Set<number>();
  const lead = async (term: LeaderTerm): Promise<void> => {
    led.add(term.epoch);
    const body = Buffer.from(JSON.stringify({ data: { epoch: `${term.epoch}` } }));
    const { fence, lost: signal } = term;
    while (!stop.signal.aborted) {
      await process.clock.sleep(300, signal);
      const writing = process.cluster.patch(work, "merge", body, { signal, fence });
      await writing.catch((error) => {
        if (!hasCode(error, "ARK_API_FAILED") && !hasCode(error, "ARK_API_THROTTLED")) throw error;
      });
    }
  };
  replicas.push({
    name,
    process,
    election,
    stop,
    led,
    lost: new Set(),
    cutOffUntilMs: 0,
    running: election.run(lead, stop.signal).catch((error: unknown) => {
      world.crashes.push(`${name} ended: ${String(error)}`);
    }),
  });
}

async function act(world: World): Promise<void> {
  const { random, clock, replicas } = world;
  const replica = random.pick(replicas);
  switch (random.int(9)) {
    case 0:
    case 1:
    case 2:
      (replicas.find(leads) ?? replica).process.stop();
      return;
    case 3:
    case 4:
      for (const { process } of replicas) process.wake();
      return;
    case 5:
      replica.cutOffUntilMs = clock.monotonicMs() + random.int(15_000);
      return;
    case 6:
      if (replica.process.isStopped) return;
      replica.stop.abort();
      replicas.splice(replicas.indexOf(replica), 1);
      startReplica(world);
      return;
    case 7: {
      if (!world.deletes) return;
      const admin = startProcess("admin", clock, world.server.dispatcher(), 0);
      await admin.cluster.remove(leaseRef, { signal: new AbortController().signal });
      return;
    }
    default:
  }
}

function leads({ election, led, process }: Replica): boolean {
  return !process.isStopped && [...led].some((epoch) => election.isLeader(epoch));
}

/** Lets time pass, looking now and then that one at most leads, and no term comes back. */
async function pass(world: World, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 100) {
    await world.clock.advance(100);
    assert.deepEqual(world.crashes, [], `seed ${world.seed}: a replica has ended`);
    if (world.deletes) continue;
    const leaders = world.replicas.filter(leads).map(({ name }) => name);
    assert.ok(leaders.length <= 1, `seed ${world.seed}: ${leaders} lead at once`);
    for (const { election, led, lost, process, name } of world.replicas) {
      if (process.isStopped) continue;
      for (const epoch of led) {
        const isLeader = election.isLeader(epoch);
        assert.ok(
          !isLeader || !lost.has(epoch),
          `seed ${world.seed}: ${name} leads ${epoch} again`,
        );
        if (!isLeader) lost.add(epoch);
      }
    }
    const epochs = world.replicas.flatMap(({ led }) => [...led]);
    assert.equal(new Set(epochs).size, epochs.length, `seed ${world.seed}: an epoch came twice`);
  }
}

/** A leader that is told to end gives the Lease up: the next one need not wait for its end. */
async function checkHandOver(world: World, leader: Replica): Promise<void> {
  leader.stop.abort();
  await pass(world, 2_000);
  await leader.running;
  const next = world.replicas.filter(leads);
  assert.equal(next.length, 1, `seed ${world.seed}: nobody took over from who gave up`);
  assert.notEqual(next[0], leader);
}

/** Short delays only: what is under way for longer than a Lease outlives it, and no fence helps. */
function setFaults(world: World): void {
  const { random, clock, server } = world;
  const chance = random.fork("faults");
  server.faults = ({ headers, query, method }) => {
    const from = world.replicas.find(({ name }) => name === headers[processHeader]);
    if (from === undefined) return undefined;
    if (from.cutOffUntilMs > clock.monotonicMs()) return { status: 503 };
    if (chance.chance(0.75)) return undefined;
    return chance.pick([
      { status: 503 },
      { status: 429, retryAfterSeconds: 1 },
      { delayMs: chance.int(500) },
      method === "GET" ? { hang: true } : { dropAnswer: true },
      query.get("watch") === null ? { status: 500 } : { silentAfterBytes: chance.int(3_000) },
    ]);
  };
}
