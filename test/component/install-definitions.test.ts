import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { connectCluster } from "../../src/adapters/kube/connect-cluster.ts";
import { toDefinition } from "../../src/api/custom-resource-definition.ts";
import { scheduleKind } from "../../src/api/schedule.ts";
import { definitionRef, readDefinition } from "../../src/install/definition-store.ts";
import { installDefinitions, planDefinitions } from "../../src/install/install-definitions.ts";
import { surveyKinds } from "../../src/install/survey-kinds.ts";
import { refuseInUse, uninstallDefinitions } from "../../src/install/uninstall-definitions.ts";
import { type ArkError, hasCode } from "../../src/lib/errors.ts";
import { type ApiServerOptions, createApiServer } from "../support/api-server/api-server.ts";
import { plainAccess } from "../support/plain-access.ts";
import { rejectsWithCode } from "../support/store-testing.ts";
import { createVirtualClock } from "../support/virtual-clock.ts";

const signal = new AbortController().signal;
const schedules = "schedules.velero.io";

function world(options: ApiServerOptions = {}) {
  const server = createApiServer(options);
  const clock = createVirtualClock({ jump: true });
  const cluster = connectCluster(plainAccess(server.dispatcher()), clock);
  const ports = { cluster, clock };
  return {
    server,
    cluster,
    ports,
    plan: () => planDefinitions(cluster, signal),
    install: async () => installDefinitions(await planDefinitions(cluster, signal), ports, signal),
    survey: () => surveyKinds(cluster, signal),
    /** What is installed of a kind; fails where it is not. */
    live: async (name: string) =>
      (await readDefinition(cluster, name, signal)) ?? assert.fail(`${name} is not there`),
    /** Puts a definition over the one that is there, as somebody else would. */
    change: async (name: string, change: (text: string) => string) => {
      const found = await readDefinition(cluster, name, signal);
      const text = JSON.stringify(found);
      assert.notEqual(change(text), text);
      await cluster.replace(definitionRef(name), Buffer.from(change(text)), { signal });
    },
    seed: (kind: string, name: string, metadata: object = {}) =>
      server.seed({
        apiVersion: "velero.io/v1",
        kind,
        metadata: { name, namespace: "ark-ts", ...metadata },
        spec: {},
      }),
  };
}

const withoutPaused = (text: string): string => text.replace(/"paused":\{[^}]*\},/, "");

const outcome = async (work: Promise<unknown>): Promise<ArkError> =>
  await work.then(
    () => assert.fail("it succeeded"),
    (error) => error as ArkError,
  );

describe("installDefinitions()", () => {
  it("leaves alone what somebody else has installed since it looked", async () => {
    const { cluster, ports, plan, live } = world();
    const planned = await plan();
    const other = { ...toDefinition(scheduleKind), metadata: { name: schedules } };
    const body = Buffer.from(JSON.stringify(other));
    await cluster.create(definitionRef(schedules), body, { signal });
    const { metadata } = await live(schedules);
    const done = await installDefinitions(planned, ports, signal);
    const { decision } = done.find(({ name }) => name === schedules) ?? assert.fail();
    assert.deepEqual(decision, { action: "leave", state: "equal" });
    assert.deepEqual((await live(schedules)).metadata, metadata);
  });

  it("widens what somebody else has changed since it looked, and keeps that change", async () => {
    const { ports, plan, install, change, live } = world();
    await install();
    await change(schedules, withoutPaused);
    const planned = await plan();
    await change(schedules, (text) =>
      text.replace('"skipImmediately":', '"later":{"type":"string"},"skipImmediately":'),
    );
    const done = await installDefinitions(planned, ports, signal);
    const { decision } = done.find(({ name }) => name === schedules) ?? assert.fail();
    assert.ok(decision.action === "extend");
    assert.deepEqual(decision.gains, ["spec.paused"]);
    const text = JSON.stringify(await live(schedules));
    assert.match(text, /"paused":.*"later":|"later":.*"paused":/);
  });

  it("comes to its end where answers are lost and the API server is busy", async () => {
    const { server, install, plan } = world();
    const seen = new Set<string>();
    server.faults = ({ method, path }) => {
      const place = `${method} ${path}`;
      if (seen.has(place)) return undefined;
      seen.add(place);
      return method === "POST" ? { dropAnswer: true } : { status: 429, retryAfterSeconds: 1 };
    };
    await install();
    server.faults = undefined;
    const decisions = (await plan()).map(({ decision }) => decision.action);
    assert.deepEqual(new Set(decisions), new Set(["leave"]));
    assert.ok(seen.size > 13);
  });

  it("says which are not established in time", async () => {
    const { install } = world({ controllers: "manual" });
    const error = await outcome(install());
    assert.equal(error.code, "ARK_DEFINITION_NOT_READY");
    assert.match(error.message, /within 60 s: backups\.velero\.io, restores\.velero\.io/);
  });

  it("passes on that a write is forbidden, and goes without the right to read objects", async () => {
    const forbidden = world({
      authorise: ({ verb }) => verb !== "create",
    });
    await rejectsWithCode(forbidden.install(), "ARK_API_FORBIDDEN");
    const installer = world({
      authorise: ({ verb, group }) => verb !== "list" || group !== "velero.io",
    });
    assert.equal((await installer.install()).length, 13);
  });
});

describe("uninstallDefinitions()", () => {
  it("says after its time what holds objects, once it has taken off what a server would", async () => {
    const { install, survey, seed, ports, cluster } = world();
    await install();
    const known = "restores.velero.io/external-resources-finalizer";
    seed("Restore", "a", { finalizers: [known] });
    seed("Restore", "b", { finalizers: [known, "example.io/hold"] });
    const { definitions } = await survey();
    const error = await outcome(uninstallDefinitions(definitions, ports, signal));
    assert.equal(error.code, "ARK_OBJECT_TERMINATING");
    assert.match(error.message, /after 60 s: restores\.velero\.io$/);
    assert.equal(error.answer, "finalizers hold restores.velero.io ark-ts/b (example.io/hold)");
    const { objects } = await survey();
    assert.deepEqual(objects, [{ resource: "restores.velero.io", namespace: "ark-ts", count: 1 }]);
    assert.equal(await readDefinition(cluster, schedules, signal), undefined);
  });

  it("does not touch definitions that were installed anew since it looked", async () => {
    const { install, survey, ports, live } = world();
    await install();
    const { definitions } = await survey();
    const stale = definitions.map((one) => ({ ...one, uid: "another" }));
    const error = await outcome(uninstallDefinitions(stale, ports, signal));
    assert.ok(hasCode(error, "ARK_API_CONFLICT"));
    assert.equal((await live(schedules)).metadata.deletionTimestamp, undefined);
  });
});

describe("surveyKinds()", () => {
  it("counts by kind and namespace, names kinds of a newer Velero, and finds its server", async () => {
    const { server, install, survey, seed } = world();
    await install();
    const newer = JSON.stringify(toDefinition(scheduleKind))
      .replaceAll("schedules", "novelties")
      .replaceAll('"Schedule"', '"Novelty"')
      .replaceAll('"schedule"', '"novelty"')
      .replaceAll("ScheduleList", "NoveltyList");
    server.seed(newer);
    server.step();
    seed("Schedule", "a");
    seed("Schedule", "b", { namespace: "velero" });
    seed("Novelty", "c", { namespace: "velero" });
    server.seed({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "velero", namespace: "velero", labels: { component: "velero" } },
    });
    const found = await survey();
    assert.equal(found.definitions.length, 13);
    assert.deepEqual(found.unknownKinds, ["novelties.velero.io"]);
    assert.deepEqual(found.servers, ["velero/velero"]);
    const error = await outcome(Promise.resolve().then(() => refuseInUse(found, "ark-ts")));
    assert.equal(error.code, "ARK_KINDS_IN_USE");
    for (const user of [
      /1 schedules\.velero\.io in namespace velero/,
      /1 novelties\.velero\.io in namespace velero/,
      /deployment velero\/velero/,
    ]) {
      assert.match(error.message, user);
    }
  });

  it("is an error where it cannot be seen whether a kind has objects", async () => {
    const { install, survey, change } = world();
    await install();
    await change(schedules, (text) => text.replace('"served":true', '"served":false'));
    const error = await outcome(survey());
    assert.equal(error.code, "ARK_KINDS_IN_USE");
    assert.match(error.message, /whether schedules\.velero\.io have objects cannot be seen/);
  });

  it("is an error where objects may not be listed", async () => {
    const { survey } = world({ authorise: ({ verb }) => verb !== "list" });
    const empty = await survey();
    assert.deepEqual(empty.definitions, [], "without kinds nothing is listed");
    let mayList = true;
    const other = world({ authorise: ({ verb }) => mayList || verb !== "list" });
    await other.install();
    mayList = false;
    await rejectsWithCode(other.survey(), "ARK_API_FORBIDDEN");
  });
});
