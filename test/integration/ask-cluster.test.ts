/** Level `cluster` of verify against a real API server with its controllers. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { askCluster } from "../../src/restore/apply/ask-cluster.ts";
import { uniqueNamespace, whyNoTestbed } from "../support/shared-testbed.ts";
import { type ControlPlane, startControlPlane } from "../testbed/control-plane.ts";
import { openRestoreCluster, type RestoreCluster } from "./restore-cluster.ts";

const skip = await whyNoTestbed();
const namespace = uniqueNamespace("asked");
const core = `/api/v1/namespaces/${namespace}`;
const { signal } = new AbortController();

// A control plane of its own: what others take away or guard meanwhile would be refused.
describe("askCluster() on a real API server", { skip }, () => {
  let plane: ControlPlane;
  let at: RestoreCluster;
  before(async () => {
    plane = await startControlPlane();
    at = await openRestoreCluster(plane.kubeconfig);
    await at.apply("/api/v1/namespaces", { metadata: { name: namespace } });
    await at.apply(`${core}/configmaps`, { metadata: { name: "gone" }, data: { a: "1" } });
    await at.apply(`${core}/configmaps`, { metadata: { name: "there" }, data: { a: "1" } });
    await at.apply(`${core}/services`, {
      metadata: { name: "web" },
      spec: { selector: { app: "web" }, ports: [{ port: 80 }] },
    });
    await at.apply(`/apis/apps/v1/namespaces/${namespace}/deployments`, {
      metadata: { name: "web" },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: "web" } },
        template: {
          metadata: { labels: { app: "web" } },
          spec: { containers: [{ name: "c", image: "example.test/app:1" }] },
        },
      },
    });
    await at.backUp("asked", {});
    await at.remove(`${core}/configmaps/gone`);
    await at.remove(`${core}/services/web`);
  });
  after(async () => {
    await at?.close();
    await plane?.stop();
  });

  it("has every object of its own cluster accepted, and makes none of them", async (t) => {
    const options = { cluster: at.cluster, percent: 100, seed: 0, maxObjects: 5_000, signal };
    const answers = await askCluster(at.store, "asked", options);
    t.diagnostic(`${JSON.stringify({ ...answers, refused: answers.refused.length })}`);
    assert.deepEqual(answers.refused, []);
    assert.ok(answers.accepted > 100, `${answers.accepted} were accepted`);
    const notAsked = answers.notAsked.reduce((sum, { objects }) => sum + objects, 0);
    assert.equal(answers.accepted + notAsked, answers.drawn);
    assert.equal(await at.get(`${core}/configmaps/gone`), undefined);
    assert.equal(await at.get(`${core}/services/web`), undefined);
  });
});
