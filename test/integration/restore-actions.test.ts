/** Item actions of a restore on a real API server: what they make is what it takes. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { createSystemClock } from "../../src/adapters/clock/system-clock.ts";
import type { PlannedItem } from "../../src/domain/restore/planned-item.ts";
import type { JsonObject } from "../../src/lib/json-text.ts";
import type { RestoreItemAction } from "../../src/ports/restore-item-action.ts";
import { createExpectations, type PlannedRun } from "../../src/restore/plan/plan-expectation.ts";
import { previewRestore } from "../../src/restore/plan/preview-restore.ts";
import { runRestore } from "../../src/restore/run-restore.ts";
import { undoRestore } from "../../src/restore/undo/undo-restore.ts";
import { kindOf } from "../support/kinds.ts";
import { sharedControlPlane, uniqueNamespace, whyNoTestbed } from "../support/shared-testbed.ts";
import { field, openRestoreCluster, type RestoreCluster } from "./restore-cluster.ts";

const skip = await whyNoTestbed();
const namespace = uniqueNamespace("acts");
const signal = AbortSignal.timeout(580_000);
const pods = {
  metadata: { labels: { app: "web" } },
  spec: { containers: [{ name: "c", image: "example.test/app:1" }] },
};

/** As Kubernetes 1.15 had it: no API server of today takes it as it is. */
const deployment = (name: string) => ({
  apiVersion: "extensions/v1beta1",
  kind: "Deployment",
  metadata: { name, namespace, uid: `old-${name}`, creationTimestamp: "2019-01-02T03:04:05Z" },
  spec: { replicas: 0, template: pods },
});

/** Gives it the group and version of today, and the selector that those want. */
const renew: RestoreItemAction = {
  name: "example.io/renew",
  appliesTo: { includedResources: ["deployments.extensions"] },
  isPure: true,
  execute({ item }) {
    const spec = item["spec"] as JsonObject;
    const selector = { matchLabels: { app: "web" } };
    const renewed = { ...item, apiVersion: "apps/v1", spec: { ...spec, selector } };
    return {
      item: renewed,
      additionalItems: [{ resource: "configmaps", namespace, name: "settings" }],
    };
  },
};

describe("item actions of a restore on a real API server", { skip }, () => {
  let at: RestoreCluster;
  const ports = (actions: readonly RestoreItemAction[]) => ({
    ...{ cluster: at.cluster, store: at.store, clock: createSystemClock(), actions },
    ...{ log: { write: () => {} }, liveness: () => "unknown" as const },
  });
  const request = (name: string) => ({
    ...{ name, isNameGiven: true, typed: true, spec: { backupName: "old" } },
    owner: { host: "test", bootId: "test", pid: process.pid },
  });
  const plan = async (
    actions: readonly RestoreItemAction[],
  ): Promise<{ readonly items: readonly PlannedItem[]; readonly planned: PlannedRun }> => {
    const items: PlannedItem[] = [];
    const onLine = (_: string, item: PlannedItem): void => void items.push(item);
    const options = { dryRun: "server", engineVersion: "test", onLine } as const;
    const header = await previewRestore(request("p"), ports(actions), options, signal);
    const table = createExpectations();
    for (const item of items) table.add(item);
    return { items, planned: table.finish(header, false) };
  };

  before(async () => {
    at = await openRestoreCluster((await sharedControlPlane()).kubeconfig);
    await at.apply("/api/v1/namespaces", { metadata: { name: namespace } });
    const kind = kindOf("deployments.extensions", { kind: "Deployment", version: "v1beta1" });
    await at.plant("old", kind, [deployment("web")]);
  });
  after(async () => {
    await at.client.demand("DELETE", `/api/v1/namespaces/${namespace}`);
    await at.close();
  });

  it("regression 48: one gives an object the group and version that is served, foretold and restored", async () => {
    const bare = await plan([]);
    assert.equal(bare.items.find(({ name }) => name === "web")?.blocked, true);

    const { items, planned } = await plan([renew]);
    const web = items.find(({ name }) => name === "web");
    assert.deepEqual(web?.check, { by: "dry-run", answer: "accepted" });
    assert.equal(web?.blocked, undefined);
    assert.deepEqual(
      web?.itemActions?.map(({ action, does }) => [action, does]),
      [["example.io/renew", "change"]],
    );

    const report = await runRestore({ ...request("r1"), planned }, ports([renew]), signal);
    assert.equal(report.failed, 0, JSON.stringify(report.findings));
    assert.ok(
      report.findings.some(
        ({ severity, message }) => severity === "warning" && /does not have it/.test(message),
      ),
    );
    const live = await at.get(`/apis/apps/v1/namespaces/${namespace}/deployments/web`);
    assert.deepEqual(field(live, "spec", "selector"), { matchLabels: { app: "web" } });
    assert.equal(field(live, "spec", "replicas"), 0);
    assert.deepEqual(
      report.readBack?.differences.filter(({ by }) => by !== "api-server"),
      [],
    );
    assert.equal(report.readBack?.unread, 0);

    const again = await runRestore(request("r2"), ports([renew]), signal);
    assert.deepEqual([again.created, again.updated, again.failed], [0, 0, 0]);

    await undoRestore({ restore: "r1" }, ports([]), signal);
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments/web`;
    await at.until("the Deployment is gone", async () => (await at.get(path)) === undefined);
  });
});
