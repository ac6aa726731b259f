/** A passive restore and its activation on a real control plane with its controllers. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { annotations } from "../../src/api/labels.ts";
import { activateRestore } from "../../src/restore/activate-restore.ts";
import { writeActivation } from "../../src/restore/record/write-aftermath.ts";
import { sharedControlPlane, uniqueNamespace, whyNoTestbed } from "../support/shared-testbed.ts";
import { field, openRestoreCluster, type RestoreCluster } from "./restore-cluster.ts";

const skip = await whyNoTestbed();
const namespace = uniqueNamespace("passive");
const core = `/api/v1/namespaces/${namespace}`;
const apps = `/apis/apps/v1/namespaces/${namespace}`;
const batch = `/apis/batch/v1/namespaces/${namespace}`;
const networking = `/apis/networking.k8s.io/v1/namespaces/${namespace}`;
const signal = AbortSignal.timeout(580_000);

const pod = (labels: object, restartPolicy = "Always") => ({
  metadata: { labels },
  spec: { restartPolicy, containers: [{ name: "c", image: "example.test/app:1" }] },
});
const workload = (app: string) => ({
  selector: { matchLabels: { app } },
  template: pod({ app }),
});

async function fill(at: RestoreCluster): Promise<void> {
  const make = (path: string, name: string, spec: object) =>
    at.apply(path, { metadata: { name }, spec });
  await at.apply("/api/v1/namespaces", { metadata: { name: namespace } });
  await make(`${apps}/deployments`, "web", { replicas: 3, ...workload("web") });
  await make(`${apps}/deployments`, "api", { replicas: 1, ...workload("api") });
  await make(`${apps}/statefulsets`, "db", { replicas: 2, serviceName: "db", ...workload("db") });
  await make(`${apps}/daemonsets`, "agent", workload("agent"));
  await make(`${batch}/jobs`, "once", { template: pod({}, "Never") });
  await make(`${batch}/cronjobs`, "nightly", {
    schedule: "0 1 * * *",
    jobTemplate: { spec: { template: pod({}, "Never") } },
  });
  await make(`${core}/pods`, "bare", pod({}).spec);
  await make(`${core}/services`, "outer", {
    type: "LoadBalancer",
    externalTrafficPolicy: "Local",
    loadBalancerSourceRanges: ["10.0.0.0/8"],
    ports: [{ port: 80 }],
  });
  await make(`${networking}/ingresses`, "web", {
    ingressClassName: "nginx",
    rules: [{ host: "shop.example.com" }],
  });
}

describe("a passive restore on a real cluster", { skip, timeout: 600_000 }, () => {
  let at: RestoreCluster;

  before(async () => {
    at = await openRestoreCluster((await sharedControlPlane()).kubeconfig);
    await fill(at);
    await at.until("the pods of the StatefulSet are made", async () => {
      return (await at.get(`${core}/pods/db-0`)) !== undefined;
    });
    await at.backUp("b1", { includedNamespaces: [namespace] });
    await at.remove(`/api/v1/namespaces/${namespace}`);
    const report = await at.restore(
      "p1",
      { backupName: "b1" },
      { annotations: { [annotations.passive]: "true" } },
    );
    assert.deepEqual(report.findings, []);
  });
  after(async () => await at.close());

  it("brings nothing to work", async () => {
    const read = async (path: string, ...keys: string[]) =>
      field(await at.get(path), "spec", ...keys);
    assert.equal(await read(`${apps}/deployments/web`, "replicas"), 0);
    assert.equal(await read(`${apps}/statefulsets/db`, "replicas"), 0);
    assert.equal(await read(`${batch}/jobs/once`, "suspend"), true);
    assert.equal(await read(`${batch}/cronjobs/nightly`, "suspend"), true);
    assert.equal(await read(`${core}/services/outer`, "type"), "ClusterIP");
    assert.equal(await read(`${networking}/ingresses/web`, "ingressClassName"), "ark-ts-passive");
    await at.until("the controller has seen the DaemonSet", async () => {
      const daemons = await at.get(`${apps}/daemonsets/agent`);
      return field(daemons, "status", "observedGeneration") === 1;
    });
    const pods = field(await at.get(`${core}/pods`), "items") as readonly unknown[];
    assert.deepEqual(
      pods.map((one) => field(one, "metadata", "name")),
      ["bare"],
    );
    assert.deepEqual(field(pods[0], "spec", "schedulingGates"), [{ name: "ark-ts.dev/passive" }]);
  });

  it("is at rest still after the same restore once more, whatever the policy", async () => {
    const again = await at.restore(
      "p2",
      { backupName: "b1", existingResourcePolicy: "update" },
      { annotations: { [annotations.passive]: "true" } },
    );
    assert.equal(again.created, 0);
    assert.deepEqual(again.findings, []);
    assert.equal(field(await at.get(`${apps}/deployments/web`), "spec", "replicas"), 0);
    await assert.rejects(activateRestore("p2", at, signal), { code: "ARK_USAGE" });
  });

  it("is put back to work by its activation, less what was changed meanwhile", async () => {
    const more = JSON.stringify({ spec: { replicas: 5 } });
    const type = "application/merge-patch+json";
    await at.client.demand("PATCH", `${apps}/deployments/api`, more, type);
    await at.remove(`${batch}/jobs/once`);
    const items = await activateRestore("p1", at, signal);
    const [startedAt, endedAt] = [new Date().toISOString(), new Date().toISOString()];
    await writeActivation(at, { restore: "p1", startedAt, endedAt, outcomes: items });
    const told = items
      .filter(({ outcome, kept }) => outcome !== "activated" || kept.length > 0)
      .map(({ kind, name, outcome, kept }) => [kind, name, outcome, ...kept]);
    assert.deepEqual(told, [
      ["Deployment", "api", "left", "spec.replicas"],
      ["Job", "once", "gone"],
    ]);
    const spec = async (path: string) => field(await at.get(path), "spec") as object;
    assert.equal(field(await spec(`${apps}/deployments/web`), "replicas"), 3);
    assert.equal(field(await spec(`${apps}/deployments/api`), "replicas"), 5);
    assert.equal(field(await spec(`${apps}/statefulsets/db`), "replicas"), 2);
    assert.equal(field(await spec(`${batch}/cronjobs/nightly`), "suspend"), false);
    const service = await spec(`${core}/services/outer`);
    assert.equal(field(service, "type"), "LoadBalancer");
    assert.equal(field(service, "externalTrafficPolicy"), "Local");
    assert.deepEqual(field(service, "loadBalancerSourceRanges"), ["10.0.0.0/8"]);
    assert.equal(field(await spec(`${networking}/ingresses/web`), "ingressClassName"), "nginx");
    assert.equal(field(await spec(`${core}/pods/bare`), "schedulingGates"), undefined);
    const daemons = await spec(`${apps}/daemonsets/agent`);
    assert.equal(field(daemons, "template", "spec", "nodeSelector"), undefined);
    await at.until("the StatefulSet makes its pods", async () => {
      return (await at.get(`${core}/pods/db-0`)) !== undefined;
    });
  });

  it("activates nothing twice, and nothing that only has the name", async () => {
    await at.remove(`${networking}/ingresses/web`);
    await at.apply(`${networking}/ingresses`, {
      metadata: { name: "web", annotations: { [annotations.passive]: "{}" } },
      spec: { rules: [{ host: "other.example.com" }] },
    });
    const items = await activateRestore("p1", at, signal);
    assert.deepEqual([...new Set(items.map(({ outcome }) => outcome))].sort(), ["active", "gone"]);
    const ingress = items.find(({ kind }) => kind === "Ingress");
    assert.match(ingress?.reason ?? "", /another object has its name/);
  });

  it("is undone after its activation, which is no change of others, less what they changed", async () => {
    const { outcomes } = await at.undo("p1");
    const told = (outcome: string) =>
      outcomes
        .filter((one) => one.outcome === outcome && one.namespace === namespace)
        .map(({ kind, name }) => `${kind}/${name}`)
        .sort();
    const deleted = told("deleted");
    for (const name of ["CronJob/nightly", "DaemonSet/agent", "Deployment/web", "StatefulSet/db"]) {
      assert.ok(deleted.includes(name), JSON.stringify(outcomes));
    }
    assert.ok(told("left").includes("Deployment/api"), JSON.stringify(outcomes));
  });
});
