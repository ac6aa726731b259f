/** Policy `recreate`: what differs is deleted and made anew, and what it was is kept. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { annotations } from "../../src/api/labels.ts";
import { restoreKeys } from "../../src/format/keys.ts";
import { ApiError, type Cluster } from "../../src/ports/cluster.ts";
import { undoRestore } from "../../src/restore/undo/undo-restore.ts";
import { startMortalProcess } from "../support/mortal-process.ts";
import {
  changes,
  formers,
  idle,
  make,
  recreate,
  settings,
  shop,
  start,
  worldWithDrift,
  writes,
} from "./changed-world.ts";
import { createRestoreWorld, partOf, plain } from "./restore-world.ts";

describe("a restore with policy recreate", () => {
  it("deletes what differs and makes it anew, and keeps what it was", async () => {
    const world = await worldWithDrift();
    const before = await world.live("configmaps", "shop/settings");
    const report = await world.restore({}, recreate);
    assert.equal(report.restore.status.phase, "Completed", JSON.stringify(report.findings));
    assert.deepEqual([report.created, report.recreated, report.updated], [0, 1, 0]);
    const after = await world.live("configmaps", "shop/settings");
    assert.deepEqual(after?.["data"], { mode: "blue" });
    assert.notEqual(after?.metadata["uid"], before?.metadata["uid"]);
    const [former, ...others] = await formers(world);
    assert.deepEqual(others, []);
    assert.deepEqual(JSON.parse(JSON.stringify(former?.object)), before);
    assert.equal(former?.write, "recreate");
    const [change] = await changes(world);
    assert.equal(change?.action, "recreated");
    assert.equal(change?.uid, after?.metadata["uid"]);
  });

  it("touches nothing that is equal, when it runs again", async () => {
    const world = await worldWithDrift();
    await world.restore({}, recreate);
    const count = world.seen.filter(({ method }) => method !== "GET").length;
    const again = await world.restore({}, { ...recreate, name: "r2" });
    assert.equal(again.skipped, 2);
    assert.equal(world.seen.filter(({ method }) => method !== "GET").length, count);
  });

  it("deletes exactly the object that it looked at, and looks again when that has changed", async () => {
    const world = await worldWithDrift();
    const asked: { readonly propagation?: string | undefined }[] = [];
    const remove: Cluster["remove"] = async (ref, options) => {
      asked.push(options);
      if (asked.length === 1) {
        const change = Buffer.from(JSON.stringify({ data: { mode: "red" } }));
        await world.cluster.patch(ref, "merge", change, { signal: idle });
      }
      return await world.cluster.remove(ref, options);
    };
    const report = await start(world, { cluster: { ...world.cluster, remove } });
    assert.equal(report.recreated, 1);
    assert.deepEqual(
      asked.map(({ propagation }) => propagation),
      ["Orphan", "Orphan"],
    );
    const kept = (await formers(world)).map(({ object }) => object["data"]);
    assert.deepEqual(JSON.parse(JSON.stringify(kept)), [{ mode: "green" }, { mode: "red" }]);
    const { store, clock } = world;
    const log = { write: () => {} };
    await undoRestore({ restore: "r1" }, { cluster: world.cluster, store, clock, log }, idle);
    const back = await world.live("configmaps", "shop/settings");
    assert.deepEqual(back?.["data"], { mode: "red" }, "what was deleted, not what was looked at");
  });

  it("is undone no more when another object has its name, and that is said", async () => {
    const world = await worldWithDrift();
    await world.restore({}, recreate);
    const { cluster, store, clock } = world;
    const kind = { ...world.server.catalog.kinds().find((one) => one.kind === "ConfigMap")! };
    const ref = { kind: kind as never, namespace: "shop", name: "settings" };
    await cluster.remove(ref, { signal: idle });
    await make(world, settings("green"));
    const ports = { cluster, store, clock, log: { write: () => {} } };
    const [outcome] = (await undoRestore({ restore: "r1" }, ports, idle)).outcomes;
    assert.match(outcome?.reason ?? "", /another object has its name by now/);
  });

  it("names what holds an object that does not go away, and says so once", async () => {
    const held = { metadata: { ...settings("green").metadata, finalizers: ["demo.example/hold"] } };
    const world = await worldWithDrift(held);
    const report = await world.restore({}, recreate);
    assert.equal(report.restore.status.phase, "PartiallyFailed");
    const [finding] = report.findings;
    assert.equal(finding?.code, "ARK_OBJECT_TERMINATING");
    assert.match(finding?.message ?? "", /still there after 120 s.*demo\.example\/hold/);
    assert.ok(
      world.told.some(({ waitingFor }) =>
        waitingFor?.includes('ConfigMap "shop/settings" to go away; held by demo.example/hold'),
      ),
    );
    assert.equal((await formers(world)).length, 1);
  });

  it("puts the former object back when the API server refuses the backup's", async () => {
    const world = await worldWithDrift();
    let creates = 0;
    world.server.faults = ({ method, path, query }) => {
      if (method !== "POST" || !path.endsWith("/configmaps") || query.has("dryRun"))
        return undefined;
      creates += 1;
      // The first of each pass is the backup's.
      if (creates % 2 === 0) return undefined;
      return { status: 422 };
    };
    const report = await world.restore({}, recreate);
    assert.equal(report.failed, 1);
    assert.match(report.findings[0]?.message ?? "", /status 422; the former object was put back/);
    const after = await world.live("configmaps", "shop/settings");
    assert.deepEqual(after?.["data"], { mode: "green" });
  });

  it("deletes nothing that the API server would not make: by what the user may, and by a dry-run", async () => {
    const refusals: readonly (readonly [string, string, number, RegExp])[] = [
      ["/selfsubjectaccessreviews", "", 403, /^$/],
      ["/configmaps", "All", 403, /; so it was not deleted, and is as it was/],
      ["/configmaps", "All", 422, /; so it was not deleted, and is as it was/],
      ["/configmaps", "All", 500, /; so it was not deleted, and is as it was/],
    ];
    for (const [end, dryRun, status, sentence] of refusals) {
      const world = await worldWithDrift();
      const before = await world.live("configmaps", "shop/settings");
      world.server.faults = ({ method, path, query }) =>
        method === "POST" && path.endsWith(end) && (query.get("dryRun") ?? "") === dryRun
          ? { status }
          : undefined;
      const report = await world.restore({}, recreate);
      const after = await world.live("configmaps", "shop/settings");
      const told = report.findings.map(({ message }) => message).join("\n");
      assert.match(told, sentence);
      if (dryRun === "")
        assert.equal(report.recreated, 1, "who may not ask is answered by the dry-run");
      else {
        assert.deepEqual(after, before, `${end} ${status}`);
        assert.equal(report.failed, 1);
        assert.deepEqual(await formers(world), []);
      }
    }
  });

  it("keeps the addresses of a Service, unless the API server refuses them, and then says so", async () => {
    const service = (more: object) =>
      plain("v1", "Service", "shop/web", { spec: { type: "NodePort", ...more } });
    const live = { clusterIP: "10.0.0.7", ports: [{ port: 81, nodePort: 30081 }] };
    for (const isTaken of [false, true]) {
      const world = createRestoreWorld();
      await world.backUp([shop, service({ clusterIP: "10.0.0.5", ports: [{ port: 81 }], x: 1 })]);
      await make(world, shop);
      await make(world, service(live));
      const create: Cluster["create"] = async (ref, body, options) => {
        if (!isTaken || options.dryRun === true || !Buffer.from(body).includes("10.0.0.7")) {
          return await world.cluster.create(ref, body, options);
        }
        const api = { status: 422, reason: "Invalid", serverMessage: "taken", causes: [] };
        throw new ApiError("ARK_API_ERROR" as never, "taken", api as never);
      };
      const report = await start(world, { cluster: { ...world.cluster, create } });
      assert.deepEqual([report.recreated, report.failed], [1, 0], JSON.stringify(report.findings));
      const now = partOf(await world.live("services", "shop/web"), "spec");
      assert.deepEqual(now["ports"], isTaken ? [{ port: 81 }] : live.ports);
      assert.equal(now["clusterIP"], isTaken ? undefined : "10.0.0.7");
      assert.deepEqual(
        report.findings.map(({ code, message }) => `${code} ${message.split(": ")[1]}`),
        isTaken
          ? [
              "ARK_ADDRESS_CHANGED cluster IP 10.0.0.7 is now none, node port of 81/TCP 30081 is now none",
            ]
          : [],
      );
    }
  });

  it("deletes few objects before it makes them anew, however many differ", async () => {
    const world = createRestoreWorld();
    const names = Array.from({ length: 200 }, (_, at) => `shop/one-${at}`);
    const each = (mode: string) =>
      names.map((name) => plain("v1", "ConfigMap", name, { data: { mode } }));
    await world.backUp([shop, ...each("blue")]);
    await make(world, shop);
    for (const one of each("green")) await make(world, one);
    const gone = new Set<string>();
    let most = 0;
    const { cluster } = world;
    const watched: Cluster = {
      ...cluster,
      async remove(ref, options) {
        gone.add(ref.name);
        most = Math.max(most, gone.size);
        return await cluster.remove(ref, options);
      },
      async create(ref, body, options) {
        const made = await cluster.create(ref, body, options);
        gone.delete(ref.name);
        return made;
      },
    };
    const report = await start(world, { cluster: watched }, { limits: {} });
    assert.equal(report.recreated, names.length, JSON.stringify(report.findings));
    assert.ok(most > 1 && most <= 16, `${most} were away at once`);
  });

  it("leaves protected kinds alone, and names the flag that does not", async () => {
    const world = createRestoreWorld();
    const claim = (size: string) =>
      plain("v1", "PersistentVolumeClaim", "shop/data", {
        spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: size } } },
      });
    await world.backUp([shop, claim("1Gi")]);
    await make(world, shop);
    await make(world, claim("2Gi"));
    const before = await world.live("persistentvolumeclaims", "shop/data");
    const report = await world.restore({}, recreate);
    const after = await world.live("persistentvolumeclaims", "shop/data");
    assert.equal(after?.metadata["uid"], before?.metadata["uid"]);
    const finding = report.findings.find(({ code }) => code === "ARK_OBJECT_DIFFERS");
    assert.match(finding?.advice ?? "", /--recreate-objects persistentvolumeclaims\/shop\/data/);
    const named = {
      annotations: {
        ...recreate.annotations,
        [annotations.recreateObjects]: "pvc/shop/data",
      },
    };
    const second = await world.restore({}, { ...named, name: "r2" });
    assert.equal(second.recreated, 1, JSON.stringify(second.findings));
  });
});

describe("a restore with policy recreate that is killed", () => {
  for (const when of ["before", "after"] as const) {
    it(`is continued from ${when} any write: one delete, one create, and the first former object`, async () => {
      let deaths = 0;
      for (let at = 1; at <= 20; at += 1) {
        const world = await worldWithDrift();
        const original = await world.live("configmaps", "shop/settings");
        const process = startMortalProcess(
          { cluster: world.cluster, store: world.store },
          { at, when },
        );
        const first = start(world, { cluster: process.cluster, store: process.store });
        const ended = await Promise.race([process.died, first.then(() => "ended" as const)]);
        if (ended === "ended") continue;
        deaths += 1;
        // Nothing was left to be done but to say so.
        if (!world.store.keys().some((key) => key.startsWith("metadata/"))) continue;
        const isRecorded = world.store.keys().includes(restoreKeys("r1").record);
        const report = await start(world, {});
        const where = `killed ${when} write ${at}`;
        assert.equal(report.restore.status.phase, "Completed", where);
        if (!isRecorded) assert.deepEqual([report.recreated, report.created], [1, 0], where);
        assert.equal(writes(world, "DELETE"), 1, where);
        assert.equal(writes(world, "POST"), 2, `${where}: the test's own create and one`);
        const [former] = await formers(world);
        assert.deepEqual(JSON.parse(JSON.stringify(former?.object)), original, where);
        const [change] = await changes(world);
        assert.equal(change?.action, "recreated", where);
        const after = await world.live("configmaps", "shop/settings");
        assert.equal(change?.uid, after?.metadata["uid"], where);
      }
      assert.ok(deaths >= 8, `${deaths} deaths`);
    });
  }
});

describe("a restore with options that cannot be meant", () => {
  it("is refused before its first write, in a sentence", async () => {
    const world = await worldWithDrift();
    const count = world.seen.length;
    const refused: readonly (readonly [string, string, RegExp])[] = [
      [annotations.prune, "maybe", /is true or false, not "maybe"/],
      [annotations.existingResourcePolicy, "replace", /is recreate, not "replace"/],
      [annotations.includeObjects, "deployments", /"deployments" is not KIND\/NAME/],
      [annotations.recreateObjects, "pvc/shop/*", /named without globs/],
    ];
    for (const [key, value, sentence] of refused) {
      await assert.rejects(world.restore({}, { annotations: { [key]: value } }), {
        code: "ARK_USAGE",
        message: sentence,
      });
    }
    assert.equal(world.seen.length, count);
  });

  it("refuses a namespace to be recreated: an existing one is left as it is", async () => {
    const world = await worldWithDrift();
    const asked = {
      [annotations.existingResourcePolicy]: "recreate",
      [annotations.recreateObjects]: "ns/shop",
    };
    await assert.rejects(world.restore({}, { annotations: asked }), {
      code: "ARK_USAGE",
      message: /ns\/shop cannot be recreated: an existing namespace is left as it is/,
    });
  });

  it("takes the named objects only", async () => {
    const world = await worldWithDrift();
    await world.backUp([shop, settings("blue"), plain("v1", "ConfigMap", "shop/other")], "b2");
    const only = { annotations: { [annotations.includeObjects]: "cm/shop/o*" } };
    const report = await world.restore({ backupName: "b2" }, only);
    assert.deepEqual([report.created, report.skipped], [1, 0], JSON.stringify(report.findings));
    const unknown = { annotations: { [annotations.includeObjects]: "gadgets/x" }, name: "r2" };
    await assert.rejects(world.restore({}, unknown), { code: "ARK_KIND_UNKNOWN" });
  });
});
