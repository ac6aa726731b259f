/** Storms over an informer: whatever the server does, its cache comes to hold what the server holds. */
import assert from "node:assert/strict";
import { connectCluster } from "../../src/adapters/kube/connect-cluster.ts";
import type { Cluster } from "../../src/ports/cluster.ts";
import { createInformer } from "../../src/runtime/informer.ts";
import { type ApiServer, createApiServer } from "../support/api-server/api-server.ts";
import type { Fault } from "../support/api-server/faults.ts";
import { kindOf } from "../support/kinds.ts";
import { plainAccess } from "../support/plain-access.ts";
import { createVirtualClock, type VirtualClock } from "../support/virtual-clock.ts";
import { createRandom, type Random } from "./random.ts";

const configMaps = kindOf("configmaps", { kind: "ConfigMap" });
const quiet = { write: () => undefined };
const names = Array.from({ length: 12 }, (_, index) => `c${index}`);
const stepsPerStorm = 40;

/** Longer than a watch of the storm may last (360 s), silence at its end (150 s), and the pauses. */
const settleMs = 700_000;

export async function liveThroughInformerStorm(seed: number): Promise<void> {
  const random = createRandom(`informer/${seed}`);
  const clock = createVirtualClock({
    chances: Array.from({ length: 97 }, () => random.next()),
  });
  const server = createApiServer({ clock, chunkBytes: 64 + random.int(400) });
  const writer = connectCluster(plainAccess(server.dispatcher()), clock);
  const cluster = connectCluster(plainAccess(server.dispatcher()), clock);
  const stop = new AbortController();
  const world = createWorld(server, writer, random.fork("world"));
  for (const name of names.slice(0, random.int(names.length))) world.put(name);

  const selector = random.chance(0.3) ? { labelSelector: "side=left" } : {};
  const informer = createInformer(
    { cluster, clock, log: quiet },
    {
      kind: configMaps,
      namespace: "a",
      ...selector,
      pageSize: 1 + random.int(5),
      keep: ({ bytes }) => (JSON.parse(bytes.toString()) as { data: { text: string } }).data.text,
    },
  );
  const mirror = new Map<string, string>();
  informer.onChange(({ key, before, after }) => {
    assert.equal(mirror.get(key), before, `seed ${seed}: the state before a change of ${key}`);
    if (after === undefined) mirror.delete(key);
    else mirror.set(key, after);
  });
  const faults = createFaults(server, random.fork("faults"));
  const running = informer.run(stop.signal);

  for (let step = 0; step < stepsPerStorm; step += 1) {
    const action = random.int(10);
    if (action < 6) await world.step();
    else if (action === 6) server.compact();
    else if (action === 7) world.elsewhere();
    else await clock.advance(random.pick([10, 500, 5_000, 61_000, 300_000]));
    if (random.chance(0.3)) await clock.advance(0);
  }
  faults.end();
  await settle(clock, settleMs);
  const wanted = world.content(selector.labelSelector !== undefined);
  const held = new Map([...informer.entries()].sort());
  assert.deepEqual(held, wanted, `seed ${seed}: the cache is not what the server holds`);
  assert.deepEqual(new Map([...mirror].sort()), wanted, `seed ${seed}: handlers missed a change`);
  assert.equal(informer.error, undefined, `seed ${seed}: it still fails`);

  await checkRest(server, clock, world, seed);
  stop.abort();
  await running;
  await Promise.all([writer.close(), cluster.close()]);
}

/** In peace nothing is listed again, not even when the past is forgotten: bookmarks see to that. */
async function checkRest(
  server: ApiServer,
  clock: VirtualClock,
  world: World,
  seed: number,
): Promise<void> {
  let lists = 0;
  server.faults = ({ query }) => {
    if (query.get("watch") === null) lists += 1;
    return undefined;
  };
  for (let round = 0; round < 10; round += 1) {
    world.elsewhere();
    await settle(clock, 100_000);
    server.compact();
  }
  assert.equal(lists, 0, `seed ${seed}: listed ${lists} times while nothing was wrong`);
}

async function settle(clock: VirtualClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 10_000) await clock.advance(10_000);
}

interface World {
  put(name: string): void;
  /** A change to one of the objects that are looked at. */
  step(): Promise<void>;
  /** A change to something else: revisions go on. */
  elsewhere(): void;
  content(leftOnly: boolean): ReadonlyMap<string, string>;
}

/** The oracle: what was done is remembered here, apart from the server. */
function createWorld(server: ApiServer, writer: Cluster, random: Random): World {
  const held = new Map<string, { readonly text: string; readonly side: string }>();
  let count = 0;
  const put = (name: string): void => {
    count += 1;
    const [text, side] = [`v${count}`, random.pick(["left", "right"])];
    held.set(name, { text, side });
    server.seed({
      kind: "ConfigMap",
      apiVersion: "v1",
      metadata: { name, namespace: "a", labels: { side } },
      data: { text },
    });
  };
  return {
    put,
    async step() {
      const name = random.pick(names);
      if (!held.has(name) || random.chance(0.6)) return put(name);
      held.delete(name);
      const ref = { kind: configMaps, namespace: "a", name };
      await writer.remove(ref, { signal: new AbortController().signal });
      if (random.chance(0.3)) put(name);
    },
    elsewhere() {
      count += 1;
      server.seed({
        kind: "Secret",
        apiVersion: "v1",
        metadata: { name: "aside", namespace: "a" },
        data: { count: `${count}` },
      });
    },
    content: (leftOnly) =>
      new Map(
        [...held]
          .filter(([, { side }]) => !leftOnly || side === "left")
          .map(([name, { text }]) => [`a/${name}`, text] as const)
          .sort(),
      ),
  };
}

/** Half of all reads fail in some way, until it is ended. */
function createFaults(server: ApiServer, random: Random): { end(): void } {
  server.faults = ({ method }): Fault | undefined => {
    if (method !== "GET" || random.chance(0.5)) return undefined;
    return random.pick<() => Fault>([
      () => ({ status: random.pick([410, 429, 500, 503, 504, 403, 404]), retryAfterSeconds: 1 }),
      () => ({ cutAfterBytes: random.int(2_000) }),
      () => ({ endAfterBytes: random.int(2_000) }),
      () => ({ silentAfterBytes: random.int(2_000) }),
      () => ({ dropAnswer: true }),
      () => ({ delayMs: random.int(20_000) }),
    ])();
  };
  return {
    end() {
      server.faults = undefined;
    },
  };
}
