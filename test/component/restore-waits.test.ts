/** What a restore waits for: by name, seen, limited, and never at the cost of the rest. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createRestoreWorld, namespaceNamed, plain, type RestoreWorld } from "./restore-world.ts";

const group = "metrics.demo.example";
const apiVersion = `${group}/v1`;
const aggregated = [
  {
    ...{ group, version: "v1", available: true, byService: true },
    kinds: [{ resource: "readings", kind: "Reading", namespaced: true }],
  },
];
const apiService = (status: string) =>
  plain("apiregistration.k8s.io/v1", "APIService", `v1.${group}`, {
    spec: {
      ...{ group, version: "v1", groupPriorityMinimum: 100, versionPriority: 100 },
      service: { namespace: "shop", name: "metrics" },
    },
    status: {
      conditions: [
        { type: "Available", status, reason: "MissingEndpoints", message: "none in shop" },
      ],
    },
  });
const readings = ["a", "b"].map((name) =>
  plain(apiVersion, "Reading", `shop/${name}`, { spec: {} }),
);
const settings = plain("v1", "ConfigMap", "shop/settings", { data: {} });

/** The APIService becomes Available when it has been looked at so often; never, with undefined. */
async function worldWithApi(looks: number | undefined): Promise<RestoreWorld> {
  const world = createRestoreWorld({ aggregated });
  const before = world.server.faults;
  let seen = 0;
  world.server.faults = (call) => {
    if (call.method === "GET" && call.path.includes("/apiservices/")) {
      seen += 1;
      if (seen === looks) world.server.seed(apiService("True") as never);
    }
    return before?.(call);
  };
  await world.backUp([namespaceNamed("shop"), apiService("False"), ...readings, settings]);
  return world;
}

describe("a restore that waits for an aggregated API", () => {
  it("creates objects of its group once its APIService is Available", async () => {
    const world = await worldWithApi(5);
    const report = await world.restore();
    assert.deepEqual(report.findings, []);
    assert.equal(report.created, 5);
    assert.ok(world.told.every(({ wave }) => !wave.startsWith("later pass")));
    const waits = world.told.filter(({ wait }) => wait === "api-service-available");
    assert.match(
      waits[0]?.waitingFor ?? "",
      /^APIService "v1\.metrics\.demo\.example" to be Available; /,
    );
    assert.ok(waits.every(({ waitedMs }) => waitedMs !== undefined));
    assert.equal(world.told.at(-1)?.wait, undefined);
  });

  it("fails these objects alone when it does not come, and says why", async () => {
    const world = await worldWithApi(undefined);
    const report = await world.restore({}, { limits: { apiServiceReadyMs: 10_000 } });
    assert.deepEqual([report.created, report.failed], [3, 2]);
    assert.ok(await world.live("configmaps", "shop/settings"));
    const [finding, ...others] = report.findings;
    assert.equal(others.length, 1);
    assert.equal(finding?.code, "ARK_API_SERVICE_NOT_READY");
    assert.match(
      finding?.message ?? "",
      /^Reading "shop\/a" could not be restored: metrics\.demo\.example\/v1 Reading is not served: its APIService "v1\.metrics\.demo\.example" was not Available after 10 s: /,
    );
    assert.match(finding?.advice ?? "", /behind Service shop\/metrics.*--wait-limits/);
  });

  it("restores them in a later pass where it comes after its limit", async () => {
    const world = createRestoreWorld({ aggregated });
    await world.backUp([namespaceNamed("shop"), apiService("False"), ...readings]);
    let isLate = false;
    const before = world.server.faults;
    world.server.faults = (call) => {
      if (isLate && call.method === "GET" && call.path === "/apis") {
        world.server.seed(apiService("True") as never);
      }
      if (world.told.some(({ wave }) => wave.startsWith("later pass 2"))) isLate = true;
      return before?.(call);
    };
    const report = await world.restore({}, { limits: { apiServiceReadyMs: 2_000 } });
    assert.deepEqual(report.findings, []);
    assert.equal(report.failed, 0);
  });

  it("does not wait where nothing of its group is restored", async () => {
    const world = createRestoreWorld({ aggregated });
    await world.backUp([namespaceNamed("shop"), apiService("False"), settings]);
    const report = await world.restore();
    assert.deepEqual(report.findings, []);
    assert.ok(world.told.every(({ wait }) => wait !== "api-service-available"));
  });
});

describe("the waits of a restore", () => {
  const leaving = (name: string) =>
    namespaceNamed(name, {
      deletionTimestamp: "2026-01-02T03:04:05Z",
      finalizers: ["demo.example/hold"],
    });

  it("are shown together: the one that has lasted longest, and how many others", async () => {
    const world = createRestoreWorld();
    for (const name of ["one", "two"]) world.server.seed(leaving(name) as never);
    await world.backUp([
      ...["one", "two"].map((name) => namespaceNamed(name)),
      ...["one", "two"].map((name) => plain("v1", "ConfigMap", `${name}/a`, { data: {} })),
    ]);
    await world.restore({}, { limits: { namespaceTerminatingMs: 40_000 } });
    const waits = world.told.filter(({ wait }) => wait === "namespace-terminating");
    assert.ok(
      waits.some(({ waitingFor }) => waitingFor === "namespace one to go away, and 1 more"),
    );
    assert.ok(waits.some(({ waitedMs = 0 }) => waitedMs >= 30_000));
    assert.equal(world.told.at(-1)?.waitingFor, undefined);
    const said = world.logged.filter((line) => /wait/.test(line));
    assert.deepEqual([...new Set(said)], ["info: waiting", "info: still waiting", "info: waited"]);
  });
});
