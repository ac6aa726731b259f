/** Owner references on a real control plane, with the controllers and the garbage collector. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { definitionOf } from "../support/definition.ts";
import { sharedControlPlane, uniqueNamespace, whyNoTestbed } from "../support/shared-testbed.ts";
import { field, type Json, openRestoreCluster, type RestoreCluster } from "./restore-cluster.ts";

const skip = await whyNoTestbed();
const namespace = uniqueNamespace("owners");
const copy = `${namespace}-copy`;
const group = `${namespace}.example`;
const definition = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.${group}`;
const core = (where: string) => `/api/v1/namespaces/${where}`;
const apps = (where: string) => `/apis/apps/v1/namespaces/${where}`;
const batch = (where: string) => `/apis/batch/v1/namespaces/${where}`;
const widgets = (where: string) => `/apis/${group}/v1/namespaces/${where}/widgets`;
const podSpec = { containers: [{ name: "c", image: "example.test/app:1" }] };

async function fill(at: RestoreCluster): Promise<void> {
  await at.apply("/api/v1/namespaces", { metadata: { name: namespace } });
  await at.apply(
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    definitionOf(`widgets.${group}`, "Widget"),
  );
  await at.until("widgets are served", async () => {
    const { status } = await at.client.send("GET", `${widgets(namespace)}?limit=1`);
    return status === 200;
  });
  const kind = { apiVersion: `${group}/v1`, kind: "Widget" };
  const widget = await at.apply(widgets(namespace), { ...kind, metadata: { name: "w" } });
  const ofWidget = {
    ...kind,
    name: "w",
    uid: field(widget, "metadata", "uid"),
    controller: true,
    blockOwnerDeletion: true,
  };
  await at.apply(`${core(namespace)}/configmaps`, {
    metadata: { name: "of-widget", ownerReferences: [ofWidget] },
  });
  await at.apply(`${apps(namespace)}/deployments`, {
    metadata: { name: "web", ownerReferences: [ofWidget] },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: "web" } },
      template: { metadata: { labels: { app: "web" } }, spec: podSpec },
    },
  });
  const jobTemplate = { spec: { template: { spec: { ...podSpec, restartPolicy: "Never" } } } };
  const cron = await at.apply(`${batch(namespace)}/cronjobs`, {
    metadata: { name: "nightly" },
    spec: { schedule: "0 3 1 1 *", suspend: true, jobTemplate },
  });
  const ofCron = {
    apiVersion: "batch/v1",
    kind: "CronJob",
    name: "nightly",
    uid: field(cron, "metadata", "uid"),
    controller: true,
    blockOwnerDeletion: true,
  };
  await at.apply(`${batch(namespace)}/jobs`, {
    metadata: { name: "nightly-1", ownerReferences: [ofCron] },
    spec: { suspend: true, ...jobTemplate.spec },
  });
  await at.until("the pods are made", async () => {
    return (await itemsOf(at, `${core(namespace)}/pods`)).length === 2;
  });
}

async function itemsOf(at: RestoreCluster, path: string): Promise<readonly Json[]> {
  return field(await at.get(path), "items") as Json[];
}

const nameOf = (object: unknown) => field(object, "metadata", "name");
const ownersOf = (object: unknown) =>
  (field(object, "metadata", "ownerReferences") ?? []) as readonly Json[];

/** Fails unless the object has exactly this owner, alive, under its own uid. */
async function assertOwned(at: RestoreCluster, path: string, ownerPath: string): Promise<void> {
  const owner = await at.get(ownerPath);
  assert.ok(owner, `${ownerPath} is there`);
  const [reference, ...others] = ownersOf(await at.get(path));
  assert.deepEqual(others, []);
  assert.equal(reference?.["uid"], field(owner, "metadata", "uid"), path);
  assert.deepEqual([reference?.["controller"], reference?.["blockOwnerDeletion"]], [true, true]);
}

describe("owner references of restored objects (regression 69)", { skip, timeout: 600_000 }, () => {
  let at: RestoreCluster;
  let podsBefore: readonly unknown[] = [];

  before(async () => {
    at = await openRestoreCluster((await sharedControlPlane()).kubeconfig);
    await fill(at);
    podsBefore = (await itemsOf(at, `${core(namespace)}/pods`)).map(nameOf).sort();
    await at.backUp("b1", { includedNamespaces: [namespace] });
    await at.remove(`/api/v1/namespaces/${namespace}`);
    await at.remove(definition);
  });
  after(async () => {
    for (const where of [namespace, copy]) {
      await at.client.send("DELETE", `/api/v1/namespaces/${where}`);
    }
    await at.client.send("DELETE", definition);
    await at.close();
  });

  for (const where of [namespace, copy]) {
    const how = where === copy ? "with the namespace mapped" : "under their own names";
    it(`name the new uids of their owners, ${how}`, async () => {
      const namespaceMapping = where === copy ? { namespaceMapping: { [namespace]: copy } } : {};
      const report = await at.restore(`to-${where}`, { backupName: "b1", ...namespaceMapping });
      assert.deepEqual(report.findings, []);
      assert.equal(report.ownersDropped, 0);
      await assertOwned(at, `${core(where)}/configmaps/of-widget`, `${widgets(where)}/w`);
      await assertOwned(at, `${apps(where)}/deployments/web`, `${widgets(where)}/w`);
      await assertOwned(at, `${batch(where)}/jobs/nightly-1`, `${batch(where)}/cronjobs/nightly`);
      const [set, ...sets] = await itemsOf(at, `${apps(where)}/replicasets`);
      assert.deepEqual(sets, []);
      const path = `${apps(where)}/replicasets/${nameOf(set)}`;
      await assertOwned(at, path, `${apps(where)}/deployments/web`);
      for (const pod of await itemsOf(at, `${core(where)}/pods`)) {
        await assertOwned(at, `${core(where)}/pods/${nameOf(pod)}`, path);
      }
      assert.deepEqual((await itemsOf(at, `${core(where)}/pods`)).map(nameOf).sort(), podsBefore);
    });
  }

  it("come back to what has lost them with policy update, and a further restore has nothing to do", async () => {
    const update = { backupName: "b1", existingResourcePolicy: "update" } as const;
    const path = `${core(namespace)}/configmaps/of-widget`;
    const body = JSON.stringify({ metadata: { ownerReferences: null } });
    await at.client.demand("PATCH", path, body, "application/merge-patch+json");
    assert.deepEqual(ownersOf(await at.get(path)), []);
    const report = await at.restore("again", update);
    assert.deepEqual([report.created, report.updated, report.findings], [0, 1, []]);
    await assertOwned(at, path, `${widgets(namespace)}/w`);
    const third = await at.restore("once-more", update);
    assert.deepEqual([third.created, third.updated, third.failed], [0, 0, 0]);
  });

  it("keep pods from being made beside those that their controller has made since", async () => {
    const pods = `${core(namespace)}/pods`;
    const [first] = await itemsOf(at, pods);
    await at.client.demand("DELETE", `${pods}/${nameOf(first)}?gracePeriodSeconds=0`);
    await at.until("the controller has made another", async () => {
      const names = (await itemsOf(at, pods)).map(nameOf);
      return names.length === 2 && !names.includes(nameOf(first));
    });
    const names = (await itemsOf(at, pods)).map(nameOf).sort();
    const report = await at.restore("beside", { backupName: "b1" });
    assert.deepEqual([report.created, report.findings], [0, []]);
    assert.deepEqual((await itemsOf(at, pods)).map(nameOf).sort(), names);
  });

  it("are the ones that the garbage collector goes by: with the owner goes what it owned", async () => {
    const job = `${batch(copy)}/jobs/nightly-1`;
    await at.client.demand("DELETE", `${batch(copy)}/cronjobs/nightly`);
    await at.until("the Job is collected", async () => (await at.get(job)) === undefined);
    assert.ok(await at.get(`${batch(namespace)}/jobs/nightly-1`));
    assert.ok(await at.get(`${core(copy)}/configmaps/of-widget`));
  });
});
