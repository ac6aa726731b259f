/** What activating a passive restore leaves behind: the report of it, wherever that can be written. */
import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { annotations } from "../../src/api/labels.ts";
import { type RestoreAftermath, readAftermath } from "../../src/catalog/restore-aftermath.ts";
import { activationKey } from "../../src/format/keys.ts";
import { ArkError } from "../../src/lib/errors.ts";
import type { ObjectStore } from "../../src/ports/object-store.ts";
import { activateRestore, phaseOfActivation } from "../../src/restore/activate-restore.ts";
import { writeActivation } from "../../src/restore/record/write-aftermath.ts";
import { runRestore } from "../../src/restore/run-restore.ts";
import { undoRestore } from "../../src/restore/undo/undo-restore.ts";
import { createMemoryStore } from "../support/memory-store.ts";
import { idle, shop } from "./changed-world.ts";
import { createRestoreWorld, partOf, plain, type RestoreWorld } from "./restore-world.ts";

const names = ["api", "web"];
const deployments = names.map((name) =>
  plain("apps/v1", "Deployment", `shop/${name}`, { spec: { replicas: 2 } }),
);
const owner = { host: "test", bootId: "boot", pid: 1 };
const passive = { annotations: { [annotations.passive]: "true" } };

describe("an activation", () => {
  let world: RestoreWorld;
  let journalStore: ReturnType<typeof createMemoryStore>;
  let store: ObjectStore;
  beforeEach(async () => {
    world = createRestoreWorld();
    await world.backUp([shop, ...deployments]);
    assert.equal((await world.restore({}, passive)).created, 3);
    journalStore = createMemoryStore();
    const put = async (): Promise<never> => {
      throw new ArkError("ARK_STORE_READ_ONLY", "the location cannot be written to");
    };
    store = { ...world.store, capabilities: world.store.capabilities, put };
  });

  const activate = async (places: { readonly store: ObjectStore }) => {
    const at = { ...places, journalStore };
    const outcomes = await activateRestore("r1", { ...at, cluster: world.cluster }, idle);
    const time = world.clock.now().toISOString();
    const report = { restore: "r1", startedAt: time, endedAt: time, outcomes };
    return { phase: phaseOfActivation(outcomes), ...(await writeActivation(at, report)) };
  };
  const since = (): Promise<RestoreAftermath> =>
    readAftermath({ place: world.store, journalStore }, "r1", { signal: idle });

  it("is recorded on this machine where the location has become read-only, and undone from there", async () => {
    const { phase, elsewhere } = await activate({ store });
    assert.deepEqual([phase, elsewhere?.code], ["Completed", "ARK_STORE_READ_ONLY"]);
    assert.deepEqual(journalStore.keys(), [activationKey("r1", 1)]);
    assert.deepEqual((await since()).passive?.activation?.active, 2);
    // A location that can be written to again does not take the number that is used here.
    assert.equal((await activate({ store: world.store })).elsewhere, undefined);
    assert.ok(world.store.keys().includes(activationKey("r1", 2)));
    const ports = { store, journalStore, cluster: world.cluster, clock: world.clock };
    const log = { write: () => {} };
    const { outcomes } = await undoRestore({ restore: "r1" }, { ...ports, log }, idle);
    assert.deepEqual([...new Set(outcomes.map(({ outcome }) => outcome))], ["deleted"]);
  });

  it("of a restore from a location that was read-only all along finds on this machine what it needs", async () => {
    const kind = world.server.catalog.kinds().find((one) => one.kind === "Deployment")!;
    for (const name of names) {
      const ref = { kind: kind as never, namespace: "shop", name };
      await world.cluster.remove(ref, { signal: idle });
    }
    const request = { ...passive, name: "r2", isNameGiven: true, owner, typed: true };
    const { cluster, clock } = world;
    const log = { write: () => {} };
    const ports = { cluster, clock, log, store, journalStore };
    const report = await runRestore(
      { ...request, spec: { backupName: "b1" } },
      { ...ports, liveness: () => "gone" },
      idle,
    );
    assert.deepEqual([report.created, report.recorded], [2, false]);
    const [told] = report.findings;
    assert.match(told?.advice ?? "", /from this machine, with: ark-ts restore activate r2/);
    assert.match(told?.advice ?? "", /undo it from this machine, with: ark-ts restore undo r2/);
    const asleep = await world.live("deployments.apps", "shop/api");
    assert.equal(partOf(asleep, "spec")["replicas"], 0);

    const there = {
      ...cluster,
      identity: async (options: { readonly signal: AbortSignal }) => ({
        ...(await cluster.identity(options)),
        ...{ id: "another", serverSha256: "another" },
      }),
    };
    const places = { store, journalStore };
    await assert.rejects(activateRestore("r2", { ...places, cluster: there }, idle), {
      code: "ARK_USAGE",
      message: /was made in another cluster/,
    });
    const outcomes = await activateRestore("r2", { ...places, cluster }, idle);
    assert.deepEqual(
      outcomes.map(({ name, outcome }) => `${name} ${outcome}`).sort(),
      names.map((name) => `${name} activated`),
    );
    const awake = await world.live("deployments.apps", "shop/api");
    assert.equal(partOf(awake, "spec")["replicas"], 2);
    const time = clock.now().toISOString();
    await writeActivation(places, { restore: "r2", startedAt: time, endedAt: time, outcomes });
    const undone = await undoRestore({ restore: "r2" }, ports, idle);
    assert.deepEqual(
      undone.outcomes.map(({ outcome }) => outcome),
      ["deleted", "deleted"],
    );
  });

  it("that no place takes says so", async () => {
    journalStore.put = store.put;
    await assert.rejects(activate({ store }), { code: "ARK_STORE_READ_ONLY" });
  });

  it("that put nothing to work has failed, and does not hide one before that did", async () => {
    world.server.faults = ({ path }) =>
      path.includes("/deployments/") ? { status: 403 } : undefined;
    const vain = await activate({ store: world.store });
    assert.equal(vain.phase, "Failed");
    const { active, failed } = (await since()).passive?.activation ?? {};
    assert.deepEqual([active, failed], [0, 2]);
    world.server.faults = ({ path }) =>
      path.endsWith("/deployments/api") ? { status: 403 } : undefined;
    assert.equal((await activate({ store: world.store })).phase, "PartiallyFailed");
    world.server.faults = ({ path }) =>
      path.includes("/deployments/") ? { status: 403 } : undefined;
    assert.equal((await activate({ store: world.store })).phase, "Failed");
    const last = (await since()).passive?.activation;
    assert.deepEqual([last?.active, last?.failed], [1, 1]);
  });
});
