import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { RestoreSpec } from "../../src/api/restore.ts";
import { readResourceList, readResults } from "../../src/catalog/read-side-file.ts";
import { restoreKeys } from "../../src/format/keys.ts";
import type { RestoreReport, RestoreRequest } from "../../src/restore/restore-request.ts";
import { runRestore } from "../../src/restore/run-restore.ts";
import { ApiStatus } from "../support/api-server/api-status.ts";
import { type Death, type MortalProcess, startMortalProcess } from "../support/mortal-process.ts";
import { createRestoreWorld, namespaceNamed, plain, type RestoreWorld } from "./restore-world.ts";

const idle = new AbortController().signal;
const configMap = (place: string, data: object = { key: "value" }, metadata: object = {}) =>
  plain("v1", "ConfigMap", place, { data, metadata });
const owners = ["kubectl", "helm"].map((manager) => ({
  manager,
  operation: "Update",
  apiVersion: "v1",
  time: "2026-01-02T03:04:05Z",
  fieldsType: "FieldsV1",
  fieldsV1: { "f:data": { [`f:${manager}`]: {} } },
}));
const definition = plain(
  "apiextensions.k8s.io/v1",
  "CustomResourceDefinition",
  "widgets.demo.example",
  {
    spec: {
      group: "demo.example",
      names: { plural: "widgets", singular: "widget", kind: "Widget", listKind: "WidgetList" },
      scope: "Namespaced",
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: "object" } },
        },
      ],
    },
  },
);

/** What the backup holds: new, owned by several, of a new kind, equal, different, refused. */
const backedUp = [
  definition,
  namespaceNamed("shop", { labels: { team: "a", "kubernetes.io/metadata.name": "shop" } }),
  namespaceNamed("old"),
  ...["a", "b", "c", "d", "e", "f"].map((name) => configMap(`shop/${name}`)),
  configMap("shop/owned", { kubectl: "1", helm: "2" }, { managedFields: owners }),
  configMap(
    "shop/left",
    {},
    { ownerReferences: [{ apiVersion: "v1", kind: "X", name: "x", uid: "u" }] },
  ),
  configMap(
    "shop/mapped",
    {},
    {
      ownerReferences: [
        { apiVersion: "demo.example/v1", kind: "Widget", name: "w1", uid: "uid-Widget-shop/w1" },
      ],
    },
  ),
  configMap("shop/refused"),
  ...["equal1", "equal2", "equal3", "differs1", "differs2", "new"].map((name) =>
    configMap(`old/${name}`),
  ),
  plain("demo.example/v1", "Widget", "shop/w1", { spec: { size: 1 } }),
  plain("demo.example/v1", "Widget", "shop/w2", { spec: { size: 2 } }),
];

const places: readonly (readonly [string, string])[] = [
  ["customresourcedefinitions.apiextensions.k8s.io", "widgets.demo.example"],
  ["namespaces", "shop"],
  ["namespaces", "old"],
  ...["a", "b", "c", "d", "e", "f", "owned", "left", "mapped", "refused"].map(
    (name) => ["configmaps", `shop/${name}`] as const,
  ),
  ...["equal1", "equal2", "equal3", "differs1", "differs2", "new"].map(
    (name) => ["configmaps", `old/${name}`] as const,
  ),
  ["widgets.demo.example", "shop/w1"],
  ["widgets.demo.example", "shop/w2"],
];

interface SlowWorld extends RestoreWorld {
  /** What each call of a process takes. */
  readonly callMs: number;
}

async function prepared(callMs: number): Promise<SlowWorld> {
  const world = createRestoreWorld({
    admission: ({ object }) => {
      const { name } = object["metadata"] as unknown as { name: string };
      if (name === "refused") throw new ApiStatus(422, "Invalid", "not to our taste");
      return object;
    },
  });
  await world.backUp(backedUp);
  const there = (name: string, data: object) =>
    world.server.seed(JSON.stringify(configMap(`old/${name}`, data)));
  world.server.seed(JSON.stringify(namespaceNamed("old")));
  for (const name of ["equal1", "equal2", "equal3"]) there(name, { key: "value" });
  for (const name of ["differs1", "differs2"]) there(name, { key: "another" });
  return { ...world, callMs };
}

interface Run {
  readonly process: MortalProcess;
  readonly report: RestoreReport | "died";
}

async function runProcess(
  world: SlowWorld,
  spec: RestoreSpec,
  death?: Death,
  request: Partial<RestoreRequest> = {},
): Promise<Run> {
  const process = startMortalProcess(world, death);
  const whole = {
    name: "r1",
    isNameGiven: true,
    owner: { host: "test", bootId: "boot", pid: 1 },
    typed: true,
    limits: { writers: 3 },
    ...request,
    spec: { backupName: "b1", ...spec },
  };
  const log = { write: () => {} };
  const { cluster, store } = process;
  const { clock: still } = world;
  const clock = {
    ...still,
    monotonicMs: () => still.monotonicMs() + process.calls.length * world.callMs,
  };
  const ports = { cluster, store, clock, log, liveness: () => "gone" as const };
  const report = await Promise.race([runRestore(whole, ports, idle), process.died]);
  // What the dead process had under way comes to its end at the API server.
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  return { process, report };
}

/** All that is seen from outside of what a restore did. */
async function account(world: RestoreWorld, report: RestoreReport | "died") {
  assert.notEqual(report, "died");
  const { created, updated, skipped, failed, ownersMapped, ownersDropped, findings, restore } =
    report as RestoreReport;
  const keys = restoreKeys("r1");
  const state = await Promise.all(
    places.map(async ([resource, place]) => [
      resource,
      place,
      lasting(await world.live(resource, place)),
    ]),
  );
  return {
    state,
    counts: { created, updated, skipped, failed, ownersMapped, ownersDropped },
    findings: findings.map((finding) => JSON.stringify(finding)).sort(),
    status: { ...restore.status, startTimestamp: "", completionTimestamp: "" },
    resources: [...(await readResourceList(world.store, keys.resourceList, idle))!].sort(),
    results: await readResults(world.store, keys.results, idle),
    left: world.store.keys().filter((key) => key.startsWith("metadata/")),
  };
}

function lasting(object: object | undefined): unknown {
  const volatile = ["uid", "resourceVersion", "creationTimestamp", "generation", "time"];
  return JSON.parse(
    JSON.stringify(object ?? null, (key, value) =>
      volatile.includes(key) || key === "lastTransitionTime" ? undefined : value,
    ),
  );
}

const sorted = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_key, one) =>
      Array.isArray(one) && one.every((item) => typeof item === "string") ? [...one].sort() : one,
    ),
  );

const countByName = (calls: MortalProcess["calls"]): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const { method, what } of calls) {
    if (method === "create") counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return counts;
};

const cases = [
  { policy: "none", callMs: 0, journal: "seldom" },
  { policy: "update", callMs: 1001, journal: "often" },
] as const;

for (const { policy, callMs, journal } of cases) {
  describe(`runRestore() killed at any write, with policy ${policy}, outcomes written ${journal}`, async () => {
    const spec = { existingResourcePolicy: policy };
    const world = await prepared(callMs);
    const { process, report } = await runProcess(world, spec);
    const undisturbed = sorted(await account(world, report));
    const writes = process.calls.filter(({ method }) =>
      ["create", "patch", "put", "remove"].includes(method),
    );

    it("has left, undisturbed, what the test is about", () => {
      const { created, updated, skipped, failed } = report as RestoreReport;
      assert.deepEqual(
        [created, updated, skipped, failed],
        policy === "none" ? [14, 0, 6, 1] : [14, 2, 4, 1],
      );
      assert.ok(writes.length > 30, `${writes.length} writes`);
    });

    for (const [index, { method, what }] of writes.entries()) {
      for (const when of ["before", "after"] as const) {
        it(`${when} write ${index + 1}, ${method} ${what}: goes on to the same end`, async () => {
          const again = await prepared(callMs);
          const killed = await runProcess(again, spec, { at: index + 1, when });
          // The very last removals may come after the report's record.
          if (killed.report !== "died") return;
          const isOver = !again.store.keys().some((key) => key.includes("/restores/r1/"));
          if (isOver && again.store.keys().includes("restores/r1/ark-restore.json")) return;
          const second = await runProcess(again, spec);
          const end = sorted(await account(again, second.report));
          const done = (second.report as RestoreReport).continued;
          if (again.store.keys().length > 0 && !reportedBefore(killed.process)) {
            assert.deepEqual(end, undisturbed);
          } else {
            const { findings: _a, ...others } = end as Record<string, unknown>;
            const { findings: _b, ...expected } = undisturbed as Record<string, unknown>;
            const counts = { ...(expected["counts"] as object), ownersMapped: 0, ownersDropped: 0 };
            assert.deepEqual(others, { ...expected, counts });
          }
          if (index > 0) assert.notEqual(done, undefined);
          const made = countByName([...killed.process.calls, ...second.process.calls]);
          for (const [name, times] of made) {
            if (name !== "refused") assert.equal(times, 1, `${name} was sent ${times} times`);
          }
        });
      }
    }
  });
}

/** The record was written: the second process only reads it. */
function reportedBefore({ calls }: MortalProcess): boolean {
  return calls.some(({ method, what }) => method === "put" && what.endsWith("ark-restore.json"));
}
