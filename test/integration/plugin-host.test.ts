import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import { openPluginActions } from "../../src/adapters/plugin-host/item-actions/open-plugin-actions.ts";
import { type ListedPlugin, listPluginsOf } from "../../src/adapters/plugin-host/list-plugins.ts";
import { openPluginObjectStore } from "../../src/adapters/plugin-host/object-store/open-object-store.ts";
import { openPluginVolumeSnapshotter } from "../../src/adapters/plugin-host/volume-snapshotter/open-volume-snapshotter.ts";
import { readRawObject } from "../../src/api/read-raw-object.ts";
import type { ActionBackup } from "../../src/ports/item-action.ts";
import { buildPlugin } from "../support/example-plugins/build-plugin.ts";
import { hostOptions } from "../support/plugin-host-options.ts";
import { collect, readText, rejectsWithCode } from "../support/store-testing.ts";
import { waitFor } from "../testbed/wait.ts";

const root = mkdtempSync(join(tmpdir(), "ark-plugins-"));
after(() => rmSync(root, { recursive: true, force: true }));
const never = new AbortController().signal;
let path = "";
let listed: readonly ListedPlugin[] = [];
before(async () => {
  path = await buildPlugin("every-kind", root);
  ({ plugins: listed } = await listPluginsOf(command(), hostOptions(), never));
});
const command = () => ({ path, args: [] });

const backup: ActionBackup = {
  name: "b",
  uid: "u-1",
  spec: { includedNamespaces: ["shop"] },
  phase: "InProgress",
};

function configMap(name: string, more: { fault?: string; data?: string; big?: string } = {}) {
  const annotations =
    more.fault === undefined ? "" : `,"annotations":{"test/fault":"${more.fault}"}`;
  const text = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"${name}","namespace":"shop"${annotations}},"data":{"k":"${more.data ?? ""}"},"big":${more.big ?? "1"}}`;
  return { resource: "configmaps", object: readRawObject(Buffer.from(text)) };
}

async function actionsOf(
  context: TestContext,
  purpose: "backup" | "restore" | "deletion" = "backup",
  more: Parameters<typeof hostOptions>[1] = {},
) {
  const options = hostOptions({}, more);
  const resolveKind = (name: string) => (name === "ConfigMap" ? "configmaps" : undefined);
  const host = { ...options, namespace: "velero", resolveKind };
  const actions = await openPluginActions(command(), listed, purpose, host, never);
  context.after(() => actions.close());
  const named = <Action extends { name: string }>(all: readonly Action[], name: string): Action => {
    const found = all.find((action) => action.name === name);
    assert.ok(found, name);
    return found;
  };
  return { actions, named, lines: options.lines };
}

describe("a plugin written with the SDK", () => {
  it("is listed with all its kinds", () => {
    assert.deepEqual(
      listed.map(({ kind, name }) => `${kind} ${name}`),
      [
        "ObjectStore example.io/memory",
        "VolumeSnapshotter example.io/disks",
        "BackupItemAction example.io/stamp",
        "BackupItemAction example.io/look",
        "BackupItemActionV2 example.io/operate",
        "RestoreItemAction example.io/restamp",
        "RestoreItemActionV2 example.io/wait",
        "DeleteItemAction example.io/forget",
        "ItemBlockAction example.io/together",
      ],
    );
  });

  it("changes an item, names others, and its log reaches ours", async (context) => {
    const { actions, named, lines } = await actionsOf(context);
    const stamp = named(actions.backup, "example.io/stamp");
    assert.deepEqual(stamp.appliesTo.includedResources, ["configmaps"]);
    const result = await stamp.execute(configMap("a"), backup, never);
    assert.match(result.object?.bytes.toString() ?? "", /"example.io\/stamp":"seen"/);
    assert.deepEqual(result.additionalItems, [
      { resource: "secrets", namespace: "shop", name: "a-secret" },
    ]);
    // Its log comes another way than its answer.
    const logged = await waitFor(
      "its line of log",
      () => lines.find(({ message }) => message === "stamped"),
      { timeoutMs: 60_000 },
    );
    assert.equal(logged.level, "info");
    assert.equal(logged.fields["kind"], "Backup");
    assert.equal(logged.fields["pluginName"], "every-kind-plugin");
  });

  it("that changes nothing leaves the bytes as they are (plugins.md g.1, test 12)", async (context) => {
    const { actions, named } = await actionsOf(context);
    const item = configMap("a", { big: "9007199254740993" });
    const result = await named(actions.backup, "example.io/look").execute(item, backup, never);
    assert.deepEqual(result, { additionalItems: [] });
  });

  it("begins operations, and tells their progress with 64 bits", async (context) => {
    const { actions, named } = await actionsOf(context);
    const operate = named(actions.backup, "example.io/operate");
    const result = await operate.execute(configMap("a"), backup, never);
    assert.equal(result.operationId, "op-a");
    assert.equal(result.itemsToUpdate?.[0]?.name, "a-secret");
    const progress = await operate.operations?.progress("op-a", backup, never);
    assert.equal(progress?.completed, true);
    assert.equal(progress?.unitsTotal, 2 ** 60);
    await operate.operations?.cancel("op-a", backup, never);
  });

  it("serves restores, deletions and blocks", async (context) => {
    const { actions, named } = await actionsOf(context, "restore");
    const restore = { name: "r", uid: "u", backup: "b", spec: {} };
    const item = {
      metadata: { name: "a", namespace: "shop" },
      apiVersion: "v1",
      kind: "ConfigMap",
    };
    const given = { resource: "configmaps", item, itemFromBackup: item };
    const restamped = await named(actions.restore, "example.io/restamp").execute(
      given,
      restore,
      never,
    );
    assert.match(JSON.stringify(restamped.item), /"was-a":"seen"/);
    const wait = named(actions.restore, "example.io/wait");
    const waiting = await wait.execute(given, restore, never);
    assert.equal(waiting.additionalItemsReadyTimeoutMs, 5_000);
    assert.equal(waiting.waitForAdditionalItems, true);
    const additional = waiting.additionalItems ?? [];
    assert.equal(await wait.areAdditionalItemsReady?.(additional, restore, never), true);
    const failed = await wait.operations?.progress("op", restore, never);
    assert.equal(failed?.error, "the operation failed");
    const { actions: others } = await actionsOf(context, "deletion");
    await others.deletion[0]?.execute(configMap("a"), backup, never);
    const { actions: blocks } = await actionsOf(context);
    assert.equal((await blocks.block[0]?.relatedItems(configMap("a"), backup, never))?.length, 1);
  });

  it("serves volumes; whether a snapshot was made is unknown when it dies", async (context) => {
    const place = { command: command(), plugin: "example.io/disks", location: "here", config: {} };
    const snapshotter = openPluginVolumeSnapshotter(
      { ...place, zoneOf: () => "z1" },
      hostOptions(),
    );
    context.after(() => snapshotter.close());
    const options = { signal: never };
    const volume = {
      apiVersion: "v1",
      kind: "PersistentVolume",
      spec: { csi: { volumeHandle: "v" } },
    };
    const claimed = await snapshotter.claim(volume, options);
    assert.deepEqual(claimed, { volumeId: "v", zone: "z1" });
    const empty = { apiVersion: "v1", kind: "PersistentVolume", spec: {} };
    assert.equal(await snapshotter.claim(empty, options), undefined);
    assert.deepEqual(await snapshotter.describe(claimed, options), {
      volumeType: "fast",
      iops: 3_000n,
    });
    const request = { tags: { "velero.io/backup": "b" }, idempotencyKey: "k" };
    const made = await snapshotter.createSnapshot({ ...claimed, ...request }, options);
    assert.deepEqual(made, { snapshotId: "snap-v-z1-b", ready: "unknown" });
    const lost = snapshotter.createSnapshot({ volumeId: "crash", zone: "", ...request }, options);
    await rejectsWithCode(lost, "ARK_VOLUME_OUTCOME_UNKNOWN");
    const wanted = { snapshotId: "s", volumeType: "fast", zone: "z", idempotencyKey: "k" };
    assert.equal(await snapshotter.createVolume(wanted, options), "vol-s-fast-z-none");
    const bound = await snapshotter.rebind(volume, "new", options);
    assert.match(JSON.stringify(bound), /"volumeHandle":"new"/);
    await rejectsWithCode(snapshotter.findSnapshot("k", options), "ARK_VOLUME_UNSUPPORTED");
  });
});

describe("the host of plugins", () => {
  it("fails only the item on which a plugin dies, and starts it anew (g.1, test 8)", async (context) => {
    const { actions, named } = await actionsOf(context);
    const stamp = named(actions.backup, "example.io/stamp");
    const error = await rejectsWithCode(
      Promise.resolve(stamp.execute(configMap("a", { fault: "crash" }), backup, never)),
      "ARK_PLUGIN_ENDED",
    );
    assert.match(error.message, /^example\.io\/stamp of plugin .* ended during Execute.*SIGKILL/);
    const next = await stamp.execute(configMap("b"), backup, never);
    assert.ok(next.object);
  });

  it("kills a plugin that hangs longer than is allowed, and goes on", async (context) => {
    const { actions, named } = await actionsOf(context, "backup", { callTimeoutMs: 15_000 });
    const stamp = named(actions.backup, "example.io/stamp");
    const hanging = stamp.execute(configMap("a", { fault: "hang" }), backup, never);
    await rejectsWithCode(Promise.resolve(hanging), "ARK_PLUGIN_TIMEOUT");
    assert.ok((await stamp.execute(configMap("b"), backup, never)).object);
  });

  it("hands on the error of a plugin, and its output of 1 MiB (g.1, test 2)", async (context) => {
    const { actions, named } = await actionsOf(context);
    const stamp = named(actions.backup, "example.io/stamp");
    const failing = stamp.execute(configMap("a", { fault: "error" }), backup, never);
    const error = await rejectsWithCode(Promise.resolve(failing), "ARK_PLUGIN_FAILED");
    assert.match(error.message, /the item has the annotation test\/fault/);
    assert.ok((await stamp.execute(configMap("b", { fault: "print" }), backup, never)).object);
  });

  it("refuses an item that no plugin can take, before it is sent (g.1, test 5)", async (context) => {
    const { actions, named } = await actionsOf(context);
    const stamp = named(actions.backup, "example.io/stamp");
    const large = configMap("a", { data: "x".repeat(4 * 1024 * 1024) });
    const error = await rejectsWithCode(
      Promise.resolve(stamp.execute(large, backup, never)),
      "ARK_PLUGIN_TOO_LARGE",
    );
    assert.match(error.advice ?? "", /4194304 bytes/);
    assert.ok((await stamp.execute(configMap("b"), backup, never)).object);
  });

  it("keeps two locations of one provider apart (g.1, test 7)", async (context) => {
    const stores = ["one", "two"].map((who) =>
      openPluginObjectStore(
        {
          command: command(),
          plugin: "example.io/memory",
          location: { provider: "example.io/memory", bucket: "b", prefix: "p", config: { who } },
        },
        hostOptions(),
      ),
    );
    context.after(() => Promise.all(stores.map((store) => store.close())));
    const [one, two] = stores as [(typeof stores)[0], (typeof stores)[0]];
    for (const [index, store] of stores.entries()) {
      await store.put("k", Buffer.from(`store ${index}`), { signal: never });
    }
    assert.equal(await readText(one, "k", never), "store 0");
    assert.equal(await readText(two, "k", never), "store 1");
  });

  it("stores objects of every size around a message, empty ones too (g.1, test 4)", async (context) => {
    const store = openPluginObjectStore(
      {
        command: command(),
        plugin: "example.io/memory",
        location: { provider: "x", bucket: "b", prefix: "", config: {} },
      },
      hostOptions(),
    );
    context.after(() => store.close());
    const sizes = [0, 1, 16_383, 16_384, 16_385, 262_144, 262_145];
    for (const size of [...sizes, 4_194_303, 4_194_304, 4_194_305]) {
      const body = Buffer.alloc(size, size % 251);
      await store.put("k", body, { signal: never });
      const stored = await store.get("k", { signal: never });
      assert.equal(stored.sizeBytes, size);
      assert.ok((await collect(stored)).equals(body));
    }
  });

  it("leaves nothing behind", async () => {
    const folder = join(tmpdir(), `ark-ts-plugins-${process.getuid?.()}`);
    const own = readdirSync(folder).filter((name) => name.startsWith(`${process.pid}-`));
    assert.deepEqual(own, []);
  });
});
