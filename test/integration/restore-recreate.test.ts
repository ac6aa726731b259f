/** Policy `recreate` and undoing it, on a real API server with its controllers. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { createSystemClock } from "../../src/adapters/clock/system-clock.ts";
import { annotations } from "../../src/api/labels.ts";
import type { Cluster } from "../../src/ports/cluster.ts";
import type { RestoreReport } from "../../src/restore/restore-request.ts";
import { runRestore } from "../../src/restore/run-restore.ts";
import { sharedControlPlane, uniqueNamespace, whyNoTestbed } from "../support/shared-testbed.ts";
import { field, type Json, openRestoreCluster, type RestoreCluster } from "./restore-cluster.ts";

const namespace = uniqueNamespace("recreate");
const core = `/api/v1/namespaces/${namespace}`;
const apps = `/apis/apps/v1/namespaces/${namespace}`;
const batch = `/apis/batch/v1/namespaces/${namespace}`;
const recreate = { annotations: { [annotations.existingResourcePolicy]: "recreate" } };
const pod = (image: string, restartPolicy = "Always", labels = {}) => ({
  metadata: { labels },
  spec: { containers: [{ name: "c", image }], restartPolicy },
});
const claim = (storage: string) => ({
  accessModes: ["ReadWriteOnce"],
  storageClassName: "none",
  resources: { requests: { storage } },
});

const uidOf = (object: Json | undefined): unknown => field(object, "metadata", "uid");

describe("policy recreate on a real API server", {
  skip: await whyNoTestbed(),
  timeout: 600_000,
}, () => {
  let at: RestoreCluster;

  const make = (path: string, name: string, rest: object = {}, metadata: object = {}) =>
    at.apply(path, { metadata: { name, ...metadata }, ...rest });
  const patch = (path: string, body: object) =>
    at.client.demand("PATCH", path, JSON.stringify(body), "application/merge-patch+json");
  const replace = async (path: string, name: string, rest: object): Promise<Json> => {
    await at.remove(`${path}/${name}`);
    return await make(path, name, rest);
  };
  const restore = (
    name: string,
    include: string,
    more: Parameters<RestoreCluster["restore"]>[2] = {},
    through?: Cluster,
  ): Promise<RestoreReport> => {
    const notes = { ...recreate.annotations, [annotations.includeObjects]: include };
    const request = { ...more, annotations: { ...notes, ...more.annotations } };
    return at.restore(name, { backupName: "b" }, request, undefined, through);
  };
  const isReady = (report: RestoreReport): void =>
    assert.equal(report.restore.status.phase, "Completed", JSON.stringify(report.findings));

  before(async () => {
    at = await openRestoreCluster((await sharedControlPlane()).kubeconfig);
    await at.apply("/api/v1/namespaces", { metadata: { name: namespace } });
    await make(`${core}/services`, "web", {
      spec: { clusterIP: "None", selector: { app: "web" }, ports: [{ port: 80 }] },
    });
    await make(`${core}/services`, "front", {
      spec: { type: "NodePort", selector: { app: "web" }, ports: [{ port: 80 }] },
    });
    await make(`${batch}/jobs`, "work", { spec: { template: pod("example.test/a:1", "Never") } });
    const labels = { app: "db" };
    await make(`${apps}/statefulsets`, "db", {
      spec: {
        serviceName: "web",
        selector: { matchLabels: labels },
        template: pod("example.test/db:1", "Always", labels),
        volumeClaimTemplates: [{ metadata: { name: "data" }, spec: claim("1Gi") }],
      },
    });
    await make(`${core}/configmaps`, "held", { data: { mode: "blue" } });
    await make(`${core}/configmaps`, "killed", { data: { mode: "blue" } });
    await make(`${core}/configmaps`, "looked", { data: { mode: "blue" } });
    await make(`${core}/persistentvolumeclaims`, "loose", { spec: claim("1Gi") });
    await make("/api/v1/persistentvolumes", `${namespace}-pv`, {
      spec: {
        capacity: { storage: "1Gi" },
        accessModes: ["ReadWriteOnce"],
        hostPath: { path: "/nowhere" },
        storageClassName: "none",
        persistentVolumeReclaimPolicy: "Retain",
        claimRef: { namespace, name: "nobody" },
      },
    });
    const claimOfSet = `${core}/persistentvolumeclaims/data-db-0`;
    await at.until("the set has its claim", async () => (await at.get(claimOfSet)) !== undefined);
    await at.until(
      "the set has its pod",
      async () => (await at.get(`${core}/pods/db-0`)) !== undefined,
    );
    await at.backUp("b", { includedNamespaces: [namespace], includeClusterResources: true });
  });
  after(async () => {
    await at?.client.send("DELETE", `/api/v1/namespaces/${namespace}`);
    await at?.client.send("DELETE", `/api/v1/persistentvolumes/${namespace}-pv`);
    await at?.close();
  });

  it("changes a Service's cluster IP, which update cannot, and undo brings the former address back", async () => {
    const live = await replace(`${core}/services`, "web", {
      spec: { selector: { app: "web" }, ports: [{ port: 81 }] },
    });
    const spec = { backupName: "b", existingResourcePolicy: "update" } as const;
    const only = { annotations: { [annotations.includeObjects]: `services/${namespace}/web` } };
    const updated = await at.restore("service-update", spec, only);
    assert.equal(updated.failed, 1, JSON.stringify(updated.findings));
    const report = await restore("service", `services/${namespace}/web`);
    isReady(report);
    assert.equal(report.recreated, 1);
    const now = await at.get(`${core}/services/web`);
    assert.equal(field(now, "spec", "clusterIP"), "None");
    assert.equal((await at.undo("service")).phase, "Completed");
    const back = await at.get(`${core}/services/web`);
    assert.equal(field(back, "spec", "ports", 0, "port"), 81);
    assert.equal(field(back, "spec", "clusterIP"), field(live, "spec", "clusterIP"));
    const address = field(back, "spec", "clusterIP");
    await restore("service-2", `services/${namespace}/web`);
    await make(`${core}/services`, "thief", {
      spec: { clusterIP: address, ports: [{ port: 80 }] },
    });
    assert.equal((await at.undo("service-2")).phase, "Completed");
    const other = field(await at.get(`${core}/services/web`), "spec", "clusterIP");
    assert.match(String(other), /^\d+\./);
    assert.notEqual(other, address);
  });

  it("keeps the addresses of a Service where they are free, and names those that it cannot", async () => {
    const path = `${core}/services/front`;
    const addressesOf = (service: Json | undefined) => [
      field(service, "spec", "clusterIP"),
      field(service, "spec", "ports", 0, "nodePort"),
    ];
    const change = () => patch(path, { spec: { selector: { app: "other" } } });
    await change();
    const live = await at.get(path);
    const report = await restore("front", `services/${namespace}/front`);
    isReady(report);
    assert.deepEqual([report.recreated, report.findings], [1, []]);
    const now = await at.get(path);
    assert.notEqual(uidOf(now), uidOf(live));
    assert.deepEqual(addressesOf(now), addressesOf(live));
    await change();
    const [address, port] = addressesOf(live);
    const thief = { type: "NodePort", ports: [{ port: 80, nodePort: port }] };
    let isTaken = false;
    const create: Cluster["create"] = async (ref, body, options) => {
      if (ref.name === "front" && options.dryRun !== true && !isTaken) {
        isTaken = true;
        await make(`${core}/services`, "early", { spec: thief });
      }
      return await at.cluster.create(ref, body, options);
    };
    const include = `services/${namespace}/front`;
    const second = await restore("front-2", include, {}, { ...at.cluster, create });
    assert.equal(second.recreated, 1, JSON.stringify(second.findings));
    const [told] = second.findings;
    assert.equal(told?.code, "ARK_ADDRESS_CHANGED");
    assert.match(told?.message ?? "", new RegExp(`node port of 80/TCP ${port} is now \\d+`));
    assert.match(String(address), /^\d+\./);
  });

  it("changes a Job's template: its pods go with it, and undo makes the former Job again", async () => {
    await at.client.demand("DELETE", `${batch}/jobs/work?propagationPolicy=Background`);
    await at.until(
      "the job is gone",
      async () => (await at.get(`${batch}/jobs/work`)) === undefined,
    );
    const spec = { template: pod("example.test/a:2", "Never") };
    const live = await make(`${batch}/jobs`, "work", { spec });
    const podsOf = async (uid: unknown): Promise<number> => {
      const { items } = (await at.get(`${core}/pods`)) as { items: readonly Json[] };
      return items.filter((one) => field(one, "metadata", "ownerReferences", 0, "uid") === uid)
        .length;
    };
    await at.until("the job has its pod", async () => (await podsOf(uidOf(live))) === 1);
    const report = await restore("job", `jobs/${namespace}/work`);
    isReady(report);
    assert.equal(report.recreated, 1);
    await at.until("its pod is gone", async () => (await podsOf(uidOf(live))) === 0);
    const imageOf = async () =>
      field(
        await at.get(`${batch}/jobs/work`),
        "spec",
        "template",
        "spec",
        "containers",
        0,
        "image",
      );
    assert.equal(await imageOf(), "example.test/a:1");
    const restored = uidOf(await at.get(`${batch}/jobs/work`));
    await at.until("the restored job has its pod", async () => (await podsOf(restored)) === 1);
    const undone = await at.undo("job");
    assert.equal(undone.phase, "Completed", JSON.stringify(undone.outcomes));
    assert.equal(await imageOf(), "example.test/a:2");
    const again = uidOf(await at.get(`${batch}/jobs/work`));
    await at.until("each pod of the job is its own", async () => {
      const ofJob = `${core}/pods?labelSelector=batch.kubernetes.io/job-name%3Dwork`;
      const { items } = (await at.get(ofJob)) as { items: readonly Json[] };
      const owners = items.map((one) => field(one, "metadata", "ownerReferences", 0, "uid"));
      return owners.length > 0 && owners.every((owner) => owner === again);
    });
  });

  it("changes a StatefulSet and leaves its pods and claims as they are", async () => {
    const labels = { app: "db" };
    await at.client.demand("DELETE", `${apps}/statefulsets/db?propagationPolicy=Orphan`);
    await at.until(
      "the set is gone",
      async () => (await at.get(`${apps}/statefulsets/db`)) === undefined,
    );
    const live = await make(`${apps}/statefulsets`, "db", {
      spec: {
        serviceName: "other",
        selector: { matchLabels: labels },
        template: pod("example.test/db:1", "Always", labels),
        volumeClaimTemplates: [{ metadata: { name: "data" }, spec: claim("1Gi") }],
      },
    });
    const adopted = async (): Promise<string> => {
      const owner = field(
        await at.get(`${core}/pods/db-0`),
        "metadata",
        "ownerReferences",
        0,
        "uid",
      );
      return String(owner);
    };
    await at.until("its pod is adopted", async () => (await adopted()) === uidOf(live));
    const before = await Promise.all([
      at.get(`${core}/pods/db-0`),
      at.get(`${core}/persistentvolumeclaims/data-db-0`),
    ]);
    const report = await restore("set", `statefulsets/${namespace}/db`);
    isReady(report);
    assert.equal(report.recreated, 1);
    const now = await at.get(`${apps}/statefulsets/db`);
    assert.equal(field(now, "spec", "serviceName"), "web");
    await at.until("its pod is adopted again", async () => (await adopted()) === uidOf(now));
    const after = await Promise.all([
      at.get(`${core}/pods/db-0`),
      at.get(`${core}/persistentvolumeclaims/data-db-0`),
    ]);
    assert.deepEqual(after.map(uidOf), before.map(uidOf));
    const undone = await at.undo("set");
    assert.equal(undone.phase, "Completed", JSON.stringify(undone.outcomes));
    assert.equal(field(await at.get(`${apps}/statefulsets/db`), "spec", "serviceName"), "other");
    assert.equal(uidOf(await at.get(`${core}/persistentvolumeclaims/data-db-0`)), uidOf(before[1]));
  });

  it("leaves protected kinds alone, a StatefulSet's claims too, unless each is named", async () => {
    const label = (path: string) => patch(path, { metadata: { labels: { changed: "yes" } } });
    const paths = [
      `${core}/persistentvolumeclaims/loose`,
      `${core}/persistentvolumeclaims/data-db-0`,
      `/api/v1/persistentvolumes/${namespace}-pv`,
      `/api/v1/namespaces/${namespace}`,
    ];
    for (const path of paths) await label(path);
    const before = await Promise.all(paths.map((path) => at.get(path)));
    const include = `pvc/${namespace}/*,pv/${namespace}-pv,namespaces/${namespace}`;
    const report = await restore("protected", include);
    assert.equal(report.recreated, 0);
    const after = await Promise.all(paths.map((path) => at.get(path)));
    assert.deepEqual(after.map(uidOf), before.map(uidOf));
    const differs = report.findings.filter(({ code }) => code === "ARK_OBJECT_DIFFERS");
    assert.equal(differs.length, paths.length);
    // A namespace is never made anew, named or not.
    const left = differs.filter(({ resource }) => resource !== "namespaces");
    assert.deepEqual(
      left.map(({ name }) => name).sort(),
      ["data-db-0", "loose", `${namespace}-pv`].sort(),
    );
    for (const { advice } of left) assert.match(advice ?? "", /--recreate-objects persistentvol/);
    const named = { annotations: { [annotations.recreateObjects]: `pvc/${namespace}/loose` } };
    const second = await restore("named", include, named);
    assert.equal(second.recreated, 1, JSON.stringify(second.findings));
    const uids = (await Promise.all(paths.map((path) => at.get(path)))).map(uidOf);
    assert.notEqual(uids[0], uidOf(before[0]));
    assert.deepEqual(uids.slice(1), before.slice(1).map(uidOf));
  });

  it("waits for a finalizer in bounds, names it, and undo makes the object again once it is let go", async () => {
    await at.remove(`${core}/configmaps/held`);
    const finalizers = ["demo.example/hold"];
    await make(`${core}/configmaps`, "held", { data: { mode: "green" } }, { finalizers });
    const waits: string[] = [];
    const report = await at.restore(
      "held",
      { backupName: "b" },
      {
        annotations: {
          ...recreate.annotations,
          [annotations.includeObjects]: `cm/${namespace}/held`,
        },
        limits: { objectGoneMs: 1_000 },
      },
      ({ waitingFor }) => void waits.push(waitingFor ?? ""),
    );
    assert.equal(report.restore.status.phase, "PartiallyFailed");
    const codes = report.findings.map(({ code }) => code).sort();
    assert.deepEqual(codes, ["ARK_OBJECT_NOT_REMADE", "ARK_OBJECT_TERMINATING"]);
    assert.ok(
      waits.some((text) => text.includes("held by demo.example/hold")),
      waits.join(),
    );
    await patch(`${core}/configmaps/held`, { metadata: { finalizers: null } });
    await at.until(
      "it is gone",
      async () => (await at.get(`${core}/configmaps/held`)) === undefined,
    );
    const undone = await at.undo("held");
    assert.deepEqual(
      undone.outcomes.map(({ outcome }) => outcome),
      ["made again"],
    );
    assert.deepEqual((await at.get(`${core}/configmaps/held`))?.["data"], { mode: "green" });
  });

  it("deletes only the object that it looked at: one that was made meanwhile is looked at anew", async () => {
    const path = `${core}/configmaps`;
    await replace(path, "looked", { data: { mode: "green" } });
    let isOther = false;
    const remove: Cluster["remove"] = async (ref, options) => {
      if (!isOther) await replace(path, "looked", { data: { mode: "of others" } });
      isOther = true;
      return await at.cluster.remove(ref, options);
    };
    const through = { ...at.cluster, remove };
    const report = await restore("looked", `cm/${namespace}/looked`, {}, through);
    isReady(report);
    assert.deepEqual((await at.get(`${path}/looked`))?.["data"], { mode: "blue" });
    assert.equal((await at.undo("looked")).phase, "Completed");
    // What it has deleted, not what it had looked at first.
    assert.deepEqual((await at.get(`${path}/looked`))?.["data"], { mode: "of others" });
  });

  it("brings an object back that a killed process has deleted, and undo its former self", async () => {
    const path = `${core}/configmaps/killed`;
    await replace(`${core}/configmaps`, "killed", { data: { mode: "green" } });
    const deleted = Promise.withResolvers<void>();
    const remove: Cluster["remove"] = async (ref, options) => {
      await at.cluster.remove(ref, options);
      deleted.resolve();
      return await new Promise<never>(() => {});
    };
    const include = `cm/${namespace}/killed`;
    const stop = new AbortController();
    const owner = { host: "test", bootId: "test", pid: 1 };
    const dead = {
      name: "killed",
      isNameGiven: true,
      typed: true,
      owner,
      spec: { backupName: "b" },
    };
    void runRestore(
      { ...dead, annotations: { ...recreate.annotations, [annotations.includeObjects]: include } },
      {
        ...{ cluster: { ...at.cluster, remove }, store: at.store, clock: createSystemClock() },
        ...{ log: { write: () => {} }, liveness: () => "gone" },
      },
      stop.signal,
    );
    await deleted.promise;
    await at.until("it is gone", async () => (await at.get(path)) === undefined);
    const report = await restore("killed", include);
    isReady(report);
    assert.equal(report.recreated, 1);
    assert.deepEqual((await at.get(path))?.["data"], { mode: "blue" });
    assert.equal((await at.undo("killed")).phase, "Completed");
    stop.abort();
    assert.deepEqual((await at.get(path))?.["data"], { mode: "green" });
  });
});
