/** What the server's own endpoint answers, without the TLS around it. */
import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, it } from "node:test";
import { backupStorageLocationKind } from "../../src/api/backup-storage-location.ts";
import { type SigningKey, signedPath } from "../../src/domain/downloads/signed-path.ts";
import type { ObjectStore } from "../../src/ports/object-store.ts";
import { createServing } from "../../src/server/downloads/serve-download.ts";
import { type ControllerWorld, createControllerWorld } from "../support/controller-world.ts";

const key = "backups/b1/b1-logs.gz";
const signal = new AbortController().signal;
const current: SigningKey = { id: "k1", secret: Buffer.alloc(32, 1) };

interface Bench {
  readonly world: ControllerWorld;
  /** The path of {@link key}, signed for ten minutes. */
  readonly path: string;
  readonly get: (path: string, method?: string) => Promise<Response>;
}

describe("the server's own downloads", () => {
  let server: Server | undefined;
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  const bench = async (
    wrap: (store: ObjectStore) => ObjectStore = (store) => store,
    keys = { known: [current], afterRefresh: [current] },
  ): Promise<Bench> => {
    const world = await createControllerWorld();
    await world.location("main");
    await world.store("main").put(key, Buffer.from("the log"), { signal });
    const { metadata } = await world.demand(backupStorageLocationKind, "main");
    let known = keys.known;
    const refresh = async () => {
      known = keys.afterRefresh;
    };
    const authority = { cert: "", key: "" };
    const serve = createServing({
      keys: {
        current: () => ({ keys: known, since: new Date(0), authority }),
        refresh,
        refreshForStranger: refresh,
      },
      cluster: world.cluster,
      namespace: "ark-ts",
      stores: {
        open: async (location, stop) => wrap(await world.context.stores.open(location, stop)),
      },
      clock: world.clock,
      log: world.context.log,
    });
    server = createServer((request, response) => void serve(request, response, signal));
    await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const until = new Date(world.clock.now().getTime() + 600_000);
    const file = { location: "main", locationUid: metadata.uid ?? "", key, until };
    return {
      world,
      path: signedPath(file, current),
      get: (path, method = "GET") => fetch(`http://127.0.0.1:${port}${path}`, { method }),
    };
  };

  it("hand out the file and its size, until the time of the URL", async () => {
    const { world, path, get } = await bench();
    const found = await get(path);
    assert.deepEqual([found.status, await found.text()], [200, "the log"]);
    assert.equal(found.headers.get("cache-control"), "private, no-store");
    const head = await get(path, "HEAD");
    assert.deepEqual([head.status, head.headers.get("content-length")], [200, "7"]);
    await world.clock.advance(600_000);
    const late = await get(path);
    assert.equal(late.status, 403);
    assert.match(await late.text(), /expired/);
  });

  it("know no file that is gone, nor one of a location that was made again", async () => {
    const { world, path, get } = await bench();
    await world.store("main").remove(key, { signal });
    assert.deepEqual([(await get(path)).status, (await get(path, "HEAD")).status], [404, 404]);
    await world.store("main").put(key, Buffer.from("another's"), { signal });
    await world.remove(backupStorageLocationKind, "main");
    await world.location("main");
    assert.equal((await get(path)).status, 404);
  });

  it("look for a key that another replica has made meanwhile", async () => {
    const { path, get } = await bench(undefined, { known: [], afterRefresh: [current] });
    assert.equal((await get(path)).status, 200);
  });

  it("are sixteen at once, and who comes then is told to come later", async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let begun = 0;
    const { path, get } = await bench((store) => ({
      ...store,
      async get(name, options) {
        begun += 1;
        await held;
        return await store.get(name, options);
      },
    }));
    const waiting = Array.from({ length: 16 }, () => get(path));
    while (begun < 16) await new Promise((resolve) => setImmediate(resolve));
    const refused = await get(path);
    assert.deepEqual([refused.status, refused.headers.get("retry-after")], [503, "5"]);
    release();
    const answers = await Promise.all(waiting);
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
    await Promise.all(answers.map((answer) => answer.text()));
    assert.equal((await get(path)).status, 200);
  });

  it("cut off what the store breaks off, so that nobody takes a part for the whole", async () => {
    const { path, get } = await bench((store) => ({
      ...store,
      async get() {
        const body = (async function* () {
          yield Buffer.from("the ");
          throw new Error("the store is gone");
        })();
        return { sizeBytes: 7, body };
      },
    }));
    await assert.rejects(async () => await (await get(path)).text());
  });
});
