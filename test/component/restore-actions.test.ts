import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import { readItemOperations, readResourceList } from "../../src/catalog/read-side-file.ts";
import { restoreKeys } from "../../src/format/keys.ts";
import type { RestoreItemAction } from "../../src/ports/restore-item-action.ts";
import type { RestoreReport } from "../../src/restore/restore-request.ts";
import { actionOn, annotated, configMapRef, createMover, nameOf } from "./restore-actions-world.ts";
import { createRestoreWorld, namespaceNamed, type Plain, plain } from "./restore-world.ts";

const idle = new AbortController().signal;
const configMap = (place: string, metadata: object = {}): Plain =>
  plain("v1", "ConfigMap", place, { data: { key: "value" }, metadata });
const claim = (name: string, metadata: object = {}): Plain =>
  plain("v1", "PersistentVolumeClaim", `shop/${name}`, { spec: {}, metadata });

async function worldOf(objects: readonly Plain[], ...actions: readonly RestoreItemAction[]) {
  const world = createRestoreWorld({ actions });
  await world.backUp([namespaceNamed("shop"), ...objects]);
  return world;
}

const told = ({ findings }: RestoreReport): string =>
  findings.map(({ severity, message }) => `${severity}: ${message}`).join("\n");

describe("item actions of a restore", () => {
  it("get the item as the rules left it and as it was backed up, and their answer is restored", async () => {
    const seen: unknown[] = [];
    const action = actionOn("configmaps", ({ item, itemFromBackup, resource }) => {
      seen.push([resource, item["metadata"], (itemFromBackup["metadata"] as { uid?: string }).uid]);
      return { item: annotated(item, { touched: "yes" }) };
    });
    const world = await worldOf([configMap("shop/a", { labels: { app: "x" } })], action);
    const report = await world.restore({ namespaceMapping: { shop: "market" } });
    assert.equal(report.restore.status.phase, "Completed", told(report));
    const metadata = { name: "a", namespace: "shop", labels: { app: "x" } };
    assert.deepEqual(JSON.parse(JSON.stringify(seen)), [
      ["configmaps", metadata, "uid-ConfigMap-shop/a"],
    ]);
    const live = await world.live("configmaps", "market/a");
    assert.deepEqual(live?.metadata["annotations"], { touched: "yes" });
  });

  it("see what the one before made, and are chosen by namespace of the target and label", async () => {
    const first = actionOn("configmaps", ({ item }) => ({
      item: annotated({ ...item }, { first: "yes" }),
    }));
    const second: RestoreItemAction = {
      name: "example.io/second",
      appliesTo: { includedNamespaces: ["market"], labelSelector: "app=x" },
      execute: ({ item }) => {
        const annotations = (item["metadata"] as { annotations?: object }).annotations ?? {};
        return { item: annotated(item, { second: Object.keys(annotations).join() }) };
      },
    };
    const objects = [configMap("shop/a", { labels: { app: "x" } }), configMap("shop/b")];
    const world = await worldOf(objects, first, second);
    await world.restore({ namespaceMapping: { shop: "market" } });
    const of = async (name: string) =>
      (await world.live("configmaps", `market/${name}`))?.metadata["annotations"];
    assert.deepEqual(await of("a"), { first: "yes", second: "first" });
    assert.deepEqual(await of("b"), { first: "yes" });
  });

  it("leave an item out, fail one, and never let Velero's mark into the cluster", async () => {
    const mark = { "restore.velero.io/must-include-additional-items": "false" };
    const action = actionOn("configmaps", (given) => {
      if (nameOf(given) === "out") return { skipRestore: true };
      if (nameOf(given) === "bad") throw new Error("no such disk");
      return { item: annotated(given.item, mark) };
    });
    const names = ["out", "bad", "good"];
    const world = await worldOf(
      names.map((name) => configMap(`shop/${name}`)),
      action,
    );
    const report = await world.restore();
    assert.equal(report.restore.status.phase, "PartiallyFailed");
    assert.match(
      told(report),
      /action example\.io\/change failed on ConfigMap "shop\/bad": no such disk/,
    );
    assert.equal(await world.live("configmaps", "shop/out"), undefined);
    const good = await world.live("configmaps", "shop/good");
    assert.deepEqual(good?.metadata["annotations"] ?? {}, {});
    assert.deepEqual([report.created, report.skipped, report.failed], [2, 1, 1]);
  });

  it("48: change the kind of an item, which then is written, told and undone as what it became", async () => {
    const action = actionOn("widgets.demo.example", ({ item }) => ({
      item: { ...item, apiVersion: "v1", kind: "ConfigMap" },
    }));
    const widget = plain("demo.example/v1", "Widget", "shop/w", { data: { size: "2" } });
    const world = await worldOf([widget], action);
    const report = await world.restore();
    assert.equal(report.restore.status.phase, "Completed", told(report));
    assert.ok(await world.live("configmaps", "shop/w"));
    const list = await readResourceList(world.store, restoreKeys("r1").resourceList, idle);
    assert.deepEqual(list?.get("v1/ConfigMap"), ["shop/w(created)"]);
    const changes = gunzipSync(world.store.bytes(restoreKeys("r1").changes)).toString();
    assert.match(changes, /"resource":"configmaps","version":"v1","kind":"ConfigMap"/);
  });

  it("48: fail an item that they give a kind which is not served", async () => {
    const action = actionOn("configmaps", ({ item }) => ({
      item: { ...item, apiVersion: "demo.example/v9", kind: "Gadget" },
    }));
    const report = await (await worldOf([configMap("shop/a")], action)).restore();
    assert.equal(report.failed, 1);
    assert.match(
      told(report),
      /changed from v1 ConfigMap to demo\.example\/v9 Gadget, which is not served here/,
    );
  });

  it("ask for items, which are restored first, once, whatever labels select", async () => {
    const action = actionOn("configmaps", (given) =>
      nameOf(given) === "a"
        ? {
            additionalItems: [configMapRef("z"), configMapRef("gone")],
            waitForAdditionalItems: true,
          }
        : {},
    );
    const asked: unknown[] = [];
    let polls = 0;
    const waits: RestoreItemAction = {
      ...action,
      async areAdditionalItemsReady(items) {
        asked.push(items);
        polls += 1;
        return polls === 3;
      },
    };
    const objects = [configMap("shop/a", { labels: { app: "x" } }), configMap("shop/z")];
    const world = await worldOf(objects, waits);
    const report = await world.restore({ labelSelector: { matchLabels: { app: "x" } } });
    assert.match(
      told(report),
      /warning: .*asked for configmaps shop\/gone with ConfigMap "shop\/a"/,
    );
    const posts = world.seen.filter(
      ({ method, path }) => method === "POST" && /configmaps/.test(path),
    );
    assert.equal(posts.length, 2);
    assert.deepEqual(asked, [[configMapRef("z")], [configMapRef("z")], [configMapRef("z")]]);
    assert.ok(await world.live("configmaps", "shop/z"));
    const list = await readResourceList(world.store, restoreKeys("r1").resourceList, idle);
    assert.deepEqual(list?.get("v1/ConfigMap"), ["shop/a(created)", "shop/z(created)"]);
  });

  it("ask for each other without end: each is restored once", async () => {
    const action = actionOn("configmaps", (given) => ({
      additionalItems: ["a", "b", "c"]
        .filter((name) => name !== nameOf(given))
        .map((name) => configMapRef(name)),
    }));
    const world = await worldOf(
      ["a", "b", "c"].map((name) => configMap(`shop/${name}`)),
      action,
    );
    const report = await world.restore();
    assert.deepEqual([report.created, report.failed], [4, 0], told(report));
  });

  it("ask for what the filters leave out: only where they insist", async () => {
    for (const mustInclude of [false, true]) {
      const action = actionOn("configmaps", () => ({
        additionalItems: [{ resource: "secrets", namespace: "other", name: "key" }],
        ...(mustInclude ? { mustInclude: true as const } : {}),
      }));
      const secret = plain("v1", "Secret", "other/key", { type: "Opaque", data: {} });
      const world = await worldOf([namespaceNamed("other"), configMap("shop/a"), secret], action);
      const report = await world.restore({ includedNamespaces: ["shop"] });
      assert.equal(report.failed, 0, told(report));
      const isThere = (await world.live("secrets", "other/key")) !== undefined;
      assert.equal(isThere, mustInclude, `must include: ${mustInclude}`);
    }
  });

  it("wait for items that never are ready: an error, and the item is restored, as in Velero", async () => {
    const action: RestoreItemAction = {
      ...actionOn("persistentvolumeclaims", () => ({
        additionalItems: [configMapRef("z")],
        waitForAdditionalItems: true,
        additionalItemsReadyTimeoutMs: 5_000,
      })),
      areAdditionalItemsReady: async () => false,
    };
    const world = await worldOf([claim("data"), configMap("shop/z")], action);
    const report = await world.restore();
    assert.match(told(report), /error: what action .* was not ready after 5 s; it was restored/);
    assert.ok(await world.live("persistentvolumeclaims", "shop/data"));
  });
});

describe("operations of a restore", () => {
  it("are waited for, counted, and stored in Velero's file", async () => {
    const mover = createMover({ polls: 3, fate: (name) => (name === "b" ? "fails" : "ends") });
    const facts = ["a", "b"].map((name) => configMap(`shop/${name}-facts`));
    const world = await worldOf([claim("a"), claim("b"), ...facts], mover.action);
    const report = await world.restore();
    const { status } = report.restore;
    assert.equal(status.phase, "PartiallyFailed");
    assert.match(
      told(report),
      /operation move-b of action example\.io\/move on .* failed: disk on fire/,
    );
    assert.deepEqual(
      [
        status.restoreItemOperationsAttempted,
        status.restoreItemOperationsCompleted,
        status.restoreItemOperationsFailed,
      ],
      [2, 1, 1],
    );
    const key = "restores/r1/restore-r1-itemoperations.json.gz";
    const operations = await readItemOperations(world.store, key, idle);
    assert.deepEqual(
      operations?.map(({ action, operationId, phase }) => [action, operationId, phase]).sort(),
      [
        ["example.io/move", "move-a", "Completed"],
        ["example.io/move", "move-b", "Failed"],
      ],
    );
  });

  it("that do not end in time are cancelled, and fail", async () => {
    const mover = createMover({ fate: () => "never" });
    const world = await worldOf([claim("a"), configMap("shop/a-facts")], mover.action);
    const report = await world.restore({ itemOperationTimeout: "30m0s" });
    assert.deepEqual(mover.cancelled, ["a"]);
    assert.match(told(report), /did not end within 30m0s, and was cancelled/);
    const waits = world.told.map(({ waitingFor = "" }) => waitingFor);
    assert.ok(
      waits.includes(
        "1 operation: example.io/move of persistentvolumeclaims shop/a, 3 of 7 Bytes, moving",
      ),
      waits.join(),
    );
    assert.equal(report.restore.status.phase, "PartiallyFailed");
  });

  it("are cancelled with their restore", async () => {
    const mover = createMover({ fate: () => "never" });
    const world = await worldOf([claim("a"), configMap("shop/a-facts")], mover.action);
    const cancel = new AbortController();
    const { progress } = mover.action.operations!;
    let polls = 0;
    const operations = {
      ...mover.action.operations!,
      progress: (...args: Parameters<typeof progress>) => {
        polls += 1;
        if (polls === 3) cancel.abort();
        return progress(...args);
      },
    };
    const cancelling = createRestoreWorld({ actions: [{ ...mover.action, operations }] });
    await cancelling.backUp([namespaceNamed("shop"), claim("a"), configMap("shop/a-facts")]);
    const report = await cancelling.restore({}, {}, cancel.signal);
    assert.equal(report.restore.status.phase, "Failed");
    assert.deepEqual(mover.cancelled, ["a"]);
    assert.equal(world.seen.length, 0);
  });
});
