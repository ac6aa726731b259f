/** A small backup of a slow API server, whose process is lost again and again. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { connectCluster } from "../../src/adapters/kube/connect-cluster.ts";
import type { BackupReport } from "../../src/backup/backup-run.ts";
import { runBackup } from "../../src/backup/run-backup.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { ObjectStore } from "../../src/ports/object-store.ts";
import { createApiServer } from "../support/api-server/api-server.ts";
import { createMemoryStore } from "../support/memory-store.ts";
import { plainAccess } from "../support/plain-access.ts";
import { backupRequest, readEntries, silentLog } from "../support/take-backup.ts";
import { createVirtualClock, type VirtualClock } from "../support/virtual-clock.ts";

const { signal } = new AbortController();
const isCheckpoint = /^metadata\/ark-ts\/runs\/[^/]+\/\d+$/;
const isArchive = /\/b\.tar\.gz$/;
const kindsOfDemo = ["apples", "cherries", "grapes", "lemons", "melons", "peaches", "plums"];
const never = new Promise<never>(() => {});

interface World {
  readonly clock: VirtualClock;
  readonly store: ObjectStore;
  /** By path: how often a kind was listed. */
  readonly listed: Map<string, number>;
  /** Keys, in order. */
  readonly puts: string[];
  /** In a process that dies when it has put so many checkpoints; undefined: it died. */
  run(checkpoints?: number): Promise<BackupReport | undefined>;
}

interface WorldOptions {
  /** That a LIST takes. */
  readonly listMs: number;
  /** Its processes die: what they leave asleep must not keep time from going on. */
  readonly dies?: boolean;
  readonly store?: Partial<ObjectStore["capabilities"]>;
  readonly partBytes?: number;
}

function createWorld({
  listMs,
  dies = false,
  store: capabilities,
  partBytes,
}: WorldOptions): World {
  const clock = createVirtualClock(dies ? {} : { jump: true, watchFromMs: 29_000 });
  const server = createApiServer({ clock });
  const listed = new Map<string, number>();
  const puts: string[] = [];
  server.faults = ({ method, path, query }) => {
    const limit = query.get("limit");
    if (method !== "GET" || limit === null || limit === "1") return undefined;
    listed.set(path, (listed.get(path) ?? 0) + 1);
    return { delayMs: listMs };
  };
  fill(server);
  const memory = createMemoryStore();
  const plain = { ...memory, capabilities: { ...memory.capabilities, ...capabilities } };
  return {
    ...{ clock, listed, puts, store: plain },
    async run(checkpoints = Number.POSITIVE_INFINITY) {
      let left = checkpoints;
      let isDead = false;
      let tellDead = (): void => {};
      const died = new Promise<undefined>((resolve) => {
        tellDead = () => resolve(undefined);
      });
      const put: ObjectStore["put"] = async (key, body, options) => {
        await plain.put(key, body, options);
        puts.push(key);
        if (!isCheckpoint.test(key)) return;
        left -= 1;
        if (left > 0) return;
        isDead = true;
        tellDead();
        await never;
      };
      const mortal = <Port extends object>(port: Port): Port =>
        new Proxy(port, {
          get(target, key) {
            const value = Reflect.get(target, key) as unknown;
            if (typeof value !== "function") return value;
            return (...args: unknown[]) => (isDead ? never : value.apply(target, args));
          },
        });
      const cluster = mortal(connectCluster(plainAccess(server.dispatcher()), clock));
      const store = mortal({ ...plain, put });
      const ported: Clock = {
        ...clock,
        sleep: (ms, until) => (isDead ? never : clock.sleep(ms, until)),
      };
      const ports = {
        cluster,
        store,
        clock: ported,
        log: silentLog,
        liveness: () => "gone" as const,
      };
      const limits = partBytes === undefined ? {} : { limits: { partBytes, memberBytes: 2000 } };
      const ended = runBackup({ ...backupRequest("b", {}), ...limits }, ports, signal);
      ended.catch(() => undefined);
      let isOver = !dies;
      const over = Promise.race([died, ended]).finally(() => {
        isOver = true;
      });
      while (!isOver) await clock.advance(1000);
      return await over;
    },
  };
}

function fill(server: ReturnType<typeof createApiServer>): void {
  const seed = (apiVersion: string, kind: string, metadata: object, more: object = {}): void =>
    server.seed({ apiVersion, kind, metadata, ...more } as never);
  for (const plural of kindsOfDemo) {
    const kind = plural.charAt(0).toUpperCase() + plural.slice(1);
    const names = { plural, singular: plural, kind, listKind: `${kind}List` };
    const versions = [{ name: "v1", served: true, storage: true }];
    const spec = { group: "demo.example", scope: "Cluster", names, versions };
    const name = `${plural}.demo.example`;
    seed("apiextensions.k8s.io/v1", "CustomResourceDefinition", { name }, { spec });
    for (let index = 0; index < 30; index += 1) {
      const taste = (index * 7919 * plural.length).toString(36);
      seed("demo.example/v1", kind, { name: `${plural}-${index}` }, { spec: { taste } });
    }
  }
}

async function untilDone(world: World, checkpoints: number): Promise<[BackupReport, number]> {
  for (let deaths = 0; deaths < 50; deaths += 1) {
    const report = await world.run(checkpoints);
    if (report !== undefined) return [report, deaths];
  }
  throw new Error("it did not end in 50 processes");
}

const entriesOf = async ({ store }: World): Promise<readonly string[]> =>
  [...(await readEntries(store, "b"))].map(([key, { text }]) => `${key} ${text}`).sort();

const total = ({ listed }: World): number => [...listed.values()].reduce((sum, n) => sum + n, 0);

type Shape = Pick<WorldOptions, "store" | "partBytes">;

const casesOf = (shapes: Readonly<Record<string, Shape>>) =>
  Object.entries(shapes).flatMap(([how, options]) =>
    [1, 2, 3].map((checkpoints) => [how, options, checkpoints] as const),
  );

describe("A backup that fills no part", () => {
  const shapes: Readonly<Record<string, Shape>> = {
    "as one object": {},
    "to a store without uploads in parts": { store: { multipart: false } },
    "of which small parts are full now and then": { partBytes: 2500 },
    "to a store that wants parts of one size": { store: { equalParts: true }, partBytes: 6000 },
  };
  for (const [how, options, checkpoints] of casesOf(shapes)) {
    it(`goes on where processes died at their checkpoint ${checkpoints}, ${how}`, async () => {
      const undisturbed = createWorld({ ...options, listMs: 0 });
      assert.equal((await undisturbed.run())?.backup.status.phase, "Completed");
      const world = createWorld({ ...options, listMs: 25_000, dies: true });
      const [report, deaths] = await untilDone(world, checkpoints);
      assert.equal(report.backup.status.phase, "Completed");
      assert.ok(deaths >= 1, `${deaths} deaths`);
      assert.deepEqual(await entriesOf(world), await entriesOf(undisturbed));
      // Four kinds are on their way when a process dies; each process looks at namespaces.
      assert.ok(total(world) <= total(undisturbed) + 6 * deaths, `${total(world)} lists`);
      const first = world.listed.get("/apis/demo.example/v1/apples") ?? 0;
      assert.ok(first <= 2, `the first kind was listed ${first} times`);
      assert.ok((report.continued?.objects ?? 0) > 0);
    });
  }

  it("writes no checkpoint where it is fast, and one in half a minute where it is slow", async () => {
    const fast = createWorld({ listMs: 100 });
    assert.ok(await fast.run());
    assert.deepEqual(
      fast.puts.filter((key) => isCheckpoint.test(key)),
      [],
    );
    assert.equal(fast.puts.filter((key) => isArchive.test(key)).length, 1);
    const slow = createWorld({ listMs: 25_000 });
    const startedMs = slow.clock.monotonicMs();
    assert.ok(await slow.run());
    const halfMinutes = (slow.clock.monotonicMs() - startedMs) / 30_000;
    const checkpoints = slow.puts.filter((key) => isCheckpoint.test(key)).length;
    assert.ok(checkpoints > 0 && checkpoints <= halfMinutes, `${checkpoints} in ${halfMinutes}`);
    assert.equal(slow.puts.filter((key) => isArchive.test(key)).length, 1);
  });
});
