/** Regressions 45 to 49 of users: definitions, kinds that are not served, webhooks; on a real API server. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { definitionOf } from "../support/definition.ts";
import { kindOf } from "../support/kinds.ts";
import { sharedControlPlane, uniqueNamespace, whyNoTestbed } from "../support/shared-testbed.ts";
import { field, openRestoreCluster, type RestoreCluster } from "./restore-cluster.ts";

const skip = await whyNoTestbed();
const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const definitionKind = kindOf("customresourcedefinitions.apiextensions.k8s.io", {
  kind: "CustomResourceDefinition",
  cluster: true,
});
const webhooks = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";

describe("restore of definitions and webhooks", { skip, timeout: 600_000 }, () => {
  const namespace = uniqueNamespace("regress-defs");
  const group = `${namespace}.example`;
  let at: RestoreCluster;
  const made: string[] = [];
  const make = async (path: string, object: object): Promise<void> => {
    const created = await at.apply(path, object);
    made.unshift(`${path}/${field(created, "metadata", "name")}`);
  };
  const gone = async (path: string): Promise<void> => {
    if ((await at.get(path)) !== undefined) await at.remove(path);
  };
  const define = async (plural: string, kind: string): Promise<void> => {
    await make(definitions, definitionOf(`${plural}.${group}`, kind));
    // A definition that was just made answers 404, or 429 while its storage begins.
    const answers = async () => (await at.client.send("GET", objects(plural))).status === 200;
    await at.until(`${plural} are served`, answers);
  };

  before(async () => {
    at = await openRestoreCluster((await sharedControlPlane()).kubeconfig);
    await make("/api/v1/namespaces", { metadata: { name: namespace } });
  });
  after(async () => {
    for (const path of made) await at.client.send("DELETE", path);
    await at.close();
  });

  const objects = (plural: string) => `/apis/${group}/v1/namespaces/${namespace}/${plural}`;

  it("brings a definition and its objects back to a cluster that has neither (regression 45)", async () => {
    await define("gauges", "Gauge");
    await at.apply(objects("gauges"), {
      apiVersion: `${group}/v1`,
      kind: "Gauge",
      metadata: { name: "one" },
      spec: { n: 7 },
    });
    await at.backUp("b45", { includedNamespaces: [namespace] });
    await gone(`${definitions}/gauges.${group}`);
    const report = await at.restore("r45", { backupName: "b45" });
    assert.deepEqual(report.findings, []);
    assert.equal(field(await at.get(`${objects("gauges")}/one`), "spec", "n"), 7);
  });

  it("names a definition that is never established, and its objects, and goes on (regression 45)", async () => {
    await define("valves", "Valve");
    await at.apply(objects("valves"), {
      apiVersion: `${group}/v1`,
      kind: "Valve",
      metadata: { name: "one" },
    });
    const core = `/api/v1/namespaces/${namespace}/configmaps`;
    await make(core, { metadata: { name: "beside" } });
    await at.backUp("b45b", { includedNamespaces: [namespace] });
    await gone(`${core}/beside`);
    await gone(`${definitions}/valves.${group}`);
    // Another definition has taken the kind's name meanwhile.
    await define("taps", "Valve");
    const report = await at.restore("r45b", { backupName: "b45b" });
    const told = report.findings.filter(({ severity }) => severity === "error");
    assert.deepEqual(
      told.map(({ code, name }) => [code, name]),
      [
        ["ARK_DEFINITION_NOT_READY", `valves.${group}`],
        ["ARK_KIND_NOT_SERVED", "one"],
      ],
    );
    assert.match(told[0]!.message, /is not established: .*already in use/);
    assert.notEqual(await at.get(`${core}/beside`), undefined);
    assert.equal(report.restore.status.phase, "PartiallyFailed");
  });

  it("makes a definition of old, which preserves unknown fields, again (regression 46)", async () => {
    const name = `pumps.${group}`;
    const { spec, ...rest } = definitionOf(`pumps.${group}`, "Pump");
    const versions = [{ ...spec.versions[0]!, schema: { openAPIV3Schema: { type: "object" } } }];
    const old = { ...rest, spec: { ...spec, versions, preserveUnknownFields: true } };
    await at.plant("b46", definitionKind, [old]);
    made.unshift(`${definitions}/${name}`);
    const report = await at.restore("r46", { backupName: "b46", includeClusterResources: true });
    assert.deepEqual(report.findings, []);
    const live = await at.get(`${definitions}/${name}`);
    assert.notEqual(field(live, "spec", "preserveUnknownFields"), true);
    const schema = field(live, "spec", "versions", 0, "schema", "openAPIV3Schema");
    assert.equal(field(schema, "x-kubernetes-preserve-unknown-fields"), true);
  });

  it("names a protected definition without its approval, as the API server refuses it (regression 46)", async () => {
    const name = `pipes.${namespace}.k8s.io`;
    await at.plant("b46b", definitionKind, [definitionOf(`pipes.${namespace}.k8s.io`, "Pipe")]);
    const report = await at.restore("r46b", { backupName: "b46b", includeClusterResources: true });
    assert.deepEqual(
      report.findings.map(({ severity, name: of }) => [severity, of]),
      [["error", name]],
    );
    assert.match(report.findings[0]!.message, /api-approved\.kubernetes\.io/);
    assert.equal(await at.get(`${definitions}/${name}`), undefined);
  });

  it("names what the target does not serve at once, and waits for nothing (regression 47)", async () => {
    await define("meters", "Meter");
    await at.apply(objects("meters"), {
      apiVersion: `${group}/v1`,
      kind: "Meter",
      metadata: { name: "one" },
    });
    await at.backUp("b47", {
      includedNamespaces: [namespace],
      includedResources: [`meters.${group}`, `customresourcedefinitions.apiextensions.k8s.io`],
    });
    await gone(`${definitions}/meters.${group}`);
    const waits: string[] = [];
    const report = await at.restore(
      "r47",
      { backupName: "b47", excludedResources: ["customresourcedefinitions"] },
      {},
      // The pauses before later passes are those of every failure.
      ({ wait, waitingFor = "" }) => {
        if (wait !== undefined && wait !== "later-pass") waits.push(waitingFor);
      },
    );
    assert.deepEqual(
      report.findings.map(({ code, name }) => [code, name]),
      [["ARK_KIND_NOT_SERVED", "one"]],
    );
    assert.deepEqual(waits, []);
  });

  it("makes a webhook of old with side effects that v1 refuses (regression 49)", async () => {
    const name = `${namespace}-old`;
    const old = {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingWebhookConfiguration",
      metadata: { name },
      webhooks: [
        {
          name: "old.example.test",
          sideEffects: "Unknown",
          admissionReviewVersions: ["v1"],
          failurePolicy: "Ignore",
          namespaceSelector: { matchLabels: { never: "there" } },
          clientConfig: { url: "https://127.0.0.1:9/" },
        },
      ],
    };
    const kind = kindOf("validatingwebhookconfigurations.admissionregistration.k8s.io", {
      kind: "ValidatingWebhookConfiguration",
      cluster: true,
    });
    await at.plant("b49", kind, [old]);
    made.unshift(`${webhooks}/${name}`);
    const report = await at.restore("r49", { backupName: "b49", includeClusterResources: true });
    assert.deepEqual(report.findings, []);
    const live = await at.get(`${webhooks}/${name}`);
    assert.equal(field(live, "webhooks", 0, "sideEffects"), "None");
  });
});
