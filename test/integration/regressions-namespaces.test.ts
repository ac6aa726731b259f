/** Regressions 51, 52, 64 and 71 of users: namespaces and selection, on a real API server. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { kindOf } from "../support/kinds.ts";
import { sharedControlPlane, uniqueNamespace, whyNoTestbed } from "../support/shared-testbed.ts";
import { field, openRestoreCluster, type RestoreCluster } from "./restore-cluster.ts";

const skip = await whyNoTestbed();
const merge = "application/merge-patch+json";

describe("restore into namespaces", { skip, timeout: 600_000 }, () => {
  let at: RestoreCluster;
  const made = new Set<string>();
  const fresh = (prefix: string): string => {
    const name = uniqueNamespace(prefix);
    made.add(name);
    return name;
  };
  const maps = (namespace: string) => `/api/v1/namespaces/${namespace}/configmaps`;
  const fill = async (namespace: string, metadata: object = {}): Promise<void> => {
    await at.apply("/api/v1/namespaces", { metadata: { name: namespace, ...metadata } });
    await at.apply(maps(namespace), { metadata: { name: "settings" }, data: { a: "1" } });
  };
  /** Leaves it terminating until {@link release}. */
  const hold = async (namespace: string): Promise<void> => {
    await at.apply(maps(namespace), {
      metadata: { name: "held", finalizers: ["example.test/hold"] },
    });
    await at.client.demand("DELETE", `/api/v1/namespaces/${namespace}`);
    await at.until("only what is held is left", async () => {
      const left = (await at.get(maps(namespace)))?.["items"] as readonly unknown[];
      return left.length === 1;
    });
  };
  const release = async (namespace: string): Promise<void> => {
    await at.client.send(
      "PATCH",
      `${maps(namespace)}/held`,
      '{"metadata":{"finalizers":null}}',
      merge,
    );
  };

  before(async () => {
    at = await openRestoreCluster((await sharedControlPlane()).kubeconfig);
  });
  after(async () => {
    for (const name of made) await at.client.send("DELETE", `/api/v1/namespaces/${name}`);
    await at.close();
  });

  it("waits once for a namespace that is being deleted, and restores into the new one (regression 51)", async () => {
    const namespace = fresh("regress-term");
    await fill(namespace);
    await at.backUp("b51", { includedNamespaces: [namespace] });
    const old = field(await at.get(`/api/v1/namespaces/${namespace}`), "metadata", "uid");
    await hold(namespace);
    const waits = new Set<string>();
    let released: Promise<void> | undefined;
    const report = await at.restore("r51", { backupName: "b51" }, {}, ({ waitingFor }) => {
      if (waitingFor === undefined) return;
      waits.add(waitingFor);
      released ??= release(namespace);
    });
    await released;
    assert.deepEqual(report.findings, []);
    assert.deepEqual([...waits], [`namespace ${namespace} to go away`]);
    assert.notEqual(field(await at.get(`/api/v1/namespaces/${namespace}`), "metadata", "uid"), old);
    assert.notEqual(await at.get(`${maps(namespace)}/settings`), undefined);
  });

  it("gives a namespace that does not go away up once, not for each object (regression 51)", async () => {
    const namespace = fresh("regress-held");
    const beside = fresh("regress-beside");
    await fill(namespace);
    for (const name of ["a", "b", "c"]) await at.apply(maps(namespace), { metadata: { name } });
    await fill(beside);
    await at.backUp("b51b", { includedNamespaces: [namespace, beside] });
    await hold(namespace);
    await at.remove(`${maps(beside)}/settings`);
    const report = await at.restore(
      "r51b",
      { backupName: "b51b" },
      { limits: { namespaceTerminatingMs: 1_500 } },
    );
    await release(namespace);
    const errors = report.findings.filter(({ severity }) => severity === "error");
    assert.deepEqual(
      errors.map(({ code, name }) => [code, name]),
      [["ARK_NAMESPACE_TERMINATING", namespace]],
    );
    assert.match(errors[0]!.message, /objects of it were not restored/);
    assert.notEqual(await at.get(`${maps(beside)}/settings`), undefined);
  });

  it("makes a namespace with its labels before its objects come (regression 52)", async () => {
    const namespace = fresh("regress-psa");
    const labels = { "pod-security.kubernetes.io/enforce": "restricted", team: "shop" };
    await fill(namespace, { labels, annotations: { note: "kept" } });
    await at.backUp("b52", { includedNamespaces: [namespace] });
    await at.remove(`/api/v1/namespaces/${namespace}`);
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "root", namespace },
      spec: {
        hostNetwork: true,
        containers: [
          { name: "c", image: "example.test/c:1", securityContext: { privileged: true } },
        ],
      },
    };
    await at.restore("r52", { backupName: "b52" });
    const live = await at.get(`/api/v1/namespaces/${namespace}`);
    for (const [key, value] of Object.entries(labels))
      assert.equal(field(live, "metadata", "labels", key), value);
    assert.equal(field(live, "metadata", "annotations", "note"), "kept");
    const account = `/api/v1/namespaces/${namespace}/serviceaccounts/default`;
    await at.until("its account is there", async () => (await at.get(account)) !== undefined);
    // The label has always been there: a pod that it forbids is refused, and named.
    await at.plant("b52b", kindOf("pods", { kind: "Pod" }), [pod]);
    const report = await at.restore("r52b", { backupName: "b52b" });
    assert.deepEqual(
      report.findings.map(({ severity, name }) => [severity, name]),
      [["error", "root"]],
    );
    assert.match(report.findings[0]!.message, /violates PodSecurity "restricted/);
  });

  it("selects by the namespace of the backup, not by the one it is mapped to (regression 64)", async () => {
    const source = fresh("regress-source");
    const target = fresh("regress-target");
    await fill(source);
    await at.backUp("b64", { includedNamespaces: [source] });
    const none = await at.restore(
      "r64",
      { backupName: "b64", excludedNamespaces: [source], namespaceMapping: { [source]: target } },
      { typed: false },
    );
    assert.equal(none.created, 0);
    assert.equal(await at.get(`/api/v1/namespaces/${target}`), undefined);
    const report = await at.restore("r64b", {
      backupName: "b64",
      includedNamespaces: [source],
      excludedNamespaces: [target],
      namespaceMapping: { [source]: target },
    });
    assert.equal(report.failed, 0);
    assert.equal(field(await at.get(`${maps(target)}/settings`), "data", "a"), "1");
  });

  it("leaves cluster-scoped objects out of a restore of namespaces (regression 64)", async () => {
    const namespace = fresh("regress-scope");
    await fill(namespace);
    const roles = "/apis/rbac.authorization.k8s.io/v1/clusterroles";
    await at.apply(roles, { metadata: { name: namespace }, rules: [] });
    await at.backUp("b64c", {
      includedNamespaces: [namespace],
      includedResources: ["*"],
      includeClusterResources: true,
    });
    await at.remove(`${roles}/${namespace}`);
    const report = await at.restore("r64c", {
      backupName: "b64c",
      includedNamespaces: [namespace],
    });
    assert.equal(report.failed, 0);
    assert.equal(await at.get(`${roles}/${namespace}`), undefined);
    await at.restore("r64d", {
      backupName: "b64c",
      includedNamespaces: [namespace],
      includeClusterResources: true,
      includedResources: ["clusterroles"],
    });
    assert.notEqual(await at.get(`${roles}/${namespace}`), undefined);
    await at.client.send("DELETE", `${roles}/${namespace}`);
  });

  it("never restores Backups and Restores, though their kinds are in the backup (regression 71)", async () => {
    const namespace = fresh("regress-own");
    const kind = kindOf("backups.velero.io", { kind: "Backup", group: "velero.io" });
    await at.plant("b71", kind, [
      { apiVersion: "velero.io/v1", kind: "Backup", metadata: { name: "old", namespace } },
    ]);
    const report = await at.restore("r71", { backupName: "b71" }, { typed: false });
    assert.equal(report.created, 0);
    assert.equal(report.failed, 0);
    assert.equal(await at.get(`/api/v1/namespaces/${namespace}`), undefined);
    await assert.rejects(
      at.restore("r71b", { backupName: "b71", includedResources: ["backups.velero.io"] }),
      /backups\.velero\.io/,
    );
  });
});
