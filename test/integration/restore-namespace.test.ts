/** Backup, deletion and restore of a namespace on a real control plane with its controllers. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { sharedControlPlane, uniqueNamespace, whyNoTestbed } from "../support/shared-testbed.ts";
import { field, type Json, openRestoreCluster, type RestoreCluster } from "./restore-cluster.ts";

const skip = await whyNoTestbed();
const namespace = uniqueNamespace("restore");
const core = `/api/v1/namespaces/${namespace}`;
const apps = `/apis/apps/v1/namespaces/${namespace}`;
const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
const batch = `/apis/batch/v1/namespaces/${namespace}`;
const template = (labels: object) => ({
  metadata: { labels },
  spec: {
    serviceAccountName: "app",
    containers: [{ name: "c", image: "example.test/app:1" }],
    restartPolicy: "Always",
  },
});

async function fill(at: RestoreCluster): Promise<void> {
  const make = (path: string, name: string, rest: object) =>
    at.apply(path, { metadata: { name }, ...rest });
  await at.apply("/api/v1/namespaces", {
    metadata: { name: namespace, labels: { team: "shop" }, annotations: { note: "kept" } },
  });
  await make(`${core}/limitranges`, "limits", {
    spec: { limits: [{ type: "Container", defaultRequest: { cpu: "10m" } }] },
  });
  await make(`${core}/serviceaccounts`, "app", { imagePullSecrets: [{ name: "pull" }] });
  await make(`${core}/configmaps`, "settings", { data: { a: "ü€ 100%", n: "1.0" } });
  await make(`${core}/secrets`, "key", { type: "Opaque", data: { k: "dmFsdWU=" } });
  await at.apply(`${core}/secrets`, {
    metadata: { name: "app-token", annotations: { "kubernetes.io/service-account.name": "app" } },
    type: "kubernetes.io/service-account-token",
  });
  const ports = [
    { name: "http", port: 80 },
    { name: "admin", port: 81 },
  ];
  await make(`${core}/services`, "web", { spec: { selector: { app: "web" }, ports } });
  await make(`${core}/services`, "node", { spec: { type: "NodePort", ports } });
  await make(`${core}/services`, "headless", { spec: { clusterIP: "None", ports } });
  await make(`${core}/services`, "outside", {
    spec: { type: "ExternalName", externalName: "example.test" },
  });
  await make(`${core}/services`, "manual", { spec: { ports: [{ port: 80 }] } });
  await make(`${core}/endpoints`, "manual", {
    subsets: [{ addresses: [{ ip: "192.0.2.7" }], ports: [{ port: 80 }] }],
  });
  await make(`${rbac}/roles`, "Reader:All", {
    rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }],
  });
  await make(`${rbac}/rolebindings`, "Reader:All", {
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "Reader:All" },
    subjects: [{ kind: "ServiceAccount", name: "app", namespace }],
  });
  await make(`${apps}/deployments`, "web", {
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: "web" } },
      template: template({ app: "web" }),
    },
  });
  await make(`${apps}/statefulsets`, "db", {
    spec: {
      serviceName: "headless",
      selector: { matchLabels: { app: "db" } },
      template: template({ app: "db" }),
    },
  });
  await make(`${batch}/jobs`, "work", {
    spec: { template: { spec: { ...template({}).spec, restartPolicy: "Never" } } },
  });
  await make(`${batch}/cronjobs`, "nightly", {
    spec: {
      schedule: "0 3 * * *",
      jobTemplate: {
        spec: { template: { spec: { ...template({}).spec, restartPolicy: "Never" } } },
      },
    },
  });
  await make(`${core}/resourcequotas`, "quota", { spec: { hard: { pods: "50" } } });
  await make(`${core}/persistentvolumeclaims`, "data", {
    spec: {
      accessModes: ["ReadWriteOnce"],
      storageClassName: "",
      volumeName: `${namespace}-pv`,
      resources: { requests: { storage: "1Gi" } },
    },
  });
  await make("/api/v1/persistentvolumes", `${namespace}-pv`, {
    spec: {
      capacity: { storage: "1Gi" },
      accessModes: ["ReadWriteOnce"],
      persistentVolumeReclaimPolicy: "Retain",
      storageClassName: "",
      claimRef: { namespace, name: "data" },
      hostPath: { path: "/nowhere" },
    },
  });
}

/** What the controllers make of it: only then it is worth a backup. */
async function settle(at: RestoreCluster): Promise<void> {
  const bound = async () =>
    field(await at.get(`${core}/persistentvolumeclaims/data`), "status", "phase") === "Bound";
  await at.until("the claim is bound", bound);
  await at.until("the pods are made", async () => {
    const pods = (await itemsOf(at, `${core}/pods`)).length;
    return pods === 4;
  });
  const isNoted = async (): Promise<boolean> => {
    const web = await at.get(`${apps}/deployments/web`);
    return field(web, "metadata", "annotations", "deployment.kubernetes.io/revision") === "1";
  };
  await at.until("the Deployment's revision is noted", isNoted);
}

async function itemsOf(at: RestoreCluster, path: string): Promise<readonly Json[]> {
  return field(await at.get(path), "items") as Json[];
}

const nameOf = (object: Json) => field(object, "metadata", "name") as string;

describe("a namespace backed up, deleted and restored", { skip, timeout: 600_000 }, () => {
  let at: RestoreCluster;
  const first = new Map<string, Json>();
  const compared = [
    ...["configmaps/settings", "secrets/key", "serviceaccounts/app", "limitranges/limits"].map(
      (name) => `${core}/${name}`,
    ),
    ...["web", "node", "headless", "outside", "manual"].map((name) => `${core}/services/${name}`),
    `${core}/endpoints/manual`,
    `${core}/resourcequotas/quota`,
    `${core}/persistentvolumeclaims/data`,
    `${rbac}/roles/Reader:All`,
    `${rbac}/rolebindings/Reader:All`,
    `${apps}/deployments/web`,
    `${apps}/statefulsets/db`,
    `${batch}/jobs/work`,
    `${batch}/cronjobs/nightly`,
  ];
  let podsBefore: readonly string[] = [];
  let setsBefore: readonly string[] = [];

  before(async () => {
    at = await openRestoreCluster((await sharedControlPlane()).kubeconfig);
    await fill(at);
    await settle(at);
    for (const path of compared) first.set(path, (await at.get(path))!);
    podsBefore = (await itemsOf(at, `${core}/pods`)).map(nameOf);
    setsBefore = (await itemsOf(at, `${apps}/replicasets`)).map(nameOf);
    await at.backUp("b1", { includedNamespaces: [namespace] });
    await at.remove(`/api/v1/namespaces/${namespace}`);
  });
  after(async () => {
    await at.client.send("DELETE", `/api/v1/persistentvolumes/${namespace}-pv`);
    await at.close();
  });

  it("comes back without a finding", async () => {
    const report = await at.restore("r1", { backupName: "b1" });
    assert.deepEqual(report.findings, []);
    assert.equal(report.restore.status.phase, "Completed");
    const made = await at.get(`/api/v1/namespaces/${namespace}`);
    assert.equal(field(made, "metadata", "labels", "team"), "shop");
    assert.equal(field(made, "metadata", "annotations", "note"), "kept");
  });

  for (const path of compared) {
    it(`has ${path.slice(path.indexOf(namespace) + namespace.length + 1)} as it was`, async () => {
      const now = await at.get(path);
      assert.ok(now, "it is there");
      assert.deepEqual(comparable(now), comparable(first.get(path)!));
    });
  }

  it("binds the claim to its retained volume again", async () => {
    await at.until("the claim is bound", async () => {
      const claim = await at.get(`${core}/persistentvolumeclaims/data`);
      return field(claim, "status", "phase") === "Bound";
    });
    const claim = await at.get(`${core}/persistentvolumeclaims/data`);
    assert.equal(field(claim, "spec", "volumeName"), `${namespace}-pv`);
  });

  it("has the workloads adopt their pods and replica sets instead of making others", async () => {
    const ofJob = (name: string) => name.startsWith("work-");
    await at.until("all pods have an owner, and the Job has a pod", async () => {
      const made = await itemsOf(at, `${core}/pods`);
      const isOwned = (pod: Json) => field(pod, "metadata", "ownerReferences") !== undefined;
      return made.every(isOwned) && made.map(nameOf).some(ofJob);
    });
    const pods = (await itemsOf(at, `${core}/pods`)).map(nameOf);
    assert.deepEqual(
      pods.filter((name) => !ofJob(name)).sort(),
      podsBefore.filter((name) => !ofJob(name)).sort(),
    );
    assert.equal(pods.filter(ofJob).length, 1);
    assert.deepEqual((await itemsOf(at, `${apps}/replicasets`)).map(nameOf), setsBefore);
  });

  it("has the token secret filled for the new service account", async () => {
    await at.until("the token is there", async () => {
      const secret = await at.get(`${core}/secrets/app-token`);
      return typeof field(secret, "data", "token") === "string";
    });
    const secret = await at.get(`${core}/secrets/app-token`);
    const account = await at.get(`${core}/serviceaccounts/app`);
    assert.equal(
      field(secret, "metadata", "annotations", "kubernetes.io/service-account.uid"),
      field(account, "metadata", "uid"),
    );
  });

  it("is left alone by a second restore", async () => {
    const report = await at.restore("r2", { backupName: "b1" });
    assert.deepEqual([report.created, report.updated, report.failed], [0, 0, 0]);
    assert.deepEqual(
      report.findings.map(({ message }) => message),
      [],
    );
  });

  it("can be restored beside itself under another name", async () => {
    const copy = `${namespace}-copy`;
    const report = await at.restore("r3", {
      backupName: "b1",
      namespaceMapping: { [namespace]: copy },
      excludedResources: ["persistentvolumes", "persistentvolumeclaims"],
    });
    assert.deepEqual(report.findings, []);
    const binding = await at.get(
      `/apis/rbac.authorization.k8s.io/v1/namespaces/${copy}/rolebindings/Reader:All`,
    );
    assert.equal(field(binding, "subjects", 0, "namespace"), copy);
    await at.client.demand("DELETE", `/api/v1/namespaces/${copy}`);
  });
});

/** Allocated anew by the cluster, or counted by it. */
function comparable(object: Json): Json {
  const {
    status: _status,
    metadata,
    spec,
    ...rest
  } = structuredClone(object) as Record<string, Record<string, unknown>>;
  for (const key of ["uid", "resourceVersion", "creationTimestamp", "generation"]) {
    delete metadata![key];
  }
  metadata!["managedFields"] = (
    (metadata!["managedFields"] ?? []) as { manager: string; subresource?: string }[]
  )
    .filter(({ subresource }) => subresource === undefined)
    .map(({ manager }) => manager);
  if (spec !== undefined && rest["kind"] === ("Service" as never)) {
    if (spec["clusterIP"] !== "None")
      for (const key of ["clusterIP", "clusterIPs"]) delete spec[key];
    for (const port of (spec["ports"] ?? []) as Record<string, unknown>[]) delete port["nodePort"];
  }
  // Whether a controller bound the claim, or its volume had waited for it.
  const notes = metadata!["annotations"] as Record<string, unknown> | undefined;
  if (rest["kind"] === ("PersistentVolumeClaim" as never)) {
    delete notes?.["pv.kubernetes.io/bind-completed"];
    if (Object.keys(notes ?? {}).length === 0) delete metadata!["annotations"];
    metadata!["managedFields"] = [];
  }
  const text = JSON.stringify({ ...rest, metadata, spec });
  // A Job's generated selector names its own uid.
  return JSON.parse(text.replaceAll(field(object, "metadata", "uid") as string, "UID"));
}
