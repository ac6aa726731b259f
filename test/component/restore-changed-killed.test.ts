/** A passive restore with modifiers and mappings: names that modifiers give, and runs that die. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { annotations } from "../../src/api/labels.ts";
import { readResourceList } from "../../src/catalog/read-side-file.ts";
import { restoreKeys } from "../../src/format/keys.ts";
import { ArkError } from "../../src/lib/errors.ts";
import { activateRestore } from "../../src/restore/activate-restore.ts";
import type { RestoreReport } from "../../src/restore/restore-request.ts";
import { runRestore } from "../../src/restore/run-restore.ts";
import { undoRestore } from "../../src/restore/undo/undo-restore.ts";
import { createMemoryStore } from "../support/memory-store.ts";
import { type Death, startMortalProcess } from "../support/mortal-process.ts";
import { createRestoreWorld, namespaceNamed, plain, type RestoreWorld } from "./restore-world.ts";

const idle = new AbortController().signal;
const template = { spec: { containers: [{ name: "c", image: "quay.io/team/app:1" }] } };
const awake = {
  replicas: 3,
  template: { spec: { containers: [{ name: "c", image: "mirror.example/t/app:1" }] } },
};
const objects = [
  namespaceNamed("shop"),
  plain("apps/v1", "Deployment", "shop/web", { spec: { replicas: 3, template } }),
  plain("apps/v1", "Deployment", "shop/api", { spec: { replicas: 2, template } }),
  plain("v1", "ConfigMap", "shop/settings", { data: { mode: "blue" } }),
  plain("v1", "ConfigMap", "shop/other", { data: { mode: "red" } }),
];
const places = [
  ["deployments.apps", "shop/web"],
  ["deployments.apps", "shop/web-copy"],
  ["deployments.apps", "shop/api"],
  ["configmaps", "shop/settings"],
  ["configmaps", "shop/settings-copy"],
  ["configmaps", "shop/other"],
] as const;
const text = `version: v1
resourceModifierRules:
- conditions: {groupResource: "{deployments.apps,configmaps}", resourceNameRegex: "^(web|settings)$"}
  mergePatches: [{patchData: '{"metadata": {"labels": {"changed": "yes"}}}'}]
- conditions: {groupResource: deployments.apps, resourceNameRegex: "^web$"}
  patches: [{operation: replace, path: /metadata/name, value: web-copy}]
- conditions: {groupResource: configmaps, resourceNameRegex: "^settings$"}
  patches: [{operation: replace, path: /metadata/name, value: settings-copy}]`;
const changes = {
  modifiers: { kind: "text", where: "file m.yaml", text },
  annotations: {
    [annotations.passive]: "true",
    [annotations.registryMappings]: '{"quay.io/team":"mirror.example/t"}',
  },
} as const;

const base = {
  name: "r1",
  isNameGiven: true,
  owner: { host: "test", bootId: "boot", pid: 1 },
  typed: true,
  limits: { writers: 1 },
  spec: { backupName: "b1" },
};
const refusePut = async (): Promise<never> => {
  throw new ArkError("ARK_STORE_READ_ONLY", "the location cannot be written to");
};

async function prepared(): Promise<RestoreWorld> {
  const world = createRestoreWorld();
  await world.backUp(objects);
  return world;
}

async function runProcess(world: RestoreWorld, death?: Death) {
  const process = startMortalProcess(world, death);
  const request = { ...base, ...changes };
  const { cluster, store } = process;
  const log = { write: () => {} };
  const ports = { cluster, store, clock: world.clock, log, liveness: () => "gone" as const };
  const report = await Promise.race([runRestore(request, ports, idle), process.died]);
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  return { process, report };
}

async function stateOf(world: RestoreWorld) {
  const volatile = ["uid", "resourceVersion", "creationTimestamp", "generation", "managedFields"];
  const found: unknown[] = [];
  for (const [resource, place] of places) {
    const live = await world.live(resource, place);
    const lasting = JSON.stringify(live ?? null, (key, value) =>
      volatile.includes(key) ? undefined : value,
    );
    found.push([place, JSON.parse(lasting)]);
  }
  return found;
}

async function account(world: RestoreWorld, report: RestoreReport | "died") {
  assert.notEqual(report, "died");
  const { created, skipped, failed, findings } = report as RestoreReport;
  const list = await readResourceList(world.store, restoreKeys("r1").resourceList, idle);
  return {
    state: await stateOf(world),
    counts: { created, skipped, failed },
    findings: findings.map(({ code, message }) => [code, message]),
    resources: [...list!].map(([kind, names]) => [kind, [...names].sort()]).sort(),
  };
}

async function activated(world: RestoreWorld) {
  const items = await activateRestore("r1", world, idle);
  return items.map(({ name, outcome }) => `${name} ${outcome}`).sort();
}

async function undone(world: RestoreWorld) {
  const { cluster, store, clock } = world;
  const ports = { cluster, store, clock, log: { write: () => {} } };
  const { outcomes } = await undoRestore({ restore: "r1", writers: 1 }, ports, idle);
  return outcomes.map(({ name, outcome }) => `${name} ${outcome}`).sort();
}

describe("a passive restore with modifiers and mappings", async () => {
  const world = await prepared();
  const first = await runProcess(world);
  const undisturbed = await account(world, first.report);
  const writes = first.process.calls.filter(({ method }) =>
    ["create", "patch", "put", "remove"].includes(method),
  );

  it("tells objects by the names that a modifier gave them, in the report's files too", () => {
    assert.deepEqual(undisturbed.counts, { created: 5, skipped: 0, failed: 0 });
    assert.deepEqual(undisturbed.findings, []);
    const told = JSON.stringify(undisturbed.resources);
    assert.match(told, /shop\/web-copy\(created\)/);
    assert.doesNotMatch(told, /shop\/web\(|shop\/settings\(/);
  });

  it("puts to work, and takes back, what stands under another name than in the backup", async () => {
    const own = await prepared();
    await runProcess(own);
    assert.deepEqual(await activated(own), ["api activated", "web-copy activated"]);
    const live = await own.live("deployments.apps", "shop/web-copy");
    assert.deepEqual(live?.["spec"], awake);
    const outcomes = await undone(own);
    assert.ok(outcomes.includes("settings-copy deleted"), outcomes.join(", "));
    assert.equal(await own.live("configmaps", "shop/settings-copy"), undefined);
  });

  it("is not put to work in another cluster, where all of it would seem gone", async () => {
    const own = await prepared();
    await runProcess(own);
    const known = await own.cluster.identity({ signal: idle });
    const identity = async () => ({ ...known, id: "another" });
    const elsewhere = { store: own.store, cluster: { ...own.cluster, identity } };
    await assert.rejects(activateRestore("r1", elsewhere, idle), {
      code: "ARK_USAGE",
      message: /was made in another cluster \(\S+; this one is another\)/,
    });
  });

  it("is put to work from this machine where the location takes no record", async () => {
    const own = await prepared();
    const store = { ...own.store, put: refusePut };
    const journalStore = createMemoryStore();
    const ports = { cluster: own.cluster, clock: own.clock, liveness: () => "gone" as const };
    const log = { write: () => {} };
    const request = { ...base, ...changes };
    const report = await runRestore(request, { ...ports, store, journalStore, log }, idle);
    assert.match(report.findings.at(-1)?.advice ?? "", /with: ark-ts restore activate r1$/);
    const places = { store, journalStore, cluster: own.cluster };
    const items = await activateRestore("r1", places, idle);
    assert.deepEqual(
      items.map(({ outcome }) => outcome),
      ["activated", "activated"],
    );
    // Nobody could activate it.
    await assert.rejects(
      runRestore({ ...request, name: "r2" }, { ...ports, store, log }, idle),
      /there is no place to keep what an activation needs/,
    );
  });

  for (const [index, { method, what }] of writes.entries()) {
    for (const when of ["before", "after"] as const) {
      it(`killed ${when} write ${index + 1}, ${method} ${what}: goes on to the same end`, async () => {
        const again = await prepared();
        const killed = await runProcess(again, { at: index + 1, when });
        if (killed.report !== "died") return;
        const isRecorded = again.store.keys().includes("restores/r1/ark-restore.json");
        if (!isRecorded) {
          const second = await runProcess(again);
          assert.deepEqual(await account(again, second.report), undisturbed);
        }
        assert.deepEqual(await stateOf(again), undisturbed.state);
        assert.deepEqual(await activated(again), ["api activated", "web-copy activated"]);
      });
    }
  }
});
