/** Regressions 53 to 59 and 77 of users: what single kinds need, with the real controllers. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { chosenPorts } from "../support/chosen-ports.ts";
import { sharedControlPlane, uniqueNamespace, whyNoTestbed } from "../support/shared-testbed.ts";
import { field, type Json, openRestoreCluster, type RestoreCluster } from "./restore-cluster.ts";

const skip = await whyNoTestbed();
const merge = "application/merge-patch+json";
const container = { name: "c", image: "example.test/app:1" };

describe("restore of single kinds", { skip, timeout: 600_000 }, () => {
  let at: RestoreCluster;
  const made = new Set<string>();
  const fresh = async (prefix: string): Promise<string> => {
    const name = uniqueNamespace(prefix);
    made.add(name);
    await at.apply("/api/v1/namespaces", { metadata: { name } });
    return name;
  };
  const again = async (namespace: string, spec: object = {}) => {
    await at.backUp(`b-${namespace}`, { includedNamespaces: [namespace] });
    await at.remove(`/api/v1/namespaces/${namespace}`);
    return await at.restore(`r-${namespace}`, { backupName: `b-${namespace}`, ...spec });
  };
  const items = async (path: string) => field(await at.get(path), "items") as readonly Json[];
  const nameOf = (object: Json) => field(object, "metadata", "name") as string;
  const uidOf = (object: unknown) => field(object, "metadata", "uid") as string;
  const ownerOf = (object: unknown) => field(object, "metadata", "ownerReferences", 0, "uid");

  before(async () => {
    at = await openRestoreCluster((await sharedControlPlane()).kubeconfig);
  });
  after(async () => {
    for (const name of made) await at.client.send("DELETE", `/api/v1/namespaces/${name}`);
    await at.close();
  });

  it("has a Deployment adopt its old and new ReplicaSets and roll nothing out (regressions 53 and 77)", async () => {
    const namespace = await fresh("regress-deploy");
    const apps = `/apis/apps/v1/namespaces/${namespace}`;
    const labels = { app: "web" };
    await at.apply(`${apps}/deployments`, {
      metadata: { name: "web" },
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [container] } },
      },
    });
    const sets = async (count: number) => {
      await at.until(`${count} replica sets`, async () => {
        const found = await items(`${apps}/replicasets`);
        return found.length === count && found.every((set) => ownerOf(set) !== undefined);
      });
      return await items(`${apps}/replicasets`);
    };
    await sets(1);
    const second = {
      spec: { template: { spec: { containers: [{ ...container, image: "b:2" }] } } },
    };
    await at.client.demand("PATCH", `${apps}/deployments/web`, JSON.stringify(second), merge);
    const before = (await sets(2)).map(nameOf).sort();
    const revision = async () =>
      field(
        await at.get(`${apps}/deployments/web`),
        ...["metadata", "annotations", "deployment.kubernetes.io/revision"],
      );
    await at.until("the revision is noted", async () => (await revision()) === "2");
    await at.apply(`/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`, {
      metadata: { name: "web" },
      spec: { minAvailable: 1, selector: { matchLabels: labels } },
    });
    const report = await again(namespace);
    assert.deepEqual(report.findings, []);
    const uid = uidOf(await at.get(`${apps}/deployments/web`));
    await at.until("the sets are adopted", async () =>
      (await items(`${apps}/replicasets`)).every((set) => ownerOf(set) === uid),
    );
    assert.deepEqual((await sets(2)).map(nameOf).sort(), before);
    assert.equal(await revision(), "2");
  });

  it("brings objects with generated names back under the names they had (regression 54)", async () => {
    const namespace = await fresh("regress-gen");
    const maps = `/api/v1/namespaces/${namespace}/configmaps`;
    const generated = await at.apply(maps, {
      metadata: { generateName: "made-" },
      data: { a: "1" },
    });
    const report = await again(namespace);
    assert.deepEqual(report.findings, []);
    const live = await at.get(`${maps}/${nameOf(generated)}`);
    assert.notEqual(live, undefined);
    assert.deepEqual(
      (field(live, "metadata", "managedFields") as readonly Json[]).map((one) => one["manager"]),
      (field(generated, "metadata", "managedFields") as readonly Json[]).map(
        (one) => one["manager"],
      ),
    );
  });

  it("takes the old uid from a Job's selector and labels, and leaves a chosen selector alone (regression 55)", async () => {
    const namespace = await fresh("regress-job");
    const jobs = `/apis/batch/v1/namespaces/${namespace}/jobs`;
    const pod = { restartPolicy: "Never", containers: [container] };
    await at.apply(jobs, { metadata: { name: "plain" }, spec: { template: { spec: pod } } });
    const labels = { run: "chosen" };
    await at.apply(jobs, {
      metadata: { name: "chosen" },
      spec: {
        manualSelector: true,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: pod },
      },
    });
    const before = uidOf(await at.get(`${jobs}/plain`));
    const report = await again(namespace);
    assert.deepEqual(report.findings, []);
    const live = await at.get(`${jobs}/plain`);
    assert.notEqual(uidOf(live), before);
    assert.ok(!JSON.stringify({ ...live, status: null }).includes(before), "the old uid is gone");
    const key = "batch.kubernetes.io/controller-uid";
    assert.equal(field(live, "spec", "selector", "matchLabels", key), uidOf(live));
    const chosen = await at.get(`${jobs}/chosen`);
    assert.deepEqual(field(chosen, "spec", "selector", "matchLabels"), labels);
    assert.equal(field(chosen, "spec", "manualSelector"), true);
  });

  it("keeps of a Service's addresses and ports what a person chose (regression 56)", async () => {
    const namespace = await fresh("regress-svc");
    const services = `/api/v1/namespaces/${namespace}/services`;
    const make = (name: string, spec: object, annotations: object = {}) =>
      at.apply(services, { metadata: { name, annotations }, spec });
    const ports = [{ name: "http", port: 80, protocol: "TCP", targetPort: 80 }];
    await make("plain", { ports });
    await make("headless", { clusterIP: "None", ports });
    await make("outside", { type: "ExternalName", externalName: "example.test" });
    const auto = await make("auto", { type: "NodePort", ports });
    const autoPort = field(auto, "spec", "ports", 0, "nodePort") as number;
    const free = chosenPorts.services;
    const chosen = [{ ...ports[0], nodePort: free }];
    await make(
      "applied",
      { type: "NodePort", ports: chosen },
      {
        "kubectl.kubernetes.io/last-applied-configuration": JSON.stringify({
          spec: { type: "NodePort", ports: chosen },
        }),
      },
    );
    await make("balanced", { type: "LoadBalancer", externalTrafficPolicy: "Local", ports });
    const report = await again(namespace);
    assert.deepEqual(report.findings, []);
    const spec = async (name: string) => field(await at.get(`${services}/${name}`), "spec");
    assert.equal(field(await spec("headless"), "clusterIP"), "None");
    assert.equal(field(await spec("outside"), "externalName"), "example.test");
    assert.match(String(field(await spec("plain"), "clusterIP")), /^\d+\./);
    assert.equal(field(await spec("applied"), "ports", 0, "nodePort"), free);
    assert.ok(Number(field(await spec("auto"), "ports", 0, "nodePort")) > 0);
    assert.ok(Number(field(await spec("balanced"), "healthCheckNodePort")) > 0);
    assert.ok(autoPort > 0);
  });

  it("says of a Service with a chosen cluster IP that it is left to the API server", async () => {
    const namespace = await fresh("regress-address");
    const services = `/api/v1/namespaces/${namespace}/services`;
    const ports = [{ port: 53, protocol: "UDP", targetPort: 53 }];
    await at.apply(services, { metadata: { name: "plain" }, spec: { ports } });
    const former = await at.apply(services, { metadata: { name: "former" }, spec: { ports } });
    const clusterIP = field(former, "spec", "clusterIP") as string;
    await at.remove(`${services}/former`);
    await at.apply(services, { metadata: { name: "dns" }, spec: { clusterIP, ports } });
    const report = await again(namespace);
    assert.deepEqual(
      report.findings.map(({ code, name }) => [code, name]),
      [["ARK_ADDRESS_CHANGED", "dns"]],
    );
    assert.ok(report.findings[0]?.message.includes(clusterIP), report.findings[0]?.message);
  });

  it("takes the same Service for no conflict, and names the one that holds a port (regression 56)", async () => {
    const namespace = await fresh("regress-port");
    const other = await fresh("regress-thief");
    const ports = [{ name: "http", port: 80, protocol: "TCP", targetPort: 80 }];
    const path = (place: string) => `/api/v1/namespaces/${place}/services`;
    const nodePort = chosenPorts.thief;
    await at.apply(path(namespace), {
      metadata: { name: "web" },
      spec: { type: "NodePort", ports: [{ ...ports[0], nodePort }] },
    });
    const backupName = "b56";
    await at.backUp(backupName, { includedNamespaces: [namespace] });
    const same = await at.restore("r56", { backupName, preserveNodePorts: true });
    assert.deepEqual(same.findings, []);
    assert.equal(same.created, 0);
    await at.remove(`${path(namespace)}/web`);
    await at.apply(path(other), {
      metadata: { name: "thief" },
      spec: { type: "NodePort", ports: [{ ...ports[0], nodePort }] },
    });
    const clash = await at.restore("r56b", { backupName, preserveNodePorts: true });
    assert.equal(clash.restore.status.phase, "PartiallyFailed");
    assert.deepEqual(
      clash.findings.map(({ severity, name }) => [severity, name]),
      [["error", "web"]],
    );
    assert.match(clash.findings[0]!.message, new RegExp(`${nodePort}[^]*${other}[^]*thief`));
  });

  it("restores Endpoints that a person made, and leaves those of controllers to them (regression 57)", async () => {
    const namespace = await fresh("regress-ep");
    const core = `/api/v1/namespaces/${namespace}`;
    const slices = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
    await at.apply(`${core}/services`, {
      metadata: { name: "manual" },
      spec: { ports: [{ port: 80 }] },
    });
    const subsets = [{ addresses: [{ ip: "192.0.2.7" }], ports: [{ port: 80 }] }];
    await at.apply(`${core}/endpoints`, { metadata: { name: "manual" }, subsets });
    await at.apply(slices, {
      metadata: { name: "own", labels: { "kubernetes.io/service-name": "manual" } },
      addressType: "IPv4",
      endpoints: [{ addresses: ["192.0.2.8"] }],
      ports: [{ name: "", port: 80, protocol: "TCP" }],
    });
    const leases = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
    await at.apply(leases, { metadata: { name: "leader" }, spec: { holderIdentity: "old" } });
    const mirrored = async () =>
      (await items(slices)).filter((slice) => nameOf(slice) !== "own").map(nameOf);
    await at.until("the slice is mirrored", async () => (await mirrored()).length === 1);
    const report = await again(namespace);
    assert.deepEqual(report.findings, []);
    const live = await at.get(`${core}/endpoints/manual`);
    assert.equal(field(live, "subsets", 0, "addresses", 0, "ip"), "192.0.2.7");
    assert.notEqual(await at.get(`${slices}/own`), undefined);
    await at.until("it is mirrored again", async () => (await mirrored()).length === 1);
    assert.equal(await at.get(`${leases}/leader`), undefined);
  });

  it("merges a ServiceAccount that is there, and takes nothing from it (regression 58)", async () => {
    const namespace = await fresh("regress-sa");
    const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
    await at.apply(accounts, {
      metadata: { name: "app", annotations: { role: "old" } },
      secrets: [{ name: "app-token-abcde" }, { name: "mine" }],
      imagePullSecrets: [{ name: "pull" }],
    });
    await at.backUp("b58", { includedNamespaces: [namespace] });
    await at.remove(`${accounts}/app`);
    await at.apply(accounts, {
      metadata: { name: "app", annotations: { role: "new" }, labels: { live: "yes" } },
      imagePullSecrets: [{ name: "other" }],
    });
    const { findings } = await at.restore("r58", { backupName: "b58" });
    assert.deepEqual(
      findings.map(({ severity, code }) => [severity, code]),
      [["warning", "ARK_OBJECT_DIFFERS"]],
    );
    const live = await at.get(`${accounts}/app`);
    assert.deepEqual(field(live, "secrets"), [{ name: "mine" }]);
    assert.deepEqual(field(live, "imagePullSecrets"), [{ name: "other" }, { name: "pull" }]);
    assert.equal(field(live, "metadata", "annotations", "role"), "new");
    assert.equal(field(live, "metadata", "labels", "live"), "yes");
  });

  it("has bindings follow a namespace that is mapped, subjects and all (regression 59)", async () => {
    const namespace = await fresh("regress-rbac");
    const target = uniqueNamespace("regress-rbac-to");
    made.add(target);
    const group = "/apis/rbac.authorization.k8s.io/v1";
    const apiGroup = "rbac.authorization.k8s.io";
    await at.apply(`/api/v1/namespaces/${namespace}/serviceaccounts`, {
      metadata: { name: "app" },
    });
    await at.apply(`${group}/namespaces/${namespace}/roles`, {
      metadata: { name: "r" },
      rules: [],
    });
    const subjects = [
      { kind: "ServiceAccount", name: "app", namespace },
      { kind: "ServiceAccount", name: "far", namespace: "kube-system" },
      { kind: "Group", apiGroup, name: "people" },
    ];
    await at.apply(`${group}/namespaces/${namespace}/rolebindings`, {
      metadata: { name: "b" },
      roleRef: { apiGroup, kind: "Role", name: "r" },
      subjects,
    });
    await at.backUp("b59", { includedNamespaces: [namespace] });
    const report = await at.restore("r59", {
      backupName: "b59",
      namespaceMapping: { [namespace]: target },
    });
    assert.deepEqual(report.findings, []);
    const live = await at.get(`${group}/namespaces/${target}/rolebindings/b`);
    assert.deepEqual(
      (field(live, "subjects") as readonly Json[]).map((one) => one["namespace"]),
      [target, "kube-system", undefined],
    );
  });

  it("keeps the replicas that an autoscaler had chosen, and recreates a pod that a budget protects (regression 77)", async () => {
    const namespace = await fresh("regress-hpa");
    const apps = `/apis/apps/v1/namespaces/${namespace}`;
    const pods = `/api/v1/namespaces/${namespace}/pods`;
    const labels = { app: "web" };
    await at.apply(`${apps}/deployments`, {
      metadata: { name: "web" },
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [container] } },
      },
    });
    const autoscaling = `/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers`;
    await at.apply(autoscaling, {
      metadata: { name: "web" },
      spec: {
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
        minReplicas: 2,
        maxReplicas: 5,
      },
    });
    const scale = `${apps}/deployments/web/scale?fieldManager=autoscaler`;
    await at.client.demand("PATCH", scale, '{"spec":{"replicas":3}}', merge);
    const setOf = async () => field((await items(`${apps}/replicasets`))[0], "spec", "replicas");
    await at.until("it is scaled", async () => (await setOf()) === 3);
    const report = await again(namespace);
    assert.deepEqual(report.findings, []);
    const live = await at.get(`${apps}/deployments/web`);
    assert.equal(field(live, "spec", "replicas"), 3);
    assert.equal((await items(`${apps}/replicasets`)).length, 1);
    const bounds = field(await at.get(`${autoscaling}/web`), "spec");
    assert.deepEqual([field(bounds, "minReplicas"), field(bounds, "maxReplicas")], [2, 5]);

    const guarded = { guarded: "yes" };
    await at.apply(`/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`, {
      metadata: { name: "all" },
      spec: { minAvailable: "100%", selector: { matchLabels: guarded } },
    });
    const lone = await at.apply(pods, {
      metadata: { name: "lone", labels: { ...guarded, size: "1" } },
      spec: { containers: [container] },
    });
    await at.backUp("b77", {
      includedNamespaces: [namespace],
      includedResources: ["pods"],
      labelSelector: { matchLabels: guarded },
    });
    await at.client.demand("PATCH", `${pods}/lone`, '{"metadata":{"labels":{"size":"2"}}}', merge);
    const recreated = await at.restore(
      "r77",
      { backupName: "b77" },
      { annotations: { "ark-ts.dev/existing-resource-policy": "recreate" } },
    );
    assert.deepEqual([recreated.recreated, recreated.failed], [1, 0]);
    const pod = await at.get(`${pods}/lone`);
    assert.notEqual(uidOf(pod), uidOf(lone));
    assert.equal(field(pod, "metadata", "labels", "size"), "1");
  });
});
