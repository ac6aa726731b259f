/** `restore undo`: what a restore did is taken back, by uid, and told. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { listRestores } from "../../src/catalog/list-restores.ts";
import { readRestoreHere } from "../../src/catalog/read-restore.ts";
import { readResults } from "../../src/catalog/read-side-file.ts";
import { restoreKeys } from "../../src/format/keys.ts";
import { ArkError } from "../../src/lib/errors.ts";
import type { ObjectStore } from "../../src/ports/object-store.ts";
import type { RestoreRequest } from "../../src/restore/restore-request.ts";
import type { UndoPorts, UndoReport, UndoRequest } from "../../src/restore/undo/undo-request.ts";
import { planUndo, undoRestore } from "../../src/restore/undo/undo-restore.ts";
import { createMemoryStore } from "../support/memory-store.ts";
import { startMortalProcess } from "../support/mortal-process.ts";
import { idle, make, recreate, settings, shop, start } from "./changed-world.ts";
import { createRestoreWorld, plain, type RestoreWorld } from "./restore-world.ts";

const update: RestoreRequest["spec"] = { existingResourcePolicy: "update" };
const data = (name: string, value: string) =>
  plain("v1", "ConfigMap", `shop/${name}`, { data: { key: value } });

function undo(
  world: RestoreWorld,
  request: Partial<UndoRequest> = {},
  ports: Partial<UndoPorts> = {},
): Promise<UndoReport> {
  const { cluster, store, clock } = world;
  const usual = { cluster, store, clock, log: { write: () => {} } };
  const whole = { restore: "r1", writers: 1, ...request };
  return undoRestore(whole, { ...usual, ...ports }, idle);
}

const counted = ({ outcomes }: UndoReport): Record<string, number> =>
  Object.fromEntries(
    [...new Set(outcomes.map(({ outcome }) => outcome))].map((outcome) => [
      outcome,
      outcomes.filter((one) => one.outcome === outcome).length,
    ]),
  );

/** Everything that a person would miss: without what the server counts. */
async function stateOf(world: RestoreWorld): Promise<unknown> {
  const names = ["settings", "fresh", "same"];
  const states = await Promise.all(names.map((name) => world.live("configmaps", `shop/${name}`)));
  return states.map((state) => {
    const { metadata, ...rest } = state ?? { metadata: undefined };
    const { managedFields } = (metadata ?? {}) as { managedFields?: readonly object[] };
    const owners = managedFields?.map((entry) => ({ ...entry, time: undefined }));
    return state && { ...rest, name: metadata?.name, labels: metadata?.["labels"], owners };
  });
}

/** One object that differs, one that is equal, one that is not there. */
async function drifted(): Promise<RestoreWorld> {
  const world = createRestoreWorld();
  await world.backUp([shop, settings("blue"), data("fresh", "1"), data("same", "1")]);
  await make(world, shop);
  await make(world, { ...settings("green"), extra: undefined });
  await make(world, data("same", "1"));
  return world;
}

async function remove({ cluster }: RestoreWorld, name: string): Promise<void> {
  const { kinds } = await cluster.discover({ signal: idle });
  const kind = kinds.find(({ resource, group }) => resource === "configmaps" && group === "")!;
  await cluster.remove({ kind, namespace: "shop", name }, { signal: idle });
}

const writesOf = (world: RestoreWorld): number =>
  world.seen.filter(({ method }) => method !== "GET").length;

describe("restore undo", () => {
  it("deletes what was made and puts back what was updated, field owners included", async () => {
    const world = await drifted();
    const before = await stateOf(world);
    const uid = (await world.live("configmaps", "shop/settings"))?.metadata["uid"];
    const done = await world.restore(update);
    assert.deepEqual([done.created, done.updated, done.skipped], [1, 1, 2]);
    const report = await undo(world);
    assert.equal(report.phase, "Completed", JSON.stringify(report.outcomes));
    assert.deepEqual(counted(report), { deleted: 1, "put back": 1 });
    assert.deepEqual(await stateOf(world), before);
    assert.equal((await world.live("configmaps", "shop/settings"))?.metadata["uid"], uid);
    const record = JSON.parse(
      Buffer.from(world.store.bytes("restores/r1/ark-undo-1.json")).toString(),
    );
    assert.equal(record.phase, "Completed");
  });

  it("says which finalizers hold what it has deleted", async () => {
    const world = createRestoreWorld();
    const held = (name: string, finalizer: string) => ({
      ...data(name, "1"),
      metadata: { name, namespace: "shop", finalizers: [finalizer] },
    });
    await world.backUp([shop, held("held", "x.example/hold"), held("kept", "x.k8s.io/own")]);
    await world.restore();
    const { outcomes } = await undo(world);
    const told = outcomes
      .filter(({ resource }) => resource === "configmaps")
      .map(({ name, outcome, finalizers }) => [name, outcome, finalizers]);
    told.sort();
    assert.deepEqual(told, [
      ["held", "deleted", ["x.example/hold"]],
      ["kept", "deleted", undefined],
    ]);
  });

  it("deletes what a modifier gave another name", async () => {
    const text = `version: v1
resourceModifierRules:
- conditions: {groupResource: configmaps}
  patches: [{operation: replace, path: /metadata/name, value: renamed}]
`;
    const modifiers = { kind: "text", where: "file m.yaml", text } as const;
    const world = createRestoreWorld();
    await world.backUp([shop, data("fresh", "1")]);
    await make(world, shop);
    await world.restore({}, { modifiers });
    assert.notEqual(await world.live("configmaps", "shop/renamed"), undefined);
    const report = await undo(world);
    assert.deepEqual(counted(report), { deleted: 1 });
    assert.equal(await world.live("configmaps", "shop/renamed"), undefined);
  });

  it("makes a recreated object again as it was, with a new uid", async () => {
    const world = await drifted();
    const before = await stateOf(world);
    await world.restore({}, recreate);
    const report = await undo(world);
    assert.deepEqual(counted(report), { deleted: 1, "made again": 1 });
    assert.deepEqual(await stateOf(world), before);
  });

  it("writes nothing when it is run again", async () => {
    const world = await drifted();
    await world.restore({}, recreate);
    await undo(world);
    // As the controller of a Deployment does.
    const kind = world.server.catalog.kinds().find(({ kind: one }) => one === "ConfigMap")!;
    const ref = { kind: kind as never, namespace: "shop", name: "settings" };
    const note = Buffer.from(JSON.stringify({ metadata: { annotations: { revision: "1" } } }));
    await world.cluster.patch(ref, "merge", note, { signal: idle });
    const before = writesOf(world);
    const again = await undo(world);
    assert.equal(again.phase, "Completed");
    assert.deepEqual(counted(again), { "done before": 2 });
    assert.equal(writesOf(world), before);
  });

  it("makes nothing again that was deleted since, when it is run again", async () => {
    const ways = [{ spec: {}, request: recreate }, { spec: update }];
    for (const { spec, request } of ways) {
      const world = await drifted();
      await world.restore(spec, request);
      assert.equal((await undo(world)).phase, "Completed");
      await remove(world, "settings");
      const again = await undo(world);
      assert.deepEqual([again.phase, counted(again)], ["Completed", { "done before": 2 }]);
      assert.equal(await world.live("configmaps", "shop/settings"), undefined);
    }
  });

  it("does in a second run what the first had to leave", async () => {
    const world = await drifted();
    await world.restore({}, recreate);
    world.server.faults = ({ method, path }) =>
      method === "DELETE" && path.endsWith("/settings") ? { status: 403 } : undefined;
    assert.deepEqual(counted(await undo(world)), { deleted: 1, failed: 1 });
    world.server.faults = undefined;
    assert.deepEqual(counted(await undo(world)), { "done before": 1, "made again": 1 });
  });

  it("finds the record of a restore whose location cannot be written to on this machine", async () => {
    const world = await drifted();
    const before = await stateOf(world);
    const store: ObjectStore = {
      ...world.store,
      put: async () => {
        throw new ArkError("ARK_STORE_READ_ONLY", "the location cannot be written to");
      },
    };
    const journalStore = createMemoryStore();
    const options = { signal: idle };
    const done = await start(world, { store, journalStore });
    assert.deepEqual([done.recreated, done.created, done.recorded], [1, 1, false]);
    const [told] = done.findings;
    assert.doesNotMatch(told?.advice ?? "", /all there is of it/);
    assert.match(told?.advice ?? "", /undo it from this machine, with: ark-ts restore undo r1/);
    const { restore: kept, place } = await readRestoreHere({ store, journalStore }, "r1", options);
    assert.deepEqual([kept.metadata.name, place], ["r1", journalStore]);
    const { results, logs } = restoreKeys("r1");
    assert.match(JSON.stringify(await readResults(place, results, idle)), /could not be written/);
    assert.deepEqual([kept.status.warnings, done.restore.status.warnings], [1, 1]);
    assert.ok(journalStore.keys().includes(logs));
    const listed: string[] = [];
    const listing = listRestores({ store, journalStore }, { ...options, concurrency: 1 });
    for await (const { name, state } of listing) listed.push(`${name} ${state}`);
    assert.deepEqual(listed, ["r1 recorded"]);
    // Its name is taken as long as it can be undone.
    const again = start(world, { store, journalStore });
    await assert.rejects(again, { code: "ARK_NAME_TAKEN" });
    await assert.rejects(undo(world, {}, { store }), { code: "ARK_RESTORE_NOT_FOUND" });
    const report = await undo(world, {}, { store, journalStore });
    assert.equal(report.phase, "Completed", JSON.stringify(report.outcomes));
    assert.deepEqual(await stateOf(world), before);
    assert.ok(journalStore.keys().includes("restores/r1/ark-undo-1.json"));
    const second = await undo(world, {}, { store, journalStore });
    assert.deepEqual(counted(second), { "done before": 2 });
  });

  it("is of no need to a restore that deletes and has no place for what was: it is refused", async () => {
    const world = await drifted();
    const before = await stateOf(world);
    const put = async (): Promise<never> => {
      throw new ArkError("ARK_STORE_READ_ONLY", "the location cannot be written to");
    };
    const store: ObjectStore = { ...world.store, put };
    const none = { store, journalStore: { ...createMemoryStore(), put } };
    await assert.rejects(start(world, none), { code: "ARK_STORE_READ_ONLY" });
    assert.deepEqual(await stateOf(world), before);
    const spec = { backupName: "b1", ...update };
    const done = await start(world, none, { spec, annotations: {} });
    assert.equal(done.updated, 1);
    const told = done.findings.map(({ message, advice }) => `${message} ${advice}`).join("\n");
    assert.match(told, /all there is of it/);
    assert.match(told, /cannot be undone/);
  });

  it("plans without a write", async () => {
    const world = await drifted();
    await world.restore(update);
    const before = writesOf(world);
    const { cluster, store, clock } = world;
    const ports = { cluster, store, clock, log: { write: () => {} } };
    const plan = await planUndo({ restore: "r1" }, ports, idle);
    assert.deepEqual(
      plan.steps.map(({ change, verdict }) => `${verdict.step} ${change.name}`),
      ["delete fresh", "put back settings"],
    );
    assert.equal(writesOf(world), before);
    assert.ok(!world.store.keys().includes("restores/r1/ark-undo-1.json"));
  });

  it("leaves what was changed since, names who did, and takes it with the flag", async () => {
    const world = await drifted();
    await world.restore(update);
    const live = await world.live("configmaps", "shop/fresh");
    const kind = world.server.catalog.kinds().find(({ kind: one }) => one === "ConfigMap")!;
    const ref = { kind: kind as never, namespace: "shop", name: "fresh" };
    const patch = Buffer.from(JSON.stringify({ data: { key: "mine" } }));
    await world.cluster.patch(ref, "merge", patch, { fieldManager: "kubectl-edit", signal: idle });
    const report = await undo(world);
    assert.equal(report.phase, "PartiallyFailed");
    const [left] = report.outcomes.filter(({ outcome }) => outcome === "left");
    assert.equal(left?.name, "fresh");
    assert.match(left?.reason ?? "", /changed since the restore.*kubectl-edit/);
    assert.equal(left?.flag, "--changed-too");
    const uid = (await world.live("configmaps", "shop/fresh"))?.metadata["uid"];
    assert.equal(uid, live?.metadata["uid"]);
    const second = await undo(world, { changedToo: true });
    assert.equal(second.phase, "Completed");
    assert.equal(await world.live("configmaps", "shop/fresh"), undefined);
  });

  it("blames nobody for what a later restore has changed, and says what to undo first", async () => {
    const world = await drifted();
    await world.restore(update);
    await world.clock.advance(2_000);
    await world.backUp([shop, settings("red")], "b2");
    const later = await world.restore({ ...update, backupName: "b2" }, { name: "r2" });
    assert.equal(later.updated, 1);
    const [left] = (await undo(world)).outcomes.filter(({ outcome }) => outcome === "left");
    assert.equal(left?.name, "settings");
    assert.equal(
      left?.reason,
      "it was changed since the restore (by ark-ts itself: where another restore came after this one, undo that one first)",
    );
    assert.equal((await undo(world, { restore: "r2" })).phase, "Completed");
    assert.equal((await undo(world)).phase, "Completed");
    assert.deepEqual((await world.live("configmaps", "shop/settings"))?.["data"], {
      mode: "green",
    });
  });

  it("never touches an object that others made under the same name", async () => {
    const world = await drifted();
    await world.restore({}, recreate);
    const kind = world.server.catalog.kinds().find(({ kind: one }) => one === "ConfigMap")!;
    for (const name of ["fresh", "settings"]) {
      await world.cluster.remove(
        { kind: kind as never, namespace: "shop", name },
        { signal: idle },
      );
      await make(world, data(name, "others"));
    }
    const before = await stateOf(world);
    const report = await undo(world, { changedToo: true });
    assert.deepEqual(await stateOf(world), before);
    assert.deepEqual(counted(report), { "done before": 1, left: 1 });
  });

  it("deletes a namespace that it made only when nothing of others is in it", async () => {
    for (const filled of [false, true]) {
      const world = createRestoreWorld();
      await world.backUp([shop, data("fresh", "1")]);
      await world.restore();
      if (filled) await make(world, data("others", "1"));
      const report = await undo(world);
      const left = report.outcomes.find(({ outcome }) => outcome === "left");
      if (filled) assert.match(left?.reason ?? "", /did not make: configmaps\/others/);
      else assert.equal(left, undefined, JSON.stringify(left));
      assert.equal((await world.live("configmaps", "shop/fresh")) === undefined, true);
    }
  });

  it("keeps claims that are bound unless their data may go", async () => {
    const world = createRestoreWorld();
    const spec = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
    await world.backUp([shop, plain("v1", "PersistentVolumeClaim", "shop/data", { spec })]);
    await make(world, shop);
    await world.restore();
    const kind = world.server.catalog.kinds().find(({ resource }) => {
      return resource === "persistentvolumeclaims";
    })!;
    const ref = { kind: kind as never, namespace: "shop", name: "data" };
    const bound = Buffer.from(JSON.stringify({ status: { phase: "Bound" } }));
    await world.cluster.patch(ref, "merge", bound, { subresource: "status", signal: idle });
    const report = await undo(world);
    const [left] = report.outcomes;
    assert.deepEqual([left?.outcome, left?.flag], ["left", "--delete-data"]);
    const second = await undo(world, { dataToo: true });
    assert.deepEqual(counted(second), { deleted: 1 });
  });

  it("refuses a restore of another cluster, one without a list of changes, and an unknown one", async () => {
    const world = await drifted();
    await world.restore(update);
    const known = await world.cluster.identity({ signal: idle });
    const identity = async () => ({ ...known, id: "another" });
    await assert.rejects(undo(world, {}, { cluster: { ...world.cluster, identity } }), {
      code: "ARK_UNDO_IMPOSSIBLE",
    });
    await assert.rejects(undo(world, { restore: "r7" }), { code: "ARK_RESTORE_NOT_FOUND" });
    await world.store.remove("restores/r1/ark-changes.ndjson.gz", { signal: idle });
    await assert.rejects(undo(world), { code: "ARK_UNDO_IMPOSSIBLE" });
  });

  for (const when of ["before", "after"] as const) {
    it(`goes on from ${when} any write when it was killed, with no write twice`, async () => {
      let deaths = 0;
      for (let at = 1; at <= 12; at += 1) {
        const world = await drifted();
        const before = await stateOf(world);
        await world.restore({}, recreate);
        const count = writesOf(world);
        const process = startMortalProcess(
          { cluster: world.cluster, store: world.store },
          { at, when },
        );
        const first = undo(world, {}, { cluster: process.cluster, store: process.store });
        const ended = await Promise.race([process.died, first.then(() => "ended" as const)]);
        if (ended === "ended") continue;
        deaths += 1;
        const report = await undo(world);
        assert.equal(report.phase, "Completed", `${at} ${JSON.stringify(report.outcomes)}`);
        const after = await stateOf(world);
        assert.deepEqual(dataOf(after), dataOf(before), `killed ${when} write ${at}`);
        const made = world.seen.filter(({ method }) => method === "POST" || method === "DELETE");
        const own = made.slice(-(writesOf(world) - count)).length;
        assert.ok(own <= 3, `killed ${when} write ${at}: ${own} creates and deletes`);
      }
      assert.ok(deaths >= 3, `${deaths} deaths`);
    });
  }

  it("undoes a restore that was killed and continued back to the first state", async () => {
    for (let at = 5; at <= 12; at += 1) {
      const world = await drifted();
      const before = await stateOf(world);
      const process = startMortalProcess(
        { cluster: world.cluster, store: world.store },
        { at, when: "after" },
      );
      const first = start(world, { cluster: process.cluster, store: process.store });
      const ended = await Promise.race([process.died, first.then(() => "ended" as const)]);
      if (ended !== "ended" && world.store.keys().some((key) => key.startsWith("metadata/"))) {
        await start(world, {});
      }
      const report = await undo(world);
      assert.equal(report.phase, "Completed", JSON.stringify(report.outcomes));
      assert.deepEqual(dataOf(await stateOf(world)), dataOf(before), `killed after write ${at}`);
    }
  });
});

/** Field owners cannot be put back by who finds the object made already. */
function dataOf(state: unknown): unknown {
  return (state as readonly ({ data?: object } | undefined)[]).map((one) => one?.data);
}
