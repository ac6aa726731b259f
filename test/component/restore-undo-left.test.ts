/** What `restore undo` leaves does not go with its namespace, its definition or its owners. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { UndoReport, UndoRequest } from "../../src/restore/undo/undo-request.ts";
import { planUndo, undoRestore } from "../../src/restore/undo/undo-restore.ts";
import type { Fault, FaultCall } from "../support/api-server/faults.ts";
import { idle, make, shop } from "./changed-world.ts";
import { configMap, definition, ownedBy, referencesOf, uidOf, widget } from "./owners-world.ts";
import { createRestoreWorld, type Plain, plain, type RestoreWorld } from "./restore-world.ts";

const conf = plain("v1", "ConfigMap", "shop/conf", { data: { key: "1" } });
const claim = plain("v1", "PersistentVolumeClaim", "shop/data", {
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
});
const web = plain("apps/v1", "Deployment", "shop/web", {
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: { containers: [{ name: "c", image: "i" }] },
    },
  },
});
const ends = plain("v1", "Endpoints", "shop/far", {
  subsets: [{ addresses: [{ ip: "192.0.2.7" }], ports: [{ port: 80 }] }],
});

const portsOf = ({ cluster, store, clock }: RestoreWorld) => ({
  cluster,
  store,
  clock,
  log: { write: () => {} },
});

const undo = (world: RestoreWorld, request: Partial<UndoRequest> = {}): Promise<UndoReport> =>
  undoRestore({ restore: "r1", writers: 1, ...request }, portsOf(world), idle);

async function planned(world: RestoreWorld): Promise<Readonly<Record<string, string>>> {
  const { steps } = await planUndo({ restore: "r1" }, portsOf(world), idle);
  return Object.fromEntries(
    steps.map(({ change, verdict }) => [`${change.kind}/${change.name}`, verdict.step]),
  );
}

const outcomesOf = ({ outcomes }: UndoReport): Readonly<Record<string, string>> =>
  Object.fromEntries(outcomes.map(({ kind, name, outcome }) => [`${kind}/${name}`, outcome]));

const reasonOf = ({ outcomes }: UndoReport, kind: string): string =>
  outcomes.find((one) => one.kind === kind)?.reason ?? "";

/** As somebody does with kubectl. */
async function change(
  world: RestoreWorld,
  resource: string,
  place: string,
  patch: object,
): Promise<void> {
  const [namespace, name] = place.split("/") as [string, string];
  const kind = world.server.catalog.kinds().find((one) => one.resource === resource)!;
  const ref = { kind: kind as never, namespace, name };
  await world.cluster.patch(ref, "merge", Buffer.from(JSON.stringify(patch)), { signal: idle });
}

async function restored(...objects: readonly Plain[]): Promise<RestoreWorld> {
  const world = createRestoreWorld();
  await world.backUp(objects);
  const done = await world.restore();
  assert.equal(done.failed, 0, JSON.stringify(done.findings));
  return world;
}

function answer(world: RestoreWorld, faults: (call: FaultCall) => Fault | undefined): void {
  const before = world.server.faults;
  world.server.faults = (call) => before?.(call) ?? faults(call);
}

describe("what restore undo leaves", () => {
  const cases = [
    { object: conf, resource: "configmaps", patch: { data: { key: "mine" } } },
    { object: claim, resource: "persistentvolumeclaims", patch: { spec: { volumeName: "v" } } },
    { object: web, resource: "deployments", patch: { spec: { replicas: 3 } } },
    // Not asked for when it is looked for what others put there.
    { object: ends, resource: "endpoints", patch: { subsets: [] } },
  ];
  for (const { object, resource, patch } of cases) {
    const { kind } = object;
    const { name } = object.metadata;
    const full = resource === "deployments" ? "deployments.apps" : resource;
    it(`keeps its namespace: a changed ${kind}, in plan and run`, async () => {
      const world = createRestoreWorld();
      await world.backUp([shop, object]);
      await world.restore({ namespaceMapping: { shop: "shop-copy" } });
      await change(world, resource, `shop-copy/${name}`, patch);
      const left = { [`${kind}/${name}`]: "left", "Namespace/shop-copy": "left" };
      assert.deepEqual(await planned(world), left);
      const report = await undo(world);
      assert.deepEqual(outcomesOf(report), left);
      assert.equal(
        reasonOf(report, "Namespace"),
        `it holds what is left: ${full}/shop-copy/${name}`,
      );
      assert.notEqual(await world.live(full, `shop-copy/${name}`), undefined);
      const second = await undo(world, { changedToo: true });
      assert.equal(second.phase, "Completed", JSON.stringify(second.outcomes));
      assert.equal(await world.live("namespaces", "shop-copy"), undefined);
    });
  }

  it("keeps its definition", async () => {
    const world = await restored(definition, shop, widget("shop/w"));
    await change(world, "widgets", "shop/w", { spec: { size: 2 } });
    const left = {
      "Widget/w": "left",
      "Namespace/shop": "left",
      "CustomResourceDefinition/widgets.demo.example": "left",
    };
    assert.deepEqual(await planned(world), left);
    assert.deepEqual(outcomesOf(await undo(world)), left);
    assert.notEqual(await world.live("widgets.demo.example", "shop/w"), undefined);
  });

  for (const method of ["GET", "DELETE"]) {
    it(`keeps its namespace when ${method} of it is refused`, async () => {
      const world = await restored(shop, conf, claim);
      answer(world, (call) =>
        call.method === method && call.path.endsWith("/conf") ? { status: 403 } : undefined,
      );
      if (method === "GET") assert.equal((await planned(world))["Namespace/shop"], "left");
      const report = await undo(world);
      assert.equal(outcomesOf(report)["ConfigMap/conf"], "failed");
      assert.equal(outcomesOf(report)["Namespace/shop"], "left");
      // Whatever may own what cannot be looked at stays too.
      const claimIs = method === "GET" ? "left" : "deleted";
      assert.equal(outcomesOf(report)["PersistentVolumeClaim/data"], claimIs);
      world.server.faults = undefined;
      assert.notEqual(await world.live("configmaps", "shop/conf"), undefined);
      assert.equal((await undo(world)).phase, "Completed");
    });
  }

  it("keeps its owners, and theirs, also where the restore did not make one between", async () => {
    const top = widget("shop/top");
    const world = await restored(definition, shop, top, conf, web);
    const topUid = await uidOf(world, "widgets.demo.example", "shop/top");
    const between = { ...ownedBy("demo.example/v1", "Widget", "shop/top"), uid: topUid };
    await make(world, widget("shop/between"));
    const owned = { metadata: { ownerReferences: [between] } };
    await change(world, "widgets", "shop/between", owned);
    const uid = await uidOf(world, "widgets.demo.example", "shop/between");
    const owner = { ...ownedBy("demo.example/v1", "Widget", "shop/between"), uid };
    const patch = { metadata: { ownerReferences: [owner] }, data: { key: "mine" } };
    await change(world, "configmaps", "shop/conf", patch);
    assert.equal((await planned(world))["Widget/top"], "left");
    const report = await undo(world);
    assert.equal(outcomesOf(report)["Widget/top"], "left");
    assert.equal(reasonOf(report, "Widget"), "it owns what is left: configmaps/shop/conf");
    assert.equal(outcomesOf(report)["Deployment/web"], "deleted");
  });

  it("puts back what it had given to an owner before that owner is deleted", async () => {
    const world = createRestoreWorld();
    const owners = [ownedBy("demo.example/v1", "Widget", "shop/w")];
    const given = { ...configMap("shop/settings", owners), data: { mode: "blue" } };
    await world.backUp([definition, shop, widget("shop/w"), given]);
    await make(world, definition);
    await make(world, shop);
    await make(world, plain("v1", "ConfigMap", "shop/settings", { data: { mode: "green" } }));
    await world.restore({ existingResourcePolicy: "update" });
    assert.equal(referencesOf(await world.live("configmaps", "shop/settings")).length, 1);
    const from = world.seen.length;
    const report = await undo(world);
    assert.equal(report.phase, "Completed", JSON.stringify(report.outcomes));
    const writes = world.seen.slice(from).filter(({ method }) => /PUT|DELETE/.test(method));
    assert.deepEqual(
      writes.map(({ method, path }) => `${method} ${path.split("/").at(-1)}`),
      ["PUT settings", "DELETE w"],
    );
  });
});
