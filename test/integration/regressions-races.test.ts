/**
 * Regressions 53, 54, 65, 68, 70, 72, 75 and 76 of users: others write at the same time, names are
 * long, one object of thousands fails; on a real API server.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { RestoreSpec } from "../../src/api/restore.ts";
import type { Cluster } from "../../src/ports/cluster.ts";
import type { RestoreProgress, RestoreRequest } from "../../src/restore/restore-request.ts";
import { kindOf } from "../support/kinds.ts";
import { sharedControlPlane, uniqueNamespace, whyNoTestbed } from "../support/shared-testbed.ts";
import { field, openRestoreCluster, type RestoreCluster } from "./restore-cluster.ts";

const skip = await whyNoTestbed();
const configMaps = kindOf("configmaps", { kind: "ConfigMap" });

describe("restore while others write", { skip, timeout: 600_000 }, () => {
  const namespace = uniqueNamespace("regress-races");
  const maps = `/api/v1/namespaces/${namespace}/configmaps`;
  let at: RestoreCluster;
  const labels = { race: "yes" };

  const make = (name: string, rest: object = {}) =>
    at.apply(maps, { metadata: { name, labels }, data: { size: "1" }, ...rest });
  /** A second writer, so that field ownership takes a second write. */
  const own = (name: string) =>
    at.client.demand(
      "PATCH",
      `${maps}/${name}?fieldManager=second`,
      '{"data":{"other":"2"}}',
      "application/merge-patch+json",
    );
  const backUp = (name: string) =>
    at.backUp(name, {
      includedNamespaces: [namespace],
      includedResources: ["configmaps"],
      labelSelector: { matchLabels: labels },
    });
  const managers = (object: unknown) =>
    (field(object, "metadata", "managedFields") as readonly unknown[]).map((one) =>
      field(one, "manager"),
    );
  /** `act` comes before the first patch, and gives its body. */
  const patching = (act: (body: string) => Promise<string>): Cluster => {
    let acted = false;
    const patch: Cluster["patch"] = async (ref, form, body, options) => {
      if (acted) return await at.cluster.patch(ref, form, body, options);
      acted = true;
      const changed = await act(Buffer.from(body).toString());
      return await at.cluster.patch(ref, form, Buffer.from(changed), options);
    };
    return Object.assign(Object.create(at.cluster) as Cluster, { patch });
  };
  const restoreThrough = (
    cluster: Cluster,
    name: string,
    spec: RestoreSpec,
    request: Partial<RestoreRequest> = {},
  ) => at.restore(name, spec, { readBack: false, ...request }, () => {}, cluster);
  const clear = async (): Promise<void> => {
    await at.client.demand("DELETE", `${maps}?labelSelector=race%3Dyes`);
  };

  before(async () => {
    at = await openRestoreCluster((await sharedControlPlane()).kubeconfig);
    await at.apply("/api/v1/namespaces", { metadata: { name: namespace } });
  });
  after(() => at.close());

  it("updates an object in a later pass when the first update meets a conflict (regression 65)", async () => {
    await make("one");
    await backUp("b65");
    await at.client.demand(
      "PATCH",
      `${maps}/one`,
      '{"data":{"size":"2"}}',
      "application/merge-patch+json",
    );
    // With an old resourceVersion in its body the API server answers 409.
    const stale = patching(async (body) =>
      JSON.stringify({ ...JSON.parse(body), metadata: { resourceVersion: "1" } }),
    );
    const report = await restoreThrough(stale, "r65-conflict", {
      backupName: "b65",
      existingResourcePolicy: "update",
    });
    assert.deepEqual(report.findings, []);
    assert.equal(report.updated, 1);
    assert.equal(field(await at.get(`${maps}/one`), "data", "size"), "1");
    await clear();
  });

  it("creates an object that was there when it was created and gone when it was looked at (regression 65)", async () => {
    await make("one");
    await backUp("b65b");
    await clear();
    let refusals = 0;
    const create: Cluster["create"] = async (...args) => {
      if (refusals > 0) return await at.cluster.create(...args);
      await make("one", { data: { of: "others" } });
      try {
        return await at.cluster.create(...args);
      } catch (refusal) {
        refusals += 1;
        await at.remove(`${maps}/one`);
        throw refusal;
      }
    };
    const racing = Object.assign(Object.create(at.cluster) as Cluster, { create });
    const report = await restoreThrough(racing, "r65-race", { backupName: "b65b" });
    assert.equal(refusals, 1);
    assert.deepEqual(report.findings, []);
    assert.deepEqual([report.created, report.skipped], [1, 0]);
    assert.deepEqual(field(await at.get(`${maps}/one`), "data"), { size: "1" });
    await clear();
  });

  it("makes an object again that vanished before it got the restore's marks (regression 53)", async () => {
    await make("one");
    await backUp("b53");
    const vanishing = patching(async (body) => {
      await at.remove(`${maps}/one`);
      return body;
    });
    const report = await restoreThrough(
      vanishing,
      "r53",
      { backupName: "b53", existingResourcePolicy: "update" },
      { stampLabels: true },
    );
    assert.deepEqual(report.findings, []);
    assert.equal(report.failed, 0);
    const live = await at.get(`${maps}/one`);
    assert.equal(field(live, "metadata", "labels", "velero.io/restore-name"), "r53");
    await clear();
  });

  it("warns, and no more, of an object that vanished before its field owners were put back (regression 68)", async () => {
    for (const name of ["one", "two"]) {
      await make(name);
      await own(name);
    }
    await backUp("b68");
    await clear();
    let vanished = "";
    const patch: Cluster["patch"] = async (ref, ...rest) => {
      if (vanished === "") {
        vanished = ref.name;
        await at.remove(`${maps}/${ref.name}`);
      }
      return await at.cluster.patch(ref, ...rest);
    };
    const vanishing = Object.assign(Object.create(at.cluster) as Cluster, { patch });
    const report = await restoreThrough(vanishing, "r68", { backupName: "b68" });
    assert.deepEqual(
      report.findings.map(({ severity, code, name }) => [severity, code, name]),
      [["warning", "ARK_API_NOT_FOUND", vanished]],
    );
    assert.match(report.findings[0]!.message, /field ownership/);
    assert.equal(report.restore.status.phase, "Completed");
    const other = vanished === "one" ? "two" : "one";
    assert.ok(managers(await at.get(`${maps}/${other}`)).includes("second"));
    await clear();
  });

  it("puts the field owners of an object with a generated name back under that name (regression 54)", async () => {
    const made = await at.apply(maps, {
      metadata: { generateName: "made-", labels },
      data: { size: "1" },
    });
    const name = String(field(made, "metadata", "name"));
    await own(name);
    const owners = managers(await at.get(`${maps}/${name}`));
    await backUp("b54");
    await clear();
    const report = await at.restore("r54", { backupName: "b54" });
    assert.deepEqual(report.findings, []);
    assert.deepEqual(managers(await at.get(`${maps}/${name}`)), owners);
    const all = field(await at.get(`${maps}?labelSelector=race%3Dyes`), "items");
    assert.equal((all as readonly unknown[]).length, 1);
    await clear();
  });
});

describe("restore of long names and of many objects", { skip, timeout: 600_000 }, () => {
  const namespace = uniqueNamespace("regress").padEnd(63, "n");
  const maps = `/api/v1/namespaces/${namespace}/configmaps`;
  const longest = (start: string) => start.padEnd(253, "x");
  let at: RestoreCluster;

  before(async () => {
    at = await openRestoreCluster((await sharedControlPlane()).kubeconfig);
    await at.apply("/api/v1/namespaces", { metadata: { name: namespace } });
  });
  after(() => at.close());

  it("takes names of 253 characters everywhere, and marks objects with labels of 63 (regression 70)", async () => {
    const name = longest("settings-");
    const key = `${longest("prefix.")}/${"k".repeat(63)}`;
    const labels = { [key]: "v".repeat(63) };
    await at.apply(maps, { metadata: { name, labels } });
    const [backupName, restoreName] = [longest("schedule-20261121-"), longest("restore-")];
    await at.backUp(backupName, {
      includedNamespaces: [namespace],
      includedResources: ["configmaps"],
    });
    await at.remove(`${maps}/${name}`);
    const report = await at.restore(restoreName, { backupName }, { stampLabels: true });
    assert.deepEqual(report.findings, []);
    const live = field(await at.get(`${maps}/${name}`), "metadata", "labels");
    assert.equal(field(live, key), "v".repeat(63));
    for (const [label, of] of [
      ["velero.io/backup-name", backupName],
      ["velero.io/restore-name", restoreName],
    ] as const) {
      const value = String(field(live, label));
      assert.equal(value.length, 63);
      assert.ok(of.startsWith(value.slice(0, 57)), value);
    }
    await assert.rejects(at.restore(`${restoreName}x`, { backupName }), {
      code: "ARK_NAME_INVALID",
    });
    const namespaceMapping = { [namespace]: "m".repeat(64) };
    await assert.rejects(at.restore("r70", { backupName, namespaceMapping }), {
      message: /"m{64}" is not the name of a namespace/,
    });
  });

  it("restores thousands though one is refused, and is done at its end only (regressions 72 and 75)", async () => {
    const count = 2_000;
    const object = (name: string) => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name, namespace },
    });
    const names = Array.from({ length: count }, (_, n) => `m${String(n).padStart(4, "0")}`);
    const bad = { ...object("m0777-bad"), data: { "not a key": "" } };
    const planted = [...names.map(object), bad];
    await at.plant("b75", configMaps, planted);
    const told: RestoreProgress[] = [];
    const report = await at.restore(
      "r75",
      { backupName: "b75" },
      { limits: { retryPausesMs: [0] } },
      (progress) => void told.push(progress),
    );
    assert.deepEqual([report.created, report.failed], [count, 1]);
    assert.equal(report.restore.status.phase, "PartiallyFailed");
    assert.deepEqual(
      report.findings.map(({ severity, name }) => [severity, name]),
      [["error", "m0777-bad"]],
    );
    assert.deepEqual(report.restore.status.progress, {
      totalItems: count + 1,
      itemsRestored: count,
    });
    assert.ok(told.length > 3, "progress is told on the way");
    const full = told.findIndex(({ doneItems, totalItems }) => doneItems >= totalItems);
    const afterwards = told.slice(full === -1 ? told.length : full).map(({ wave }) => wave);
    for (const wave of afterwards) assert.match(wave, /^(?:later pass \d|reading back)$/);
  });

  it("refuses the same restore a second time, though what it made was deleted since (regression 76)", async () => {
    const path = `${maps}/kept`;
    await at.apply(maps, { metadata: { name: "kept", labels: { app: "once" } } });
    const spec = {
      includedNamespaces: [namespace],
      labelSelector: { matchLabels: { app: "once" } },
    };
    await at.backUp("b76", { ...spec, includedResources: ["configmaps"] });
    await at.remove(path);
    const first = await at.restore("r76", { backupName: "b76" });
    assert.equal(first.created, 1);
    await at.remove(path);
    for (const typed of [true, false])
      await assert.rejects(at.restore("r76", { backupName: "b76" }, { typed }), {
        code: "ARK_NAME_TAKEN",
      });
    assert.equal(await at.get(path), undefined);
    assert.equal((await at.restore("r76b", { backupName: "b76" })).created, 1);
    const again = await at.restore("r76c", { backupName: "b76" });
    assert.deepEqual([again.created, again.updated, again.skipped], [0, 0, 1]);
  });
});
