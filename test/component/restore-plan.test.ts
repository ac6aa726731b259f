import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { RestoreSpec } from "../../src/api/restore.ts";
import type { PlannedItem } from "../../src/domain/restore/planned-item.ts";
import type { RestorePlanHeader } from "../../src/restore/plan/plan-document.ts";
import { createExpectations } from "../../src/restore/plan/plan-expectation.ts";
import { previewRestore } from "../../src/restore/plan/preview-restore.ts";
import type { RestoreRequest } from "../../src/restore/restore-request.ts";
import type { ApiServerOptions } from "../support/api-server/api-server.ts";
import { ApiStatus } from "../support/api-server/api-status.ts";
import { foretold, resourceLists } from "../support/restore-outcomes.ts";
import {
  createRestoreWorld,
  namespaceNamed,
  type Plain,
  plain,
  type RestoreWorld,
} from "./restore-world.ts";

const signal = new AbortController().signal;

interface Plan {
  readonly header: RestorePlanHeader;
  readonly items: readonly PlannedItem[];
  readonly of: (place: string) => PlannedItem;
}

async function planOf(
  world: RestoreWorld,
  spec: RestoreSpec = {},
  dryRun: "server" | "none" = "server",
  annotations: Readonly<Record<string, string>> = {},
  more: Partial<RestoreRequest> = {},
): Promise<Plan> {
  const items: PlannedItem[] = [];
  const request = {
    ...{ name: "p", isNameGiven: true, typed: true, owner: { host: "t", bootId: "b", pid: 1 } },
    spec: { backupName: "b1", ...spec },
    annotations,
    ...more,
  };
  const { cluster, store, clock } = world;
  const log = { write: () => {} };
  const onLine = (line: string): void => void items.push(JSON.parse(line));
  const options = { dryRun, engineVersion: "test", onLine };
  const header = await previewRestore(request, { cluster, store, clock, log }, options, signal);
  return {
    header,
    items,
    of: (place) => {
      const found = items.find(({ kind, namespace, name }) => {
        const path = namespace === undefined ? name : `${namespace}/${name}`;
        return `${kind} ${path}` === place;
      });
      assert.ok(found !== undefined, `the plan has no ${place}`);
      return found;
    },
  };
}

const maps = (count: number, namespace = "shop", data = "a") =>
  Array.from({ length: count }, (_, at) =>
    plain("v1", "ConfigMap", `${namespace}/c${at}`, { data: { key: data } }),
  );

/** A target full of obstacles, and a backup that meets all of them. */
async function obstacles(options: ApiServerOptions = {}): Promise<RestoreWorld> {
  const world = createRestoreWorld({
    admission: ({ object }) => {
      const { name } = object["metadata"] as unknown as { name: string };
      if (name === "refused") throw new ApiStatus(422, "Invalid", "not to our taste");
      return object;
    },
    ...options,
  });
  const seed = (object: Plain): void => world.server.seed(object as never);
  seed(namespaceNamed("shop"));
  for (const map of maps(8)) seed(map);
  seed(plain("v1", "ConfigMap", "shop/changed", { data: { key: "theirs" } }));
  seed(plain("v1", "Service", "shop/other", { spec: service(30_080) }));
  await world.backUp([
    namespaceNamed("shop"),
    namespaceNamed("new"),
    ...maps(8),
    plain("v1", "ConfigMap", "shop/changed", { data: { key: "ours" } }),
    plain("v1", "ConfigMap", "shop/refused", { data: {} }),
    plain("v1", "ConfigMap", "shop/fresh", { data: { key: "x" } }),
    plain("v1", "ConfigMap", "new/inside", { data: { key: "x" } }),
    plain("v1", "PersistentVolumeClaim", "shop/data", {
      spec: {
        storageClassName: "fast",
        accessModes: ["ReadWriteOnce"],
        resources: { requests: { storage: "1Gi" } },
      },
    }),
    plain("demo.example/v1", "Widget", "shop/w", { spec: {} }),
    plain("v1", "Pod", "shop/done", { spec: { containers: [] }, status: { phase: "Succeeded" } }),
  ]);
  return world;
}

const service = (nodePort: number) => ({
  type: "NodePort",
  clusterIP: "10.0.0.7",
  ports: [{ port: 80, nodePort, protocol: "TCP" }],
});

/** A path within a version of an API, and not the list of what it serves. */
const isOfResource = /^\/(?:api\/v1|apis\/[^/]+\/[^/]+)\/./;

describe("previewRestore()", () => {
  for (const policy of ["none", "update"] as const) {
    it(`foretells with policy ${policy} what the run then does, object by object`, async () => {
      const world = await obstacles();
      const { revision } = world.server;
      const spec = { existingResourcePolicy: policy };
      const plan = await planOf(world, spec);
      assert.equal(world.server.revision, revision, "a plan writes nothing");
      const report = await world.restore(spec, { limits: { retryPausesMs: [0] } });
      assert.deepEqual(foretold(plan.items), await resourceLists(world.store, "r1"));
      assert.equal(plan.header.totals.blocked, report.failed);
      const differing = report.findings.filter(({ code }) => code === "ARK_OBJECT_DIFFERS").length;
      assert.ok(policy === "update" || differing > 0);
      assert.equal(plan.header.totals.differ, differing);
      assert.equal(plan.header.totals.create - report.failed, report.created);
    });
  }

  it("says of a field that no update can change what the run says of it", async () => {
    const world = createRestoreWorld({
      admission: ({ object }) => {
        const refusal =
          'ConfigMap "fixed" is invalid: data: Forbidden: field is immutable when `immutable` is set';
        if (object["kind"] !== "ConfigMap") return object;
        if (object["immutable"] === true) throw new ApiStatus(422, "Invalid", refusal);
        return object;
      },
    });
    const fixed = (value: string) =>
      plain("v1", "ConfigMap", "shop/fixed", { data: { key: value }, immutable: true });
    world.server.seed(namespaceNamed("copy") as never);
    const there = fixed("theirs");
    world.server.seed({ ...there, metadata: { ...there.metadata, namespace: "copy" } } as never);
    await world.backUp([namespaceNamed("shop"), fixed("ours")]);
    const spec = { existingResourcePolicy: "update", namespaceMapping: { shop: "copy" } } as const;
    const { header } = await planOf(world, spec);
    const [foreseen] = header.findings.filter(({ severity }) => severity === "blocks");
    const [said] = (await world.restore(spec)).findings;
    assert.match(foreseen?.advice ?? "", /recreate --include-objects configmaps\/shop\/fixed$/);
    assert.equal(foreseen?.advice, said?.advice);
  });

  it("shows in what a namespace differs that is left as it is", async () => {
    const world = createRestoreWorld();
    const named = (team: string) =>
      plain("v1", "Namespace", "shop", { metadata: { name: "shop", labels: { team } } });
    world.server.seed({ ...named("b"), status: { phase: "Active" } } as never);
    await world.backUp([named("a")]);
    const { items, header } = await planOf(world, {});
    assert.equal(header.totals.differ, 1);
    const [namespace] = items;
    assert.equal(namespace?.action, "skip");
    assert.match(namespace?.reason ?? "", /left as it is; its labels or annotations differ/);
    const change = { path: "metadata.labels.team", change: "changed", before: "b", after: "a" };
    assert.deepEqual(namespace?.changes, [change]);
  });

  it("plans with the rights of one namespace, and says what it could not look at", async () => {
    const world = createRestoreWorld();
    world.server.seed(namespaceNamed("shop") as never);
    await world.backUp([
      namespaceNamed("shop"),
      ...maps(8),
      plain("rbac.authorization.k8s.io/v1", "Role", "shop/reader", { rules: [] }),
      plain("apps/v1", "Deployment", "shop/web", {
        spec: {
          selector: { matchLabels: { app: "web" } },
          template: { metadata: { labels: { app: "web" } }, spec: { containers: [] } },
        },
      }),
    ]);
    world.server.faults = ({ method, path }) => {
      const isInside = path.includes("/namespaces/shop/") || path.includes("/kube-system");
      const isRead = method === "GET" && isOfResource.test(path);
      return isRead && !isInside ? { status: 403 } : undefined;
    };
    const plan = await planOf(world);
    assert.equal(plan.of("Deployment shop/web").action, "create");
    assert.equal(plan.header.totals.blocked, 0);
    const [finding] = plan.header.findings.filter(({ code }) => code === "not-looked-at");
    assert.match(finding?.message ?? "", /^not looked at: namespaces, .*services/);
  });

  it("finds what a resource modifier fails to change, as the run will", async () => {
    const world = createRestoreWorld();
    await world.backUp([namespaceNamed("shop"), ...maps(1)]);
    const text = [
      "version: v1",
      "resourceModifierRules:",
      "- conditions: {groupResource: configmaps}",
      "  patches:",
      '  - {operation: replace, path: /data/absent/deep, value: "x"}',
    ].join("\n");
    const modifiers = { kind: "text", where: "file m.yaml", text } as const;
    const plan = await planOf(world, {}, "server", {}, { modifiers });
    assert.equal(plan.header.findingCounts["modifier-failed"], 1);
    assert.deepEqual(plan.of("ConfigMap shop/c0").findings, ["modifier-failed"]);
    const report = await world.restore({}, { modifiers });
    assert.deepEqual(
      report.findings.map(({ code }) => code),
      ["ARK_MODIFIER_FAILED"],
    );
  });

  it("says why, and which fields would change", async () => {
    const plan = await planOf(await obstacles(), { existingResourcePolicy: "update" });
    const changed = plan.of("ConfigMap shop/changed");
    assert.deepEqual(
      [changed.action, changed.changes],
      ["patch", [{ path: "data.key", change: "changed", before: "theirs", after: "ours" }]],
    );
    assert.equal(plan.of("ConfigMap shop/c0").reason, "it is there and equal");
    assert.match(plan.of("Pod shop/done").reason, /its phase was Succeeded/);
    const codes = plan.header.findings.map(({ severity, code, name }) => [severity, code, name]);
    assert.deepEqual(codes.sort(), [
      ["blocks", "dry-run-refused", "refused"],
      ["blocks", "kind-not-served", "w"],
      ["warning", "storage-class-missing", "data"],
    ]);
  });

  it("shows the fields of what is deleted and made anew", async () => {
    const notes = { "ark-ts.dev/existing-resource-policy": "recreate" };
    const plan = await planOf(await obstacles(), {}, "server", notes);
    const changed = plan.of("ConfigMap shop/changed");
    assert.equal(changed.action, "recreate");
    assert.deepEqual(changed.changes, [
      { path: "data.key", change: "changed", before: "theirs", after: "ours" },
    ]);
  });

  it("counts what was asked and what was not, with the reasons", async () => {
    const world = await obstacles();
    const { dryRun } = (await planOf(world)).header;
    assert.deepEqual(
      [dryRun.mode, dryRun.accepted, dryRun.refused, dryRun.unanswered],
      ["server", 3, 1, 0],
    );
    assert.deepEqual(dryRun.notAsked, [
      { reason: "their namespace is made by this restore", objects: 1 },
    ]);
    const none = (await planOf(world, {}, "none")).header.dryRun;
    assert.deepEqual([none.asked, none.mode], [0, "none"]);
    assert.deepEqual(none.notAsked, [{ reason: "--dry-run=none", objects: 5 }]);
  });

  it("shows no value of a Secret", async () => {
    const world = createRestoreWorld();
    world.server.seed(namespaceNamed("shop") as never);
    const secret = (value: string): Plain =>
      plain("v1", "Secret", "shop/db", { data: { pw: Buffer.from(value).toString("base64") } });
    world.server.seed(secret("theirs") as never);
    await world.backUp([secret("sesame")]);
    const plan = await planOf(world, { existingResourcePolicy: "update" });
    const text = JSON.stringify(plan.items);
    assert.equal(plan.of("Secret shop/db").changes?.[0]?.path, "data.pw");
    for (const value of ["theirs", "sesame"]) {
      assert.ok(!text.includes(Buffer.from(value).toString("base64")), value);
    }
  });

  it("takes a webhook that refuses dry-run for a finding, not for a refusal", async () => {
    const message = `admission webhook "x" does not support dry run`;
    const world = createRestoreWorld({
      admission: ({ object, dryRun }) => {
        if (dryRun) throw new ApiStatus(400, "BadRequest", message);
        return object;
      },
    });
    world.server.seed(namespaceNamed("shop") as never);
    await world.backUp(maps(1));
    const plan = await planOf(world);
    assert.deepEqual(
      plan.header.findings.map(({ severity, code }) => [severity, code]),
      [["info", "webhook-refuses-dry-run"]],
    );
    assert.equal(plan.header.totals.blocked, 0);
    await world.restore();
    assert.deepEqual(foretold(plan.items), await resourceLists(world.store, "r1"));
  });
});

describe("runRestore() by a plan", () => {
  async function planned(world: RestoreWorld, spec: RestoreSpec, allowDrift = false) {
    const plan = await planOf(world, spec);
    const table = createExpectations();
    for (const item of plan.items) table.add(item);
    return table.finish(plan.header, allowDrift);
  }
  const spec = { existingResourcePolicy: "update" } as const;

  it("does what the plan says where nothing has changed", async () => {
    const world = await obstacles();
    const report = await world.restore(spec, { planned: await planned(world, spec) });
    assert.deepEqual([report.created, report.updated, report.failed], [4, 1, 2]);
  });

  it("refuses an object that was changed since, and writes nothing", async () => {
    const world = await obstacles();
    const plan = await planned(world, spec);
    world.server.seed(plain("v1", "ConfigMap", "shop/fresh", { data: { key: "new" } }) as never);
    const { revision } = world.server;
    await assert.rejects(world.restore(spec, { planned: plan }), (error: Error) => {
      assert.match(JSON.stringify(error), /ARK_PLAN_DRIFTED/);
      assert.match(JSON.stringify(error), /ConfigMap \\"shop\/fresh\\"/);
      return true;
    });
    assert.equal(world.server.revision, revision);
  });

  it("goes on with --allow-drift and says what has changed", async () => {
    const world = await obstacles();
    const plan = await planned(world, spec, true);
    world.server.seed(plain("v1", "ConfigMap", "shop/fresh", { data: { key: "new" } }) as never);
    const report = await world.restore(spec, { planned: plan });
    const drifted = report.findings.filter(({ code }) => code === "ARK_PLAN_DRIFTED");
    assert.equal(drifted.length, 1);
    assert.match(drifted[0]!.message, /shop\/fresh.*the plan says create, now it would be patch/);
    assert.equal(report.updated, 2);
  });

  it("runs the same plan again for what failed, without complaint about what is done", async () => {
    const world = await obstacles();
    const plan = await planned(world, spec);
    await world.restore(spec, { planned: plan });
    const again = await world.restore(spec, { name: "r2", planned: plan });
    assert.deepEqual([again.created, again.updated], [0, 0]);
  });
});
