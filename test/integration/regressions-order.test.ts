/** Regressions 49 and 78 of users: in which order a restore writes, as a front of the API server sees it. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { definitionOf } from "../support/definition.ts";
import { frontKubeconfig } from "../support/front-kubeconfig.ts";
import { type HttpFront, startHttpFront } from "../support/http-front.ts";
import { kindOf } from "../support/kinds.ts";
import { readKubeconfig } from "../support/kube-client.ts";
import { sharedControlPlane, uniqueNamespace, whyNoTestbed } from "../support/shared-testbed.ts";
import { webhookPath } from "../support/webhook-server.ts";
import { field, openRestoreCluster, type RestoreCluster } from "./restore-cluster.ts";

const skip = await whyNoTestbed();
const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/** Kinds whose controllers are hurt by a wrong order; the definitions are as small as can be. */
const kinds = [
  ["clusterclasses.cluster.x-k8s.io", "ClusterClass"],
  ["clusters.cluster.x-k8s.io", "Cluster"],
  ["clusterresourcesets.addons.cluster.x-k8s.io", "ClusterResourceSet"],
  ["clusterresourcesetbindings.addons.cluster.x-k8s.io", "ClusterResourceSetBinding"],
  ["clusterbootstraps.run.tanzu.vmware.com", "ClusterBootstrap"],
  ["apps.kappctrl.k14s.io", "App"],
  ["packageinstalls.packaging.carvel.dev", "PackageInstall"],
  ["tiers.crd.antrea.io", "Tier"],
  ["networkpolicies.crd.antrea.io", "NetworkPolicy"],
  ["clusters.postgresql.cnpg.io", "Cluster"],
  ["buckets.s3.aws.m.upbound.io", "Bucket"],
] as const;

/** Each is written before the other. */
const orders = [
  ["clusterclasses.cluster.x-k8s.io", "clusters.cluster.x-k8s.io"],
  ["clusterbootstraps.run.tanzu.vmware.com", "clusters.cluster.x-k8s.io"],
  ["services", "clusters.cluster.x-k8s.io"],
  ["clusters.cluster.x-k8s.io", "clusterresourcesets.addons.cluster.x-k8s.io"],
  [
    "clusterresourcesets.addons.cluster.x-k8s.io",
    "clusterresourcesetbindings.addons.cluster.x-k8s.io",
  ],
  ["deployments.apps", "apps.kappctrl.k14s.io"],
  ["apps.kappctrl.k14s.io", "packageinstalls.packaging.carvel.dev"],
  ["tiers.crd.antrea.io", "networkpolicies.crd.antrea.io"],
  ["persistentvolumeclaims", "clusters.postgresql.cnpg.io"],
  ["pods", "clusters.postgresql.cnpg.io"],
  ["secrets", "clusters.postgresql.cnpg.io"],
  ["secrets", "buckets.s3.aws.m.upbound.io"],
] as const;

describe("the order in which a restore writes", { skip, timeout: 600_000 }, () => {
  const namespace = uniqueNamespace("regress-order");
  const core = `/api/v1/namespaces/${namespace}`;
  const workloads = `/apis/apps/v1/namespaces/${namespace}/deployments`;
  const webhook = webhookPath("Validating", namespace);
  const folder = mkdtempSync(join(tmpdir(), "ark-order-"));
  const container = { name: "c", image: "example.test/app:1" };
  let at: RestoreCluster;
  let front: HttpFront;
  let seenAt = 0;

  const isClusterScoped = (resource: string) => resource === "tiers.crd.antrea.io";
  const pathOf = (resource: string) => {
    const [plural, ...group] = resource.split(".");
    const place = isClusterScoped(resource) ? "" : `/namespaces/${namespace}`;
    return `/apis/${group.join(".")}/v1${place}/${plural}`;
  };
  const define = async (resource: string, kind: string): Promise<void> => {
    const scope = isClusterScoped(resource) ? "Cluster" : "Namespaced";
    await at.apply(definitions, definitionOf(resource, kind, { scope }));
    const answers = async () => (await at.client.send("GET", pathOf(resource))).status === 200;
    await at.until(`${resource} are served`, answers);
  };
  const make = (resource: string, kind: string, rest: object = {}) => {
    const group = resource.slice(resource.indexOf(".") + 1);
    const metadata = { name: namespace };
    return at.apply(pathOf(resource), { apiVersion: `${group}/v1`, kind, metadata, ...rest });
  };
  const forget = async (): Promise<void> => {
    await Promise.all([
      at.client.send("DELETE", webhook),
      at.client.send("DELETE", `/api/v1/namespaces/${namespace}`),
      at.client.send("DELETE", `${pathOf("tiers.crd.antrea.io")}/${namespace}`),
    ]);
    const isGone = async () => (await at.get(`/api/v1/namespaces/${namespace}`)) === undefined;
    await at.until("the namespace is gone", isGone);
    await Promise.all(
      kinds.map(async ([resource]) => {
        const path = `${definitions}/${resource}`;
        if ((await at.get(path)) !== undefined) await at.remove(path);
      }),
    );
  };
  /** Group-resources as they were created since the last call, in order. */
  const written = (): readonly string[] => {
    const posts = front.seen.slice(seenAt).filter(({ method }) => method === "POST");
    seenAt = front.seen.length;
    return posts.map(({ url }) => {
      const path = url.split("?")[0]!.split("/").slice(1);
      const group = path[0] === "api" ? "" : `.${path[1]}`;
      return `${path.at(-1)}${group}`;
    });
  };

  before(async () => {
    const plane = await sharedControlPlane();
    const { cluster, ca, cert, key } = readKubeconfig(plane.kubeconfig);
    front = await startHttpFront(cluster["server"]!, { ca: ca!, cert: cert!, key: key! });
    const kubeconfig = join(folder, "kubeconfig");
    writeFileSync(kubeconfig, frontKubeconfig(front.endpoint));
    at = await openRestoreCluster(kubeconfig);
    await at.apply("/api/v1/namespaces", { metadata: { name: namespace } });
    await Promise.all(kinds.map(([resource, kind]) => define(resource, kind)));
  });
  after(async () => {
    await forget();
    await at.close();
    await front.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("has what controllers look for before what they act on (regression 78)", async () => {
    for (const [resource, kind] of kinds) {
      const isBucket = kind === "Bucket";
      await make(resource, kind, {
        spec: isBucket ? { managementPolicies: ["*"], forProvider: { region: "eu" } } : {},
      });
    }
    const owner = await at.get(`${pathOf("clusters.postgresql.cnpg.io")}/${namespace}`);
    const ownerReferences = [
      {
        apiVersion: "postgresql.cnpg.io/v1",
        kind: "Cluster",
        name: namespace,
        uid: field(owner, "metadata", "uid"),
        controller: true,
      },
    ];
    await at.apply(`${core}/secrets`, { metadata: { name: "credentials" } });
    await at.apply(`${core}/services`, {
      metadata: { name: "api" },
      spec: { ports: [{ port: 80 }] },
    });
    await at.apply(`${core}/persistentvolumeclaims`, {
      metadata: { name: "pg-1", ownerReferences },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Mi" } } },
    });
    await at.apply(`${core}/pods`, {
      metadata: { name: "pg-1", ownerReferences },
      spec: { containers: [container] },
    });
    const labels = { app: "web" };
    await at.apply(workloads, {
      metadata: { name: "web" },
      spec: {
        replicas: 0,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [container] } },
      },
    });
    await at.backUp("b78", {
      includedNamespaces: [namespace],
      includedClusterScopedResources: ["tiers.crd.antrea.io"],
      includedNamespaceScopedResources: ["*"],
    });
    await forget();
    written();
    const report = await at.restore("r78", { backupName: "b78", includeClusterResources: true });
    assert.deepEqual(report.findings, []);
    const order = written();
    for (const [first, later] of orders) {
      assert.ok(order.includes(first) && order.includes(later), `${first}, ${later}`);
      assert.ok(order.lastIndexOf(first) < order.indexOf(later), `${first} before ${later}`);
    }
    const made = await at.get(`${pathOf("clusters.postgresql.cnpg.io")}/${namespace}`);
    for (const path of [`${core}/pods/pg-1`, `${core}/persistentvolumeclaims/pg-1`]) {
      const uid = field(await at.get(path), "metadata", "ownerReferences", 0, "uid");
      assert.equal(uid, field(made, "metadata", "uid"), path);
    }
    const bucket = await at.get(`${pathOf("buckets.s3.aws.m.upbound.io")}/${namespace}`);
    assert.deepEqual(field(bucket, "spec", "managementPolicies"), ["*"]);
  });

  it("brings a webhook that fails closed after all that it would refuse (regression 49)", async () => {
    const labels = { order: namespace };
    const name = namespace;
    const guarded = uniqueNamespace("regress-hook");
    const place = `/api/v1/namespaces/${guarded}`;
    await at.apply("/api/v1/namespaces", { metadata: { name: guarded, labels } });
    const metadata = { name: "guard", labels };
    await at.apply(`${place}/configmaps`, { metadata });
    await at.apply(`${place}/services`, { metadata, spec: { ports: [{ port: 443 }] } });
    await at.apply(`/apis/apps/v1/namespaces/${guarded}/deployments`, {
      metadata,
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [container] } },
      },
    });
    const hook = {
      name: "guard.example.test",
      sideEffects: "None",
      admissionReviewVersions: ["v1"],
      failurePolicy: "Fail",
      timeoutSeconds: 1,
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": guarded } },
      rules: [
        { apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: ["configmaps"] },
      ],
      clientConfig: { service: { namespace: guarded, name: "guard" } },
    };
    await at.apply(webhookPath("Validating"), { metadata: { name, labels }, webhooks: [hook] });
    await at.backUp("b49", {
      includedNamespaces: [guarded],
      includedNamespaceScopedResources: ["configmaps", "services", "deployments.apps"],
      includedClusterScopedResources: ["validatingwebhookconfigurations"],
      labelSelector: { matchLabels: labels },
    });
    await at.remove(webhook);
    await at.remove(`/api/v1/namespaces/${guarded}`);
    written();
    const spec = { backupName: "b49", includeClusterResources: true };
    const report = await at.restore("r49", spec, { readBack: false });
    const order = written();
    assert.equal(order.at(-1), "validatingwebhookconfigurations.admissionregistration.k8s.io");
    for (const before of ["configmaps", "services", "deployments.apps"])
      assert.ok(order.includes(before), before);
    // No pod runs here: the webhook has no endpoint, and what it refuses from now on is named.
    assert.deepEqual(
      report.findings.map(({ severity, code }) => [severity, code]),
      [["warning", "ARK_WEBHOOK_UNANSWERED"]],
    );
    const asked = async () =>
      (await at.client.send("POST", `${place}/configmaps?dryRun=All`, '{"metadata":{"name":"x"}}'))
        .status === 500;
    await at.until("the webhook is asked", asked);
    await at.plant("b49b", kindOf("configmaps", { kind: "ConfigMap" }), [
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "late", namespace: guarded } },
    ]);
    const late = await at.restore(
      "r49b",
      { backupName: "b49b" },
      { limits: { retryPausesMs: [0] } },
    );
    await at.remove(webhook);
    await at.client.send("DELETE", `/api/v1/namespaces/${guarded}`);
    assert.equal(late.restore.status.phase, "PartiallyFailed");
    assert.deepEqual(
      late.findings.map(({ severity, name: of }) => [severity, of]),
      [["error", "late"]],
    );
    assert.match(late.findings[0]!.message, /failed calling webhook "guard\.example\.test"/);
  });
});
