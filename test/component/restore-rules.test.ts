import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createRestoreWorld, namespaceNamed, type Plain, partOf, plain } from "./restore-world.ts";

const configMap = (place: string, data: object = { key: "value" }) =>
  plain("v1", "ConfigMap", place, { data });

const definition = plain(
  "apiextensions.k8s.io/v1",
  "CustomResourceDefinition",
  "widgets.demo.example",
  {
    spec: {
      group: "demo.example",
      names: { plural: "widgets", singular: "widget", kind: "Widget", listKind: "WidgetList" },
      scope: "Namespaced",
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
          },
          subresources: { status: {} },
        },
      ],
    },
    status: { conditions: [{ type: "Established", status: "True" }], storedVersions: ["v1"] },
  },
);
const widget = (place: string, rest: object = {}): Plain =>
  plain("demo.example/v1", "Widget", place, { spec: { size: 1 }, ...rest });

describe("runRestore() and objects that are there", () => {
  it("leaves a different one and warns with its name (policy none)", async () => {
    const world = createRestoreWorld();
    await world.backUp([configMap("shop/a", { key: "old" }), configMap("shop/b")]);
    world.server.seed(namespaceNamed("shop") as never);
    world.server.seed(configMap("shop/a", { key: "new" }) as never);
    const report = await world.restore();
    assert.equal(report.restore.status.phase, "Completed");
    assert.deepEqual(
      report.findings.map(({ severity, code, namespace, name }) => [
        severity,
        code,
        namespace,
        name,
      ]),
      [["warning", "ARK_OBJECT_DIFFERS", "shop", "a"]],
    );
    assert.deepEqual((await world.live("configmaps", "shop/a"))?.["data"], { key: "new" });
    assert.deepEqual([report.created, report.skipped], [1, 1]);
  });

  it("brings a different one back with policy update", async () => {
    const world = createRestoreWorld();
    await world.backUp([configMap("shop/a", { key: "old" })]);
    world.server.seed(namespaceNamed("shop") as never);
    world.server.seed(configMap("shop/a", { key: "new", more: "x" }) as never);
    const report = await world.restore({ existingResourcePolicy: "update" });
    assert.deepEqual(report.findings, []);
    assert.equal(report.updated, 1);
    assert.deepEqual((await world.live("configmaps", "shop/a"))?.["data"], { key: "old" });
  });

  it("asks for many with one LIST instead of one GET each", async () => {
    const world = createRestoreWorld();
    const objects = Array.from({ length: 20 }, (_, i) => configMap(`shop/c${i}`));
    await world.backUp(objects);
    world.server.seed(namespaceNamed("shop") as never);
    for (const object of objects.slice(0, 10)) world.server.seed(object as never);
    const report = await world.restore({}, { readBack: false });
    assert.deepEqual([report.created, report.skipped], [10, 10]);
    const reads = world.seen.filter(
      ({ method, path }) => method === "GET" && /configmaps/.test(path),
    );
    assert.equal(reads.length, 1);
  });

  it("merges a service account that the cluster made meanwhile", async () => {
    const world = createRestoreWorld({ namespaceDefaults: true });
    await world.backUp([
      plain("v1", "ServiceAccount", "shop/default", {
        imagePullSecrets: [{ name: "pull" }],
        secrets: [{ name: "default-token-x7k2p" }],
      }),
    ]);
    const report = await world.restore();
    assert.deepEqual(report.findings, []);
    const account = await world.live("serviceaccounts", "shop/default");
    assert.deepEqual(account?.["imagePullSecrets"], [{ name: "pull" }]);
    assert.equal(account?.["secrets"], undefined);
  });

  it("leaves the cluster's own root certificate in silence", async () => {
    const world = createRestoreWorld({ namespaceDefaults: true });
    await world.backUp([configMap("shop/kube-root-ca.crt", { "ca.crt": "old" })]);
    const report = await world.restore({ existingResourcePolicy: "update" });
    assert.deepEqual(report.findings, []);
    assert.deepEqual((await world.live("configmaps", "shop/kube-root-ca.crt"))?.["data"], {
      "ca.crt": "in-memory",
    });
  });
});

describe("runRestore() and custom resources", () => {
  it("restores a definition and its objects into a cluster that knows neither", async () => {
    const world = createRestoreWorld();
    await world.backUp([widget("shop/w", { status: { ready: true } }), definition]);
    const report = await world.restore();
    assert.deepEqual(report.findings, []);
    const live = await world.live("widgets.demo.example", "shop/w");
    assert.deepEqual(live?.["spec"], { size: 1 });
    assert.equal(live?.["status"], undefined);
  });

  it("brings the definition along when a namespace needs it", async () => {
    const world = createRestoreWorld();
    await world.backUp([definition, widget("shop/w"), configMap("web/a")]);
    const report = await world.restore({ includedNamespaces: ["shop"] });
    assert.deepEqual(report.findings, []);
    assert.notEqual(await world.live("widgets.demo.example", "shop/w"), undefined);
  });

  it("names objects whose kind is not served, and restores the rest", async () => {
    const world = createRestoreWorld();
    await world.backUp([widget("shop/w"), configMap("shop/a")]);
    const report = await world.restore();
    assert.equal(report.restore.status.phase, "PartiallyFailed");
    assert.deepEqual(
      report.findings.map(({ code, namespace, name }) => [code, namespace, name]),
      [["ARK_KIND_NOT_SERVED", "shop", "w"]],
    );
    assert.deepEqual([report.created, report.failed], [2, 1]);
  });

  it("restores a status where asked, by the subresource", async () => {
    const world = createRestoreWorld();
    await world.backUp([definition, widget("shop/w", { status: { ready: true } })]);
    await world.restore({ restoreStatus: { includedResources: ["widgets.demo.example"] } });
    assert.deepEqual((await world.live("widgets.demo.example", "shop/w"))?.["status"], {
      ready: true,
    });
  });
});

describe("runRestore() and volumes", () => {
  const volume = (name: string, policy: string, claim: string) =>
    plain("v1", "PersistentVolume", name, {
      metadata: { annotations: { "pv.kubernetes.io/bound-by-controller": "yes" } },
      spec: {
        capacity: { storage: "1Gi" },
        persistentVolumeReclaimPolicy: policy,
        hostPath: { path: "/x" },
        claimRef: { namespace: "shop", name: claim, uid: "old", resourceVersion: "3" },
      },
      status: { phase: "Bound" },
    });
  const claim = (name: string, volumeName: string) =>
    plain("v1", "PersistentVolumeClaim", `shop/${name}`, {
      metadata: { annotations: { "pv.kubernetes.io/bind-completed": "yes" } },
      spec: { volumeName, accessModes: ["ReadWriteOnce"] },
      status: { phase: "Bound" },
    });

  it("keeps a retained pair together, also under another namespace", async () => {
    const world = createRestoreWorld();
    await world.backUp([volume("pv-1", "Retain", "data"), claim("data", "pv-1")]);
    const report = await world.restore({ namespaceMapping: { shop: "copy" } });
    assert.deepEqual(report.findings, []);
    const live = await world.live("persistentvolumes", "pv-1");
    assert.deepEqual(partOf(live, "spec")["claimRef"], { namespace: "copy", name: "data" });
    const bound = await world.live("persistentvolumeclaims", "copy/data");
    assert.equal(partOf(bound, "spec")["volumeName"], "pv-1");
    assert.deepEqual(bound?.metadata["annotations"] ?? {}, {});
  });

  it("takes no volume from a claim that has it, and says which claim goes without", async () => {
    for (const existingResourcePolicy of ["none", "update"] as const) {
      const world = createRestoreWorld();
      const bound = volume("pv-1", "Retain", "data");
      await world.backUp([bound, claim("data", "pv-1")]);
      world.server.seed(bound as never);
      const { findings } = await world.restore({
        namespaceMapping: { shop: "copy" },
        existingResourcePolicy,
      });
      const live = await world.live("persistentvolumes", "pv-1");
      assert.deepEqual(partOf(live, "spec")["claimRef"], partOf(bound, "spec")["claimRef"]);
      assert.deepEqual(
        findings.map(({ code, advice }) => [code, advice]),
        [
          [
            "ARK_OBJECT_DIFFERS",
            'no policy takes the volume from claim "shop/data"; claim "copy/data" cannot be bound to it, and stays Pending unless it is made anew without spec.volumeName',
          ],
        ],
      );
    }
  });

  it("provisions anew what would be deleted, and says that it is empty", async () => {
    const world = createRestoreWorld();
    await world.backUp([volume("pv-2", "Delete", "cache"), claim("cache", "pv-2")]);
    const report = await world.restore();
    assert.deepEqual(
      report.findings.map(({ severity, code, namespace, name }) => [
        severity,
        code,
        namespace,
        name,
      ]),
      [["warning", "ARK_VOLUME_EMPTY", "shop", "cache"]],
    );
    assert.equal(await world.live("persistentvolumes", "pv-2"), undefined);
    const live = await world.live("persistentvolumeclaims", "shop/cache");
    assert.equal(partOf(live, "spec")["volumeName"], undefined);
  });

  it("pulls the volume of a bound claim into a restore of its namespace", async () => {
    const world = createRestoreWorld();
    await world.backUp([
      volume("pv-1", "Retain", "data"),
      volume("pv-9", "Retain", "other"),
      claim("data", "pv-1"),
    ]);
    await world.restore({ includedNamespaces: ["shop"] });
    assert.notEqual(await world.live("persistentvolumes", "pv-1"), undefined);
    assert.equal(await world.live("persistentvolumes", "pv-9"), undefined);
  });
});

describe("runRestore() and owners", () => {
  it("leaves pods to a job that is restored, and takes those of one that is not", async () => {
    const world = createRestoreWorld();
    const pod = (name: string, job: string) =>
      plain("v1", "Pod", `shop/${name}`, {
        metadata: { ownerReferences: [{ kind: "Job", name: job, uid: `uid-Job-shop/${job}` }] },
        spec: { containers: [{ name: "c", image: "i" }] },
        status: { phase: "Running" },
      });
    await world.backUp([
      plain("batch/v1", "Job", "shop/kept", { spec: { template: { spec: {} } } }),
      pod("kept-x", "kept"),
      pod("gone-x", "gone"),
    ]);
    const report = await world.restore();
    assert.deepEqual(
      report.findings.map(({ code }) => code),
      ["ARK_OWNER_DROPPED"],
    );
    assert.equal(await world.live("pods", "shop/kept-x"), undefined);
    assert.notEqual(await world.live("pods", "shop/gone-x"), undefined);
  });

  it("puts the owners of fields back: one with the create, several by a second write", async () => {
    const world = createRestoreWorld();
    const owner = (manager: string, operation: string, key: string) => ({
      manager,
      operation,
      apiVersion: "v1",
      time: "2026-01-02T03:04:05Z",
      fieldsType: "FieldsV1",
      fieldsV1: { "f:data": { [`f:${key}`]: {} } },
    });
    const one = [owner("kubectl-create", "Update", "key")];
    const two = [owner("helm", "Apply", "key"), owner("kubectl-edit", "Update", "more")];
    await world.backUp([
      plain("v1", "ConfigMap", "shop/one", {
        metadata: { managedFields: one },
        data: { key: "v" },
      }),
      plain("v1", "ConfigMap", "shop/two", {
        metadata: { managedFields: two },
        data: { key: "v", more: "w" },
      }),
    ]);
    const report = await world.restore();
    assert.deepEqual(report.findings, []);
    const managers = async (place: string) =>
      (
        partOf(await world.live("configmaps", place), "metadata")["managedFields"] as {
          manager: string;
        }[]
      ).map(({ manager }) => manager);
    assert.deepEqual(await managers("shop/one"), ["kubectl-create"]);
    assert.deepEqual((await managers("shop/two")).sort(), ["helm", "kubectl-edit"]);
    assert.equal(world.seen.filter(({ method }) => method === "PATCH").length, 1);
  });

  it("stamps Velero's two labels only where asked", async () => {
    const world = createRestoreWorld();
    await world.backUp([configMap("shop/a")]);
    await world.restore({}, { stampLabels: true });
    assert.deepEqual((await world.live("configmaps", "shop/a"))?.metadata["labels"], {
      "velero.io/backup-name": "b1",
      "velero.io/restore-name": "r1",
    });
  });
});
