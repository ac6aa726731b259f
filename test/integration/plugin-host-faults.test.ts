/** Plugins that die, hang and are cut off, and hosts that are killed. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import type { PluginHostOptions } from "../../src/adapters/plugin-host/host-options.ts";
import { openPluginObjectStore } from "../../src/adapters/plugin-host/object-store/open-object-store.ts";
import { surveyPrograms } from "../../src/adapters/plugin-host/survey-programs.ts";
import type { ObjectStore } from "../../src/ports/object-store.ts";
import { buildPlugin } from "../support/example-plugins/build-plugin.ts";
import { hostOptions } from "../support/plugin-host-options.ts";
import { listKeys, readText, rejectsWithCode } from "../support/store-testing.ts";
import { waitFor } from "../testbed/wait.ts";

const root = mkdtempSync(join(tmpdir(), "ark-plugin-faults-"));
after(() => rmSync(root, { recursive: true, force: true }));
const never = new AbortController().signal;
const patience = { timeoutMs: 240_000 };
let path = "";
before(async () => {
  path = await buildPlugin("folder-store", root);
});

interface Opened {
  readonly store: ObjectStore;
  /** What the plugin was asked, over all its processes. */
  calls(): readonly string[];
  /** The bucket's. */
  readonly folder: string;
  /** What lies in the bucket, unfinished files included. */
  files(): readonly string[];
}

let count = 0;
function open(
  context: TestContext,
  config: Record<string, string> = {},
  more: Partial<PluginHostOptions> = {},
): Opened {
  const own = join(root, String(count++));
  const bucket = join(own, "b");
  mkdirSync(bucket, { recursive: true });
  const log = join(own, "calls");
  writeFileSync(log, "");
  const plugin = "example.io/folder";
  const location = { provider: plugin, bucket: "b", prefix: "", config: { root: own, ...config } };
  const options = hostOptions({ FOLDER_STORE_LOG: log }, more);
  const store = openPluginObjectStore(
    { command: { path, args: [] }, plugin, location },
    { ...options, ...more },
  );
  context.after(() => store.close());
  return {
    store,
    folder: bucket,
    calls: () => readFileSync(log, "utf8").split("\n").filter(Boolean),
    files: () => readdirSync(bucket),
  };
}

const large = Buffer.alloc(64 * 1024 * 1024, "a");

describe("a put through a plugin that does not come to its end (plugins.md g.1, test 3)", () => {
  it("leaves no object when it is aborted while the plugin takes the bytes", async (context) => {
    const stall = join(root, "go-on");
    const { store, calls, files } = open(context, { stall });
    const stop = new AbortController();
    const put = store.put("k", large, { signal: stop.signal });
    put.catch(() => undefined);
    await waitFor("the put to begin", () => calls().includes("put k"), patience);
    stop.abort(new Error("enough"));
    // Only now the plugin reads on, and must meet an error, not the end.
    writeFileSync(stall, "");
    await assert.rejects(put, /enough/);
    // On a machine that is slow beyond measure it is killed, and leaves its unfinished file.
    const gaveUp = () => files().length === 0 || calls().filter((one) => one === "init").length > 1;
    await waitFor("the plugin to give up", gaveUp, patience);
    assert.equal(await store.head("k", { signal: never }), undefined);
    await store.put("k", Buffer.from("whole"), { signal: never });
    assert.equal(await readText(store, "k", never), "whole");
  });

  it("leaves no object when its time is over, and the plugin is killed", async (context) => {
    const { store, files } = open(
      context,
      { stall: join(root, "never") },
      { callTimeoutMs: 15_000 },
    );
    const error = await rejectsWithCode(
      store.put("k", large, { signal: never }),
      "ARK_STORE_UNREACHABLE",
    );
    assert.match(error.message, /PutObject within 15 s, and was killed; .*not known/);
    assert.equal(await store.head("k", { signal: never }), undefined);
    assert.ok(files().every((name) => name.startsWith(".unfinished-")));
  });

  it("keeps an older object under that key", async (context) => {
    const stall = join(root, "later");
    const { store, calls } = open(context, { stall });
    writeFileSync(stall, "");
    await store.put("k", Buffer.from("older"), { signal: never });
    rmSync(stall);
    const stop = new AbortController();
    const put = store.put("k", large, { signal: stop.signal });
    put.catch(() => undefined);
    const puts = () => calls().filter((call) => call === "put k").length === 2;
    await waitFor("the second put to begin", puts, patience);
    stop.abort(new Error("enough"));
    writeFileSync(stall, "");
    await assert.rejects(put, /enough/);
    assert.equal(await readText(store, "k", never), "older");
  });
});

describe("an object of 256 MiB (plugins.md g.1, test 4)", () => {
  it("goes through the plugin piece by piece, never whole in its memory", async (context) => {
    const { store, calls, folder } = open(context);
    await store.put("k", Buffer.alloc(256 * 1024 * 1024, "b"), { signal: never });
    const [, peak] = /^stored k with (\d+) KiB$/m.exec(calls().join("\n")) ?? [];
    // Node itself has some 80 MiB.
    assert.ok(Number(peak) < 224 * 1024, `${peak} KiB`);
    assert.equal(statSync(join(folder, "k")).size, 256 * 1024 * 1024);
  });
});

describe("a plugin that dies (plugins.md g.1, test 8)", () => {
  const calls: Readonly<Record<string, (store: ObjectStore) => Promise<unknown>>> = {
    put: (store) => store.put("crash-put", Buffer.from("x"), { signal: never }),
    get: (store) => readText(store, "crash-get", never),
    exists: (store) => store.head("crash-exists", { signal: never }),
    list: (store) => listKeys(store, "crash-list", never),
    delete: (store) => store.remove("crash-delete", { signal: never }),
  };
  for (const [call, ask] of Object.entries(calls)) {
    it(`in ${call} fails that call only; the next process is told its config once`, async (context) => {
      const opened = open(context);
      const { store } = opened;
      await store.put("k", Buffer.from("kept"), { signal: never });
      const error = await rejectsWithCode(ask(store), "ARK_STORE_UNREACHABLE");
      assert.match(error.message, /ended during \w+, and whether it did it is not known/);
      assert.equal(await readText(store, "k", never), "kept");
      await store.put("k", Buffer.from("again"), { signal: never });
      const told = opened.calls().filter((one) => one === "init").length;
      // What a put has left is looked for, which starts the plugin as well.
      assert.equal(told, 2);
    });
  }

  it("more than ten times without an answer is not started any more, and that is said", async (context) => {
    const { clock } = hostOptions();
    // The back-off between starts; what limits a start stays.
    const sleep: typeof clock.sleep = (ms, signal) => clock.sleep(ms > 30_000 ? ms : 0, signal);
    const { store, calls } = open(context, {}, { clock: { ...clock, sleep } });
    const ask = () => store.head("crash-exists", { signal: never });
    for (let death = 1; death <= 11; death++) await rejectsWithCode(ask(), "ARK_STORE_UNREACHABLE");
    const error = await rejectsWithCode(ask(), "ARK_PLUGIN_DISABLED");
    assert.match(error.message, /not started again: it ended 11 times without an answer/);
    assert.match(error.answer ?? "", /ended during ObjectExists.*SIGKILL/);
    assert.equal(calls().filter((one) => one === "init").length, 11);
  });
});

describe("a host that is killed (plugins.md g.1, test 10)", () => {
  it("leaves a plugin and its folder, which the next host ends and removes", async () => {
    const folder = mkdtempSync(join(tmpdir(), "apf-"));
    try {
      const script = fileURLToPath(
        new URL("../support/example-plugins/host-to-kill.ts", import.meta.url),
      );
      const host = spawn(process.execPath, [script, path, folder], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const [line] = (await once(host.stdout, "data")) as [Buffer];
      const plugin = Number(line.toString());
      host.kill("SIGKILL");
      await once(host, "exit");
      const isAlive = () => existsSync(`/proc/${plugin}/exe`);
      assert.ok(isAlive());
      const sockets = join(folder, `ark-ts-plugins-${process.getuid?.()}`);
      assert.equal(readdirSync(sockets).length, 1);
      const options = hostOptions({ TMPDIR: folder });
      await surveyPrograms(join(folder, "no-plugins"), options, never);
      await waitFor("the orphan to end", () => !isAlive(), patience);
      assert.deepEqual(readdirSync(sockets), []);
      assert.ok(options.lines.some(({ fields }) => fields["pid"] === plugin));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
