import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { connectCluster } from "../../../src/adapters/kube/connect-cluster.ts";
import { createLeaderElection } from "../../../src/runtime/leader-election.ts";
import { createLeaderRunnable } from "../../../src/runtime/leader-runnable.ts";
import { createTerm } from "../../../src/runtime/leader-term.ts";
import type { Life } from "../../../src/runtime/life.ts";
import { runManager } from "../../../src/runtime/manager.ts";
import { createApiServer } from "../../support/api-server/api-server.ts";
import { plainAccess } from "../../support/plain-access.ts";
import { createVirtualClock } from "../../support/virtual-clock.ts";

const log = { write: () => undefined };

const setUp = () => {
  const clock = createVirtualClock();
  const server = createApiServer({ clock });
  const story: string[] = [];
  const replica = (identity: string, drainMs = 3_000) => {
    const stop = new AbortController();
    const cluster = connectCluster(plainAccess(server.dispatcher()), clock);
    const election = createLeaderElection(
      { cluster, clock, log },
      { namespace: "default", name: "ark-ts", identity },
    );
    const work = (epoch: number) => ({
      name: "work",
      async run({ stop: asked, abort }: Life, ready: () => void) {
        story.push(`${identity} works in ${epoch}`);
        ready();
        await new Promise((resolve) => asked.addEventListener("abort", resolve, { once: true }));
        await clock.sleep(drainMs, abort).then(
          () => story.push(`${identity} has drained`),
          () => story.push(`${identity} drops it`),
        );
      },
    });
    const leader = createLeaderRunnable(election, (term) => ({
      runnables: [work(term.epoch)],
      clock,
      log,
    }));
    const options = { runnables: [leader], clock, log };
    const running = runManager(options, { stop: stop.signal, abort: new AbortController().signal });
    return { stop, running, election };
  };
  return { clock, server, story, replica };
};

describe("createLeaderRunnable()", () => {
  it("drains the work before it gives the Lease up", async () => {
    const { clock, story, replica } = setUp();
    const one = replica("one");
    await clock.advance(0);
    const two = replica("two");
    await clock.advance(1_000);
    one.stop.abort();
    await clock.advance(2_900);
    assert.deepEqual(story, ["one works in 1"]);
    await clock.advance(200);
    assert.deepEqual(story, ["one works in 1", "one has drained", "two works in 2"]);
    two.stop.abort();
    await clock.advance(5_000);
    assert.deepEqual(await Promise.all([one.running, two.running]), [[], []]);
  });

  it("drops the work when the term is lost, and takes it up again in another", async () => {
    const { clock, server, story, replica } = setUp();
    const one = replica("one");
    await clock.advance(0);
    server.faults = () => ({ status: 503 });
    await clock.advance(8_000);
    assert.deepEqual(story, ["one works in 1", "one drops it"]);
    server.faults = undefined;
    await clock.advance(8_000);
    assert.deepEqual(story, ["one works in 1", "one drops it", "one works in 2"]);
    one.stop.abort();
    await clock.advance(5_000);
    assert.deepEqual(await one.running, []);
  });

  it("tells the end of a term that was over before its parts began", async () => {
    const clock = createVirtualClock();
    const won = { monotonicMs: clock.monotonicMs(), wallMs: clock.now().getTime() };
    const lease = { holder: "one", epoch: 1, durationMs: 6_000, renewTime: "", object: {} };
    const term = createTerm(clock, 5_000, lease as never, won);
    const story: string[] = [];
    const part = { name: "part", run: async () => void story.push("part") };
    const leader = createLeaderRunnable(
      {
        async run(lead) {
          term.end("another holds the Lease");
          await lead(term);
        },
      },
      () => {
        story.push("parts");
        return { runnables: [part], clock, log };
      },
      () => story.push("end"),
    );
    const never = new AbortController().signal;
    await leader.run({ stop: never, abort: never }, () => undefined);
    assert.deepEqual(story, ["parts", "end"]);
  });
});
