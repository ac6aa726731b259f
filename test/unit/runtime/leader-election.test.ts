import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { connectCluster } from "../../../src/adapters/kube/connect-cluster.ts";
import { hasCode } from "../../../src/lib/errors.ts";
import type { Cluster } from "../../../src/ports/cluster.ts";
import { createLeaderElection, type LeaderElection } from "../../../src/runtime/leader-election.ts";
import type { LeaderTerm } from "../../../src/runtime/leader-term.ts";
import { leaseKind } from "../../../src/runtime/lease-record.ts";
import { type ApiServer, createApiServer } from "../../support/api-server/api-server.ts";
import type { Fault, FaultCall } from "../../support/api-server/faults.ts";
import { plainAccess } from "../../support/plain-access.ts";
import { createVirtualClock, type VirtualClock } from "../../support/virtual-clock.ts";

const lease = { kind: leaseKind, namespace: "default", name: "ark-ts" };
const signal = new AbortController().signal;

interface Replica {
  readonly election: LeaderElection;
  readonly terms: LeaderTerm[];
  readonly stop: AbortController;
  readonly running: Promise<void>;
}

describe("createLeaderElection()", () => {
  let clock: VirtualClock;
  let server: ApiServer;
  let cluster: Cluster;

  beforeEach(() => {
    clock = createVirtualClock();
    server = createApiServer({ clock });
    cluster = connectCluster(plainAccess(server.dispatcher()), clock);
  });

  const start = (
    identity: string,
    lead: (term: LeaderTerm, stop: AbortSignal) => Promise<void> = untilEnd,
  ): Replica => {
    const election = createLeaderElection(
      {
        cluster: connectCluster(plainAccess(server.dispatcher()), clock),
        clock,
        log: { write: () => undefined },
      },
      { ...lease, identity },
    );
    const [terms, stop] = [[] as LeaderTerm[], new AbortController()];
    const running = election.run((term) => {
      terms.push(term);
      return lead(term, stop.signal);
    }, stop.signal);
    return { election, terms, stop, running };
  };
  const end = async (...replicas: Replica[]) => {
    for (const { stop } of replicas) stop.abort();
    await clock.advance(5_000);
    await Promise.all(replicas.map(({ running }) => running));
    assert.equal(clock.sleeping(), 0, "no timer is left behind");
  };
  const spec = async () => {
    const raw = await cluster.get(lease, { signal });
    return (JSON.parse(raw?.bytes.toString() ?? "{}") as { spec: Record<string, unknown> }).spec;
  };

  it("makes the Lease, as client-go's are, and renews it every two seconds", async () => {
    const one = start("one");
    await clock.advance(0);
    assert.deepEqual(await spec(), {
      holderIdentity: "one",
      leaseDurationSeconds: 6,
      acquireTime: "2026-01-01T00:00:00.000000Z",
      renewTime: "2026-01-01T00:00:00.000000Z",
      leaseTransitions: 1,
    });
    await clock.advance(4_100);
    const { acquireTime, renewTime } = await spec();
    assert.equal(acquireTime, "2026-01-01T00:00:00.000000Z");
    assert.equal(renewTime, "2026-01-01T00:00:04.000000Z");
    assert.deepEqual([one.election.isLeader(1), one.election.isLeader(2)], [true, false]);
    assert.equal(one.election.holder, "one");
    await end(one);
  });

  const refusals: readonly (readonly [string, (call: FaultCall) => Fault | undefined])[] = [
    ["every write is refused", () => ({ status: 403 })],
    ["every write conflicts", () => ({ status: 409 })],
    ["every write fails", () => ({ status: 503 })],
    ["every write is done and not answered", () => ({ dropAnswer: true })],
    [
      "it can be made and not renewed",
      ({ method }) => (method === "PUT" ? { status: 403 } : undefined),
    ],
  ];
  for (const [what, faultOf] of refusals) {
    it(`two replicas ask for a Lease less than twice a second each where ${what}`, async () => {
      let requests = 0;
      server.faults = (call) => {
        if (!call.path.includes("/leases")) return undefined;
        requests += 1;
        return call.method === "GET" ? undefined : faultOf(call);
      };
      const replicas = [start("one"), start("two")];
      const seconds = 120;
      await clock.advance(seconds * 1_000);
      assert.ok(requests > 10 && requests < 2 * 2 * seconds, `${requests} requests`);
      server.faults = undefined;
      await clock.advance(20_000);
      const leaders = replicas.filter(({ election, terms }) =>
        election.isLeader(terms.at(-1)?.epoch ?? 0),
      );
      assert.equal(leaders.length, 1, "one leads when it is over");
      await end(...replicas);
    });
  }

  it("hands over at once when who leads is told to stop, after its work has ended", async () => {
    let drained: () => void = () => undefined;
    const one = start("one", async (_, stop) => {
      await new Promise((resolve) => stop.addEventListener("abort", resolve));
      await new Promise<void>((resolve) => {
        drained = resolve;
      });
    });
    await clock.advance(0);
    const two = start("two");
    await clock.advance(3_000);
    one.stop.abort();
    await clock.advance(20_000);
    assert.deepEqual([one.election.isLeader(1), two.terms.length], [true, 0], "still draining");
    drained();
    await clock.advance(0);
    assert.equal(one.election.isLeader(1), false);
    assert.deepEqual(
      two.terms.map(({ epoch }) => epoch),
      [2],
    );
    await end(one, two);
  });

  it("takes over six seconds after the last sign of life", async () => {
    const one = start("one");
    await clock.advance(0);
    const two = start("two");
    await clock.advance(2_100);
    server.faults = ({ method }) => (method === "GET" ? undefined : { status: 503 });
    await clock.advance(4_800);
    assert.deepEqual([one.election.isLeader(1), one.terms[0]?.lost.aborted], [true, false]);
    await clock.advance(100);
    assert.equal(one.election.isLeader(1), false);
    assert.ok(hasCode(one.terms[0]?.lost.reason, "ARK_LEADERSHIP_LOST"));
    assert.equal(two.terms.length, 0);
    server.faults = undefined;
    await clock.advance(4_000);
    const epochs = [...one.terms, ...two.terms].map(({ epoch }) => epoch);
    assert.deepEqual(epochs.sort(), [1, 2]);
    await end(one, two);
  });

  it("tells a stopped leader by the clock alone, before any timer has run", async () => {
    const stopped = createVirtualClock();
    const held = createLeaderElection(
      {
        cluster: connectCluster(plainAccess(server.dispatcher()), stopped),
        clock: { ...stopped, monotonicMs: clock.monotonicMs, now: clock.now },
        log: { write: () => undefined },
      },
      { ...lease, identity: "stopped" },
    );
    const [terms, stop] = [[] as LeaderTerm[], new AbortController()];
    const running = held.run((term) => {
      terms.push(term);
      return untilEnd(term, stop.signal);
    }, stop.signal);
    await stopped.advance(0);
    const [term] = terms;
    assert.ok(term !== undefined && held.isLeader(term.epoch));
    term.fence();
    await clock.advance(5_000);
    assert.equal(term.lost.aborted, false, "no timer has run");
    assert.throws(term.fence, (error) => hasCode(error, "ARK_LEADERSHIP_LOST"));
    assert.equal(held.isLeader(term.epoch), false);
    stop.abort();
    await stopped.advance(10_000);
    await running;
  });

  it("waits before it makes a Lease anew that somebody has deleted, and counts its epochs on", async () => {
    const one = start("one");
    await clock.advance(0);
    const two = start("two");
    await clock.advance(100);
    await cluster.remove(lease, { signal });
    await clock.advance(1_000);
    assert.deepEqual([one.election.isLeader(1), two.terms.length], [true, 0]);
    await clock.advance(9_000);
    const epochs = [...one.terms, ...two.terms].map(({ epoch }) => epoch);
    assert.deepEqual(epochs.sort(), [1, 2]);
    assert.equal((await spec())["leaseTransitions"], 2);
    await end(one, two);
  });

  it("takes a renewal whose answer was lost for what it is: its own", async () => {
    const one = start("one");
    await clock.advance(0);
    let drops = 1;
    server.faults = ({ method }) =>
      method === "PUT" && drops-- > 0 ? { dropAnswer: true } : undefined;
    await clock.advance(30_000);
    assert.deepEqual(
      one.terms.map(({ epoch }) => epoch),
      [1],
    );
    assert.equal(one.election.isLeader(1), true);
    await end(one);
  });

  const renewals = (fault: (call: FaultCall, at: number) => Fault | undefined): void => {
    let count = 0;
    server.faults = (call) => {
      if (call.method !== "PUT" || !call.path.endsWith("/leases/ark-ts")) return undefined;
      count += 1;
      return fault(call, count);
    };
  };

  it("goes on leading while the API server takes over two seconds for each renewal", async () => {
    const one = start("one");
    await clock.advance(0);
    renewals(() => ({ delayMs: 2_400 }));
    for (let at = 0; at < 40; at += 1) await clock.advance(500);
    assert.deepEqual(
      one.terms.map(({ epoch }) => epoch),
      [1],
    );
    assert.equal(one.terms[0]?.isOver(), false);
    server.faults = undefined;
    await end(one);
  });

  it("goes on leading though every other renewal is never answered", async () => {
    const one = start("one");
    await clock.advance(0);
    renewals((_, at) => (at % 2 === 1 ? { hang: true } : undefined));
    for (let at = 0; at < 40; at += 1) await clock.advance(500);
    assert.equal(one.terms.length, 1);
    assert.equal(one.terms[0]?.isOver(), false);
    server.faults = undefined;
    await end(one);
  });

  it("keeps what others have written on the Lease", async () => {
    const one = start("one");
    await clock.advance(0);
    const label = Buffer.from('{"metadata":{"labels":{"mine":"yes"}}}');
    await cluster.patch(lease, "merge", label, { signal });
    await clock.advance(10_000);
    const raw = await cluster.get(lease, { signal });
    assert.equal(raw?.labels["mine"], "yes");
    assert.equal(one.election.isLeader(1), true);
    await end(one);
  });

  it("asks for little: nothing is read while another leads", async () => {
    const one = start("one");
    await clock.advance(0);
    const two = start("two");
    await clock.advance(1_000);
    let [reads, writes] = [0, 0];
    server.faults = ({ method }) => {
      if (method === "GET") reads += 1;
      else writes += 1;
      return undefined;
    };
    await clock.advance(120_000);
    assert.equal(reads, 0);
    assert.ok(writes >= 59 && writes <= 61, `${writes} renewals in two minutes`);
    await end(one, two);
  });

  it("ends with what the work throws, having given the Lease up", async () => {
    const broken = new Error("broken");
    const one = start("one", () => Promise.reject(broken));
    const ended = assert.rejects(one.running, broken);
    await clock.advance(3_000);
    await ended;
    assert.equal((await spec())["holderIdentity"], "");
  });
});

/** Work that ends as it should. */
async function untilEnd(term: LeaderTerm, stop: AbortSignal): Promise<void> {
  const end = AbortSignal.any([term.lost, stop]);
  if (end.aborted) return;
  await new Promise((resolve) => end.addEventListener("abort", resolve));
}
