/** The same restore twice, on a real API server with its controllers: the second writes nothing. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { annotations } from "../../src/api/labels.ts";
import type { RestoreSpec } from "../../src/api/restore.ts";
import type { RestoreReport } from "../../src/restore/restore-request.ts";
import { sharedControlPlane, uniqueNamespace, whyNoTestbed } from "../support/shared-testbed.ts";
import { field, type Json, openRestoreCluster, type RestoreCluster } from "./restore-cluster.ts";

const namespace = uniqueNamespace("twice");
const apps = `/apis/apps/v1/namespaces/${namespace}`;
const core = `/api/v1/namespaces/${namespace}`;
const only = {
  includedResources: ["pods"],
  labelSelector: { matchExpressions: [{ key: "name", operator: "Exists" as const }] },
};
const hook = "init.hook.restore.velero.io/container-";
const labels = { app: "web" };
const revision = "deployment.kubernetes.io/revision";

const annotationOf = (object: Json | undefined, name: string): unknown =>
  field(object, "metadata", "annotations", name);

describe("the same restore twice on a real API server", {
  skip: await whyNoTestbed(),
  timeout: 600_000,
}, () => {
  let at: RestoreCluster;
  let counter = 0;
  const restore = (
    policy: "none" | "update" | "recreate",
    hooks?: RestoreSpec["hooks"],
  ): Promise<RestoreReport> => {
    const which =
      hooks === undefined ? { labelSelector: { matchLabels: labels } } : { hooks, ...only };
    const spec = { backupName: "b", ...which };
    counter += 1;
    const notes = { [annotations.existingResourcePolicy]: "recreate" };
    return policy === "recreate"
      ? at.restore(`r${counter}`, spec, { annotations: notes })
      : at.restore(`r${counter}`, { ...spec, existingResourcePolicy: policy });
  };
  const replicaSets = async (): Promise<readonly Json[]> =>
    field(await at.get(`${apps}/replicasets`), "items") as readonly Json[];
  const uids = async (path: string): Promise<readonly unknown[]> =>
    (field(await at.get(path), "items") as readonly Json[])
      .map((one) => field(one, "metadata", "uid"))
      .sort();
  const rollOut = async (image: string, to: string): Promise<void> => {
    const body = { spec: { template: { spec: { containers: [{ name: "c", image }] } } } };
    await at.client.demand(
      "PATCH",
      `${apps}/deployments/web`,
      JSON.stringify(body),
      "application/strategic-merge-patch+json",
    );
    await isSettled(to);
  };
  /** The controller has noted the revision on the Deployment and made the set that has it. */
  const isSettled = (to: string): Promise<void> =>
    at.until(`the rollout of revision ${to}`, async () => {
      const live = await at.get(`${apps}/deployments/web`);
      const sets = await replicaSets();
      return (
        annotationOf(live, revision) === to &&
        field(live, "status", "observedGeneration") === field(live, "metadata", "generation") &&
        sets.some(
          (one) => annotationOf(one, revision) === to && field(one, "spec", "replicas") === 1,
        ) &&
        sets.every(
          (one) => field(one, "spec", "replicas") === 0 || annotationOf(one, revision) === to,
        )
      );
    });

  before(async () => {
    at = await openRestoreCluster((await sharedControlPlane()).kubeconfig);
    await at.apply("/api/v1/namespaces", { metadata: { name: namespace } });
    await at.apply(`${apps}/deployments`, {
      metadata: { name: "web", labels },
      spec: {
        replicas: 1,
        strategy: { type: "Recreate" },
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { containers: [{ name: "c", image: "example.test/web:1" }] },
        },
      },
    });
    await isSettled("1");
    for (const name of ["annotated", "selected"]) {
      const image = { [`${hook}image`]: "example.test/fix", [`${hook}name`]: "fix" };
      const pod = `${core}/pods`;
      await at.apply(pod, {
        metadata: { name, labels: { name }, annotations: name === "annotated" ? image : {} },
        spec: { containers: [{ name: "c", image: "example.test/own:1" }] },
      });
    }
    await at.backUp("b", { includedNamespaces: [namespace] });
    await rollOut("example.test/web:2", "2");
  });
  after(() => at?.close());

  it("takes an init container of a hook as the API server has completed it", async () => {
    const resources = { requests: { cpu: "10m" } };
    const container = { name: "fix", image: "example.test/fix:1", command: ["true"], resources };
    const selector = { matchLabels: { name: "selected" } };
    const init = { initContainers: [container] };
    const hooks = { resources: [{ name: "h", labelSelector: selector, postHooks: [{ init }] }] };
    for (const name of ["annotated", "selected"]) {
      await at.client.demand("DELETE", `${core}/pods/${name}?gracePeriodSeconds=0`);
    }
    const first = await restore("none", hooks);
    assert.equal(first.created, 2, JSON.stringify(first.findings));
    const pods = await uids(`${core}/pods`);
    for (const policy of ["none", "update", "recreate"] as const) {
      const { created, updated, recreated, findings } = await restore(policy, hooks);
      assert.deepEqual([created, updated, recreated, findings], [0, 0, 0, []], policy);
      assert.deepEqual(await uids(`${core}/pods`), pods);
    }
    const changed = {
      resources: [
        {
          ...hooks.resources[0]!,
          postHooks: [{ init: { initContainers: [{ ...container, command: ["false"] }] } }],
        },
      ],
    };
    const { recreated } = await restore("recreate", changed);
    assert.equal(recreated, 1);
  });

  it("brings a Deployment back that was rolled out, and after that leaves it to its controller", async () => {
    const first = await restore("update");
    assert.deepEqual([first.updated, first.findings], [1, []]);
    await isSettled("3");
    const before = await at.get(`${apps}/deployments/web`);
    for (const policy of ["none", "update", "recreate"] as const) {
      const sets = await uids(`${apps}/replicasets`);
      const again = await restore(policy);
      const { created, updated, recreated, findings } = again;
      assert.deepEqual([created, updated, recreated, findings], [0, 0, 0, []], policy);
      assert.deepEqual(await uids(`${apps}/replicasets`), sets);
      const after = await at.get(`${apps}/deployments/web`);
      assert.equal(field(after, "metadata", "uid"), field(before, "metadata", "uid"));
      assert.equal(annotationOf(after, revision), "3");
    }
  });

  it("makes a Deployment anew that was rolled out, and leaves its sets and pods to it", async () => {
    await rollOut("example.test/web:2", "4");
    const sets = await uids(`${apps}/replicasets`);
    const first = await restore("recreate");
    const { created, recreated, failed, findings } = first;
    assert.deepEqual([created, recreated, failed, findings], [0, 1, 0, []]);
    await at.until("its sets are adopted and rolled out", async () => {
      const live = await at.get(`${apps}/deployments/web`);
      return (await replicaSets()).every(
        (one) =>
          field(one, "metadata", "ownerReferences", 0, "uid") === field(live, "metadata", "uid"),
      );
    });
    assert.deepEqual(await uids(`${apps}/replicasets`), sets);
    const second = await restore("recreate");
    assert.deepEqual([second.created, second.recreated, second.findings], [0, 0, []]);
  });

  it("advises for a field that no update changes what does change it", async () => {
    const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/rolebindings`;
    const binding = (name: string): object => ({
      metadata: { name: "fixed" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
    });
    const map = (v: string): object => ({
      metadata: { name: "fixed" },
      immutable: true,
      data: { v },
    });
    await at.apply(`${core}/configmaps`, map("1"));
    await at.apply(rbac, binding("view"));
    const includedResources = ["configmaps", "rolebindings"];
    await at.backUp("fixed", { includedNamespaces: [namespace], includedResources });
    for (const path of [`${core}/configmaps`, rbac]) await at.remove(`${path}/fixed`);
    await at.apply(`${core}/configmaps`, map("2"));
    await at.apply(rbac, binding("edit"));
    for (const existingResourcePolicy of ["none", "update"] as const) {
      const spec = { backupName: "fixed", existingResourcePolicy };
      const { findings } = await at.restore(`fixed-${existingResourcePolicy}`, spec);
      assert.equal(findings.length, 2, JSON.stringify(findings));
      for (const { advice = "", resource } of findings) {
        const named = `--existing-resource-policy recreate --include-objects ${resource}/${namespace}/fixed`;
        assert.ok(advice.endsWith(`to delete and make it anew: ${named}`), advice);
      }
    }
  });
});
