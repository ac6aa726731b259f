/** What an object that `restore undo` leaves cannot do without is left as well. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { UndoReport, UndoRequest } from "../../src/restore/undo/undo-request.ts";
import { planUndo, undoRestore } from "../../src/restore/undo/undo-restore.ts";
import { idle, make, shop } from "./changed-world.ts";
import { createRestoreWorld, type Plain, plain, type RestoreWorld } from "./restore-world.ts";

const rbac = "rbac.authorization.k8s.io/v1";
const secret = (name: string) => plain("v1", "Secret", `shop/${name}`, { type: "Opaque" });
const account = plain("v1", "ServiceAccount", "shop/runner", {
  imagePullSecrets: [{ name: "pull" }],
});
const web = plain("apps/v1", "Deployment", "shop/web", {
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: {
        serviceAccountName: "runner",
        containers: [{ name: "c", image: "i", envFrom: [{ secretRef: { name: "password" } }] }],
        volumes: [
          { name: "conf", configMap: { name: "conf" } },
          { name: "data", persistentVolumeClaim: { claimName: "data" } },
          { name: "may", secret: { secretName: "optional", optional: true } },
        ],
      },
    },
  },
});
const role = plain(rbac, "Role", "shop/reader", { rules: [] });
const binding = plain(rbac, "RoleBinding", "shop/runner-reads", {
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "reader" },
  subjects: [{ kind: "ServiceAccount", name: "runner", namespace: "shop" }],
});
const claim = plain("v1", "PersistentVolumeClaim", "shop/data", {
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
});
const conf = plain("v1", "ConfigMap", "shop/conf", { data: { key: "1" } });
const needed = [secret("password"), secret("pull"), account, role, binding, claim, conf];
const others = [secret("optional"), secret("unused")];

async function restored(): Promise<RestoreWorld> {
  const world = createRestoreWorld();
  await make(world, shop);
  await world.backUp([shop, web, ...needed, ...others]);
  const done = await world.restore();
  assert.equal(done.failed, 0, JSON.stringify(done.findings));
  return world;
}

async function scale(world: RestoreWorld): Promise<void> {
  const kind = world.server.catalog.kinds().find((one) => one.resource === "deployments")!;
  const ref = { kind: kind as never, namespace: "shop", name: "web" };
  const body = Buffer.from(JSON.stringify({ spec: { replicas: 5 } }));
  await world.cluster.patch(ref, "merge", body, { fieldManager: "kubectl-scale", signal: idle });
}

const portsOf = ({ cluster, store, clock }: RestoreWorld) => ({
  ...{ cluster, store, clock },
  log: { write: () => {} },
});

const undo = (world: RestoreWorld, request: Partial<UndoRequest> = {}): Promise<UndoReport> =>
  undoRestore({ restore: "r1", ...request }, portsOf(world), idle);

const names = (rows: readonly { kind: string; name: string }[]): readonly string[] =>
  rows.map(({ kind, name }) => `${kind}/${name}`).sort();

const expected = [web, ...needed].map(({ kind, metadata }) => ({ kind, name: metadata.name }));

describe("what a Deployment needs that restore undo leaves", () => {
  it("is left too, with what that needs, in plan and run, and says why", async () => {
    const world = await restored();
    await scale(world);
    const { steps } = await planUndo({ restore: "r1" }, portsOf(world), idle);
    const foretold = steps.filter(({ verdict }) => verdict.step === "left");
    assert.deepEqual(names(foretold.map(({ change }) => change)), names(expected));
    const report = await undo(world);
    assert.deepEqual(
      names(report.outcomes.filter(({ outcome }) => outcome === "left")),
      names(expected),
    );
    const gone = report.outcomes.filter(({ outcome }) => outcome === "deleted");
    assert.deepEqual(names(gone), ["Secret/optional", "Secret/unused"]);
    const reasonOf = (name: string) => report.outcomes.find((one) => one.name === name)?.reason;
    assert.match(
      reasonOf("password") ?? "",
      /^what is left needs it: deployments.apps\/shop\/web$/,
    );
    assert.match(reasonOf("pull") ?? "", /needs it: serviceaccounts\/shop\/runner$/);
    assert.match(reasonOf("reader") ?? "", /needs it: rolebindings.*runner-reads$/);
    assert.match(reasonOf("web") ?? "", /by field manager kubectl-scale\)$/);
  });

  it("goes with it", async () => {
    const world = await restored();
    await scale(world);
    const report = await undo(world, { changedToo: true });
    assert.equal(report.phase, "Completed", JSON.stringify(report.outcomes));
    assert.equal(await world.live("secrets", "shop/password"), undefined);
  });

  it("is left where the API server refuses to delete the Deployment", async () => {
    const world = await restored();
    world.server.faults = ({ method, path }) =>
      method === "DELETE" && path.endsWith("/deployments/web") ? { status: 403 } : undefined;
    const report = await undo(world);
    for (const name of ["password", "conf", "runner"]) {
      const one = report.outcomes.find((row) => row.name === name);
      assert.equal(one?.outcome, "left", name);
    }
  });
});

describe("what an object needs that others have made since", () => {
  const api = (rest: object = {}) =>
    plain("apps/v1", "Deployment", "shop/api", { spec: { ...(web["spec"] as object), ...rest } });
  const leftOf = ({ outcomes }: UndoReport) => outcomes.filter(({ outcome }) => outcome === "left");

  it("is left, in plan and run, and named with it", async () => {
    const world = await restored();
    await make(world, api());
    const { steps } = await planUndo({ restore: "r1" }, portsOf(world), idle);
    const foretold = steps.filter(({ verdict }) => verdict.step === "left");
    const kept = needed.map(({ kind, metadata }) => ({ kind, name: metadata.name }));
    assert.deepEqual(names(foretold.map(({ change }) => change)), names(kept));
    const report = await undo(world);
    assert.deepEqual(names(leftOf(report)), names(kept));
    const reason = leftOf(report).find(({ name }) => name === "conf")?.reason;
    assert.equal(reason, "what is left needs it: deployments.apps/shop/api");
    assert.equal(await world.live("deployments.apps", "shop/web"), undefined);
  });

  it("goes where they had made it before, and had not what the restore brought", async () => {
    const world = createRestoreWorld();
    await make(world, shop);
    await make(world, api());
    await world.clock.sleep(5000, idle);
    await world.backUp([shop, ...needed]);
    await world.restore();
    const report = await undo(world);
    assert.equal(report.phase, "Completed", JSON.stringify(report.outcomes));
  });

  it("is left where they have changed it to need it since", async () => {
    const world = createRestoreWorld();
    await make(world, shop);
    await make(world, plain("apps/v1", "Deployment", "shop/web", { spec: { selector: {} } }));
    await world.clock.sleep(5000, idle);
    await world.backUp([shop, ...needed]);
    await world.restore();
    await world.clock.sleep(5000, idle);
    const kind = world.server.catalog.kinds().find((one) => one.resource === "deployments")!;
    const ref = { kind: kind as never, namespace: "shop", name: "web" };
    const body = Buffer.from(JSON.stringify({ spec: web["spec"] }));
    await world.cluster.patch(ref, "merge", body, { fieldManager: "kubectl-edit", signal: idle });
    assert.equal(leftOf(await undo(world)).length, needed.length);
  });

  it("goes where it goes itself, with an owner that the restore has made", async () => {
    const world = await restored();
    const uid = (await world.live("secrets", "shop/unused"))?.metadata["uid"];
    const owner = { apiVersion: "v1", kind: "Secret", name: "unused", uid };
    world.server.seed({
      ...plain("v1", "Pod", "shop/web-1", {
        ...{ spec: (web["spec"] as { template: { spec: object } }).template.spec },
        metadata: { ownerReferences: [owner], creationTimestamp: "2099-01-01T00:00:00Z" },
      }),
    } as never);
    const report = await undo(world);
    assert.equal(report.phase, "Completed", JSON.stringify(report.outcomes));
  });

  it("is deleted, and that is logged, where this user may not list what may need it", async () => {
    const world = await restored();
    await make(world, api());
    world.server.faults = ({ method, path }) =>
      method === "GET" && /\/(deployments|replicasets|pods)$/.test(path)
        ? { status: 403 }
        : undefined;
    const logged: string[] = [];
    const log = { write: (_level: string, message: string) => void logged.push(message) };
    const report = await undoRestore({ restore: "r1" }, { ...portsOf(world), log }, idle);
    assert.equal(report.phase, "Completed", JSON.stringify(report.outcomes));
    assert.ok(logged.includes("this user may not list what may need what is deleted"));
  });
});

describe("a Service that the API server calls", () => {
  const behind = plain("v1", "Service", "shop/hooks", { spec: { ports: [{ port: 443 }] } });
  const service = { namespace: "shop", name: "hooks" };
  const webhook = (kind: "Validating" | "Mutating", failurePolicy = "Fail") => {
    const clientConfig = { service };
    const one = { name: "w.example.io", sideEffects: "None", admissionReviewVersions: ["v1"] };
    return plain("admissionregistration.k8s.io/v1", `${kind}WebhookConfiguration`, "guard", {
      webhooks: [{ ...one, clientConfig, failurePolicy, rules: [] }],
    });
  };
  const apiService = plain("apiregistration.k8s.io/v1", "APIService", "v1.metrics.demo.example", {
    spec: { group: "metrics.demo.example", version: "v1", service },
  });
  const definition = plain(
    "apiextensions.k8s.io/v1",
    "CustomResourceDefinition",
    "lamps.demo.example",
    {
      spec: {
        group: "demo.example",
        names: { plural: "lamps", kind: "Lamp" },
        scope: "Namespaced",
        versions: [{ name: "v1", served: true, storage: true }],
        conversion: { strategy: "Webhook", webhook: { clientConfig: { service } } },
      },
    },
  );

  async function brought(before: readonly Plain[] = []): Promise<RestoreWorld> {
    const world = createRestoreWorld();
    await make(world, shop);
    for (const one of before) await make(world, one);
    await world.clock.sleep(5000, idle);
    await world.backUp([shop, behind]);
    const done = await world.restore();
    assert.equal(done.failed, 0, JSON.stringify(done.findings));
    return world;
  }

  for (const [caller, place] of [
    [webhook("Validating"), "validatingwebhookconfigurations.admissionregistration.k8s.io/guard"],
    [webhook("Mutating"), "mutatingwebhookconfigurations.admissionregistration.k8s.io/guard"],
    [apiService, "apiservices.apiregistration.k8s.io/v1.metrics.demo.example"],
    [definition, "customresourcedefinitions.apiextensions.k8s.io/lamps.demo.example"],
  ] as const) {
    it(`stays, in plan and run, for a ${caller.kind} that others made since`, async () => {
      const world = await brought();
      await make(world, caller);
      const { steps } = await planUndo({ restore: "r1" }, portsOf(world), idle);
      const foretold = steps.filter(({ verdict }) => verdict.step === "left");
      assert.deepEqual(names(foretold.map(({ change }) => change)), ["Service/hooks"]);
      const { outcomes } = await undo(world);
      const [left] = outcomes.filter(({ outcome }) => outcome === "left");
      assert.equal(left?.name, "hooks");
      assert.equal(left?.reason, `what is left needs it: ${place}`);
      assert.notEqual(await world.live("services", "shop/hooks"), undefined);
    });
  }

  it("stays with what is behind it, and with what that needs", async () => {
    const selecting = plain("v1", "Service", "shop/hooks", {
      spec: { selector: { app: "web" }, ports: [{ port: 443 }] },
    });
    const stranger = plain("v1", "Pod", "shop/stranger", {
      metadata: { labels: { app: "other" } },
      spec: { containers: [] },
    });
    const world = createRestoreWorld();
    await make(world, shop);
    await world.backUp([shop, selecting, web, stranger, ...needed, ...others]);
    const done = await world.restore();
    assert.equal(done.failed, 0, JSON.stringify(done.findings));
    await make(world, webhook("Mutating"));
    const { outcomes } = await undo(world);
    const left = outcomes.filter(({ outcome }) => outcome === "left");
    assert.deepEqual(names(left), [...names(expected), "Service/hooks"].sort());
    const reason = left.find(({ kind }) => kind === "Deployment")?.reason;
    assert.equal(reason, "what is left needs it: services/shop/hooks");
  });

  it("stays with addresses that a person wrote", async () => {
    const addresses = plain("v1", "Endpoints", "shop/hooks", { subsets: [] });
    const world = createRestoreWorld();
    await make(world, shop);
    await world.backUp([shop, behind, addresses, web]);
    const done = await world.restore();
    assert.equal(done.failed, 0, JSON.stringify(done.findings));
    await make(world, apiService);
    const { outcomes } = await undo(world);
    const left = outcomes.filter(({ outcome }) => outcome === "left");
    assert.deepEqual(names(left), ["Endpoints/hooks", "Service/hooks"]);
  });

  it("goes where the webhook lets pass what it cannot be asked about", async () => {
    const world = await brought();
    await make(world, webhook("Validating", "Ignore"));
    const report = await undo(world);
    assert.equal(report.phase, "Completed", JSON.stringify(report.outcomes));
  });

  it("goes where the webhook was there before the restore, without it", async () => {
    const world = await brought([webhook("Mutating")]);
    const report = await undo(world);
    assert.equal(report.phase, "Completed", JSON.stringify(report.outcomes));
  });
});
