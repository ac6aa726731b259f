/** `restore undo` on a real API server: what is taken back, what is left, and what is said of it. */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { annotations } from "../../src/api/labels.ts";
import { ArkError } from "../../src/lib/errors.ts";
import type { Cluster } from "../../src/ports/cluster.ts";
import type { UndoReport } from "../../src/restore/undo/undo-request.ts";
import { sharedControlPlane, uniqueNamespace, whyNoTestbed } from "../support/shared-testbed.ts";
import { field, type Json, openRestoreCluster, type RestoreCluster } from "./restore-cluster.ts";

const recreate = { annotations: { [annotations.existingResourcePolicy]: "recreate" } };
const web = (replicas: number) => ({
  spec: {
    replicas,
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: { containers: [{ name: "c", image: "example.test/web:1" }] },
    },
  },
});

describe("restore undo on a real API server", {
  skip: await whyNoTestbed(),
  timeout: 600_000,
}, () => {
  let at: RestoreCluster;
  let namespace: string;
  let core: string;
  let deployment: string;
  const namespaces: string[] = [];

  const make = (path: string, name: string, rest: object = {}) =>
    at.apply(path, { metadata: { name }, ...rest });
  const patch = (path: string, body: object) =>
    at.client.demand("PATCH", path, JSON.stringify(body), "application/merge-patch+json");
  const dataOf = async (name: string): Promise<unknown> =>
    (await at.get(`${core}/configmaps/${name}`))?.["data"];
  const outcomes = (report: UndoReport): Record<string, string> =>
    Object.fromEntries(
      report.outcomes
        .filter(({ namespace: one, name }) => one === namespace || name === namespace)
        .map(({ kind, name, outcome }) => [`${kind} ${name}`, outcome]),
    );

  before(async () => {
    at = await openRestoreCluster((await sharedControlPlane()).kubeconfig);
  });
  /** Backed up: three ConfigMaps and a Deployment. Then one differs, one is gone, one is immutable. */
  beforeEach(async () => {
    namespace = uniqueNamespace("undo");
    namespaces.push(namespace);
    core = `/api/v1/namespaces/${namespace}`;
    deployment = `/apis/apps/v1/namespaces/${namespace}/deployments/web`;
    await at.apply("/api/v1/namespaces", { metadata: { name: namespace } });
    await make(`${core}/configmaps`, "changed", { data: { mode: "blue" } });
    await make(`${core}/configmaps`, "gone", { data: { mode: "blue" } });
    await make(`${core}/configmaps`, "fixed", { data: { mode: "blue" }, immutable: true });
    await make(deployment.slice(0, -4), "web", web(1));
    await at.backUp(`b-${namespace}`, { includedNamespaces: [namespace] });
    await patch(`${core}/configmaps/changed`, { data: { mode: "green" } });
    await at.remove(`${core}/configmaps/gone`);
    await at.remove(`${core}/configmaps/fixed`);
    await make(`${core}/configmaps`, "fixed", { data: { mode: "green" }, immutable: true });
    await patch(deployment, { spec: { replicas: 3 } });
  });
  after(async () => {
    for (const one of namespaces) await at?.client.send("DELETE", `/api/v1/namespaces/${one}`);
    await at?.close();
  });

  const restore = (name: string, update = false, through?: Cluster) => {
    // Its controller keeps these as it likes.
    const spec = { backupName: `b-${namespace}`, excludedResources: ["replicasets.apps"] };
    const whole = update ? { ...spec, existingResourcePolicy: "update" as const } : spec;
    return at.restore(name, whole, update ? {} : recreate, undefined, through);
  };

  it("takes back what was created, updated and recreated, and writes nothing when it runs again", async () => {
    const updated = await restore("u1", true);
    // The immutable one is refused, and the rest done: a restore that failed in part.
    assert.deepEqual([updated.created, updated.updated, updated.failed], [1, 2, 1]);
    const recreated = await restore("u2");
    assert.deepEqual([recreated.recreated, recreated.failed], [1, 0]);
    const second = await at.undo("u2");
    assert.deepEqual(outcomes(second), { "ConfigMap fixed": "made again" });
    const first = await at.undo("u1");
    assert.equal(first.phase, "Completed", JSON.stringify(first.outcomes));
    assert.deepEqual(outcomes(first), {
      "ConfigMap gone": "deleted",
      "ConfigMap changed": "put back",
      "Deployment web": "put back",
    });
    assert.deepEqual(await Promise.all(["changed", "gone", "fixed"].map(dataOf)), [
      { mode: "green" },
      undefined,
      { mode: "green" },
    ]);
    assert.equal(field(await at.get(deployment), "spec", "replicas"), 3);
    const seen = await at.get(`${core}/configmaps`);
    for (const name of ["u1", "u2"]) {
      const again = await at.undo(name);
      assert.equal(again.phase, "Completed", JSON.stringify(again.outcomes));
      assert.deepEqual([...new Set(Object.values(outcomes(again)))], ["done before"]);
    }
    const versions = (list: Json | undefined) =>
      (field(list, "items") as Json[]).map((one) => field(one, "metadata", "resourceVersion"));
    assert.deepEqual(versions(await at.get(`${core}/configmaps`)), versions(seen));
  });

  /** Ends when its patch of this object has been done, and the answer was lost. */
  const cutOffAfterPatch = (cutAt: string): Cluster => ({
    ...at.cluster,
    async patch(ref, ...rest) {
      const done = await at.cluster.patch(ref, ...rest);
      if (ref.name !== cutAt) return done;
      throw new ArkError("ARK_API_UNAUTHORIZED", "the answer was lost");
    },
  });

  it("brings back an edit that came between a cut-off and its continuation", async () => {
    const managersOf = async (path: string): Promise<string[]> => {
      const entries = field(await at.get(path), "metadata", "managedFields") as Json[];
      const own = entries.filter((entry) => field(entry, "subresource") === undefined);
      return own.map((entry) => String(field(entry, "manager"))).sort();
    };
    const before = await managersOf(deployment);
    for (const cutAt of ["changed", "web"]) {
      await assert.rejects(restore("cut", true, cutOffAfterPatch(cutAt)), {
        code: "ARK_API_UNAUTHORIZED",
      });
      if (cutAt === "web") continue;
      const path = `${core}/configmaps/changed?fieldManager=somebody`;
      await patch(path, { data: { mode: "edited", more: "1" } });
    }
    const report = await restore("cut", true);
    assert.deepEqual([report.created, report.updated, report.failed], [1, 2, 1]);
    assert.deepEqual(await dataOf("changed"), { mode: "blue" });
    const undone = await at.undo("cut");
    assert.equal(undone.phase, "Completed", JSON.stringify(undone.outcomes));
    assert.deepEqual(await dataOf("changed"), { mode: "edited", more: "1" });
    assert.equal(field(await at.get(deployment), "spec", "replicas"), 3);
    assert.deepEqual(await managersOf(deployment), before);
  });

  it("leaves what somebody changed since, says who did, and goes by uid", async () => {
    await restore("c1", true);
    await at.client.demand(
      "PATCH",
      `${core}/configmaps/changed?fieldManager=kubectl-edit`,
      '{"data":{"mode":"mine"}}',
      "application/merge-patch+json",
    );
    await patch(deployment, { spec: { replicas: 5 } });
    await at.remove(`${core}/configmaps/gone`);
    await make(`${core}/configmaps`, "gone", { data: { mode: "of others" } });
    const report = await at.undo("c1");
    assert.equal(report.phase, "PartiallyFailed");
    assert.deepEqual(outcomes(report), {
      "ConfigMap gone": "done before",
      "ConfigMap changed": "left",
      "Deployment web": "left",
    });
    const changed = report.outcomes.find(({ name }) => name === "changed");
    assert.match(changed?.reason ?? "", /changed since the restore.*kubectl-edit/);
    assert.equal(changed?.flag, "--changed-too");
    assert.deepEqual(await dataOf("gone"), { mode: "of others" });
    assert.deepEqual(await dataOf("changed"), { mode: "mine" });
    const all = await at.undo("c1", { changedToo: true });
    assert.equal(all.phase, "Completed", JSON.stringify(all.outcomes));
    assert.deepEqual(await dataOf("changed"), { mode: "green" });
    assert.deepEqual(await dataOf("gone"), { mode: "of others" });
    assert.equal(field(await at.get(deployment), "spec", "replicas"), 3);
  });

  it("deletes nothing that changed after it was looked at: each write names uid and revision", async () => {
    await restore("p1", true);
    const patched: string[] = [];
    const meddle = async (name: string): Promise<void> => {
      if (patched.includes(name)) return;
      patched.push(name);
      await patch(`${core}/configmaps/${name}`, { data: { mode: "late" } });
    };
    const through: Cluster = {
      ...at.cluster,
      remove: async (ref, options) => {
        if (ref.name === "gone") await meddle("gone");
        return await at.cluster.remove(ref, options);
      },
      replace: async (ref, body, options) => {
        if (ref.name === "changed") await meddle("changed");
        return await at.cluster.replace(ref, body, options);
      },
    };
    const report = await at.undo("p1", {}, through);
    assert.deepEqual(patched.sort(), ["changed", "gone"]);
    assert.deepEqual(outcomes(report), {
      "ConfigMap gone": "left",
      "ConfigMap changed": "left",
      "Deployment web": "put back",
    });
    assert.deepEqual(await dataOf("gone"), { mode: "late" });
    assert.deepEqual(await dataOf("changed"), { mode: "late" });
  });

  it("says so of a namespace that has been deleted since, and makes nothing in it", async () => {
    await restore("n1");
    const own = `/api/v1/namespaces/${namespace}`;
    // While it is going away, and when it is gone.
    await make(`${core}/configmaps`, "holder");
    await patch(`${core}/configmaps/holder`, { metadata: { finalizers: ["demo.example/hold"] } });
    await at.client.demand("DELETE", own);
    await at.until("its content is gone", async () => (await dataOf("fixed")) === undefined);
    for (const state of ["terminating", "gone"]) {
      if (state === "gone") {
        await patch(`${core}/configmaps/holder`, { metadata: { finalizers: null } });
        await at.until("it is gone", async () => (await at.get(own)) === undefined);
      }
      const report = await at.undo("n1");
      assert.equal(report.phase, "PartiallyFailed");
      const fixed = report.outcomes.find(({ name }) => name === "fixed");
      assert.equal(fixed?.outcome, "left", `${state}: ${fixed?.reason}`);
      assert.match(
        fixed?.reason ?? "",
        new RegExp(
          `namespace "${namespace}" is ${state === "gone" ? "not there any more" : "being deleted"}`,
        ),
      );
      assert.equal(outcomes(report)["ConfigMap gone"], "done before");
    }
    assert.equal(await at.get(own), undefined);
  });

  it("takes a whole namespace back that the restore made, and nothing that is not its own", async () => {
    await at.remove(`/api/v1/namespaces/${namespace}`);
    const report = await restore("w1");
    assert.equal(report.restore.status.phase, "Completed", JSON.stringify(report.findings));
    const root = `${core}/configmaps/kube-root-ca.crt`;
    await at.until("controllers fill it", async () => (await at.get(root)) !== undefined);
    await make(`${core}/configmaps`, "stranger");
    const first = await at.undo("w1");
    assert.equal(outcomes(first)[`Namespace ${namespace}`], "left");
    const left = first.outcomes.find(({ kind }) => kind === "Namespace");
    assert.match(left?.reason ?? "", /did not make: configmaps\/stranger/);
    assert.equal(await at.get(`${core}/configmaps/gone`), undefined);
    await at.remove(`${core}/configmaps/stranger`);
    const second = await at.undo("w1");
    assert.equal(second.phase, "Completed", JSON.stringify(second.outcomes));
    const own = `/api/v1/namespaces/${namespace}`;
    await at.until("the namespace is gone", async () => (await at.get(own)) === undefined);
  });
});
