/** What a plan foretells against what the run then does, on a real control plane full of obstacles. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { createSystemClock } from "../../src/adapters/clock/system-clock.ts";
import type { PlannedItem } from "../../src/domain/restore/planned-item.ts";
import type { RestorePlanHeader } from "../../src/restore/plan/plan-document.ts";
import { previewRestore } from "../../src/restore/plan/preview-restore.ts";
import { chosenPorts } from "../support/chosen-ports.ts";
import { definitionOf } from "../support/definition.ts";
import { foretold, resourceLists } from "../support/restore-outcomes.ts";
import { sharedControlPlane, uniqueNamespace, whyNoTestbed } from "../support/shared-testbed.ts";
import { openRestoreCluster, type RestoreCluster } from "./restore-cluster.ts";

const skip = await whyNoTestbed();
const source = uniqueNamespace("plan");
const there = `${source}-there`;
const fresh = `${source}-new`;
const group = `${source}.example`;
const core = (namespace: string): string => `/api/v1/namespaces/${namespace}`;
const signal = AbortSignal.timeout(580_000);

const converted = `converted.${group}`;
const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const webhooks = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
const gadgets = (namespace: string): string =>
  `/apis/${converted}/v1/namespaces/${namespace}/gadgets`;

const container = { name: "c", image: "example.test/app:1" };
const port = chosenPorts.plan;

async function fill(at: RestoreCluster): Promise<void> {
  await at.apply("/api/v1/namespaces", { metadata: { name: source } });
  const make = (plural: string, name: string, rest: object) =>
    at.apply(`${core(source)}/${plural}`, { metadata: { name }, ...rest });
  await at.apply(definitions, definitionOf(`things.${group}`, "Thing"));
  await at.apply(definitions, definitionOf(`gadgets.${converted}`, "Gadget"));
  await at.apply("/apis/scheduling.k8s.io/v1/priorityclasses", {
    metadata: { name: `${source}-high` },
    value: 10,
  });
  await make("serviceaccounts", "app", {});
  await make("configmaps", "settings", { data: { a: "ours" } });
  await make("configmaps", "other", { data: { a: "x" } });
  await make("secrets", "key", { data: { k: "dmFsdWU=" } });
  await make("services", "node", {
    spec: { type: "NodePort", ports: [{ port: 80, nodePort: port }] },
  });
  await make("persistentvolumeclaims", "small", claim("1Gi"));
  await make("persistentvolumeclaims", "large", claim("200Gi"));
  const pod = (rest: object) => ({ spec: { containers: [container], ...rest } });
  await make("pods", "plain", pod({ serviceAccountName: "app" }));
  await make("pods", "urgent", pod({ priorityClassName: `${source}-high` }));
  await make("pods", "host", pod({ hostNetwork: true }));
  await at.until("the kind Thing is served", async () => {
    const path = `/apis/${group}/v1/namespaces/${source}/things`;
    return (await at.get(path).catch(() => undefined)) !== undefined;
  });
  await at.apply(`/apis/${group}/v1/namespaces/${source}/things`, {
    ...{ apiVersion: `${group}/v1`, kind: "Thing" },
    metadata: { name: "one" },
    spec: { size: 1 },
  });
  await at.until("the kind Gadget is served", async () => {
    return (await at.get(gadgets(source)).catch(() => undefined)) !== undefined;
  });
  await at.apply(gadgets(source), {
    ...{ apiVersion: `${converted}/v1`, kind: "Gadget" },
    metadata: { name: "one" },
  });
  await at.apply(`${core(source)}/limitranges`, { metadata: { name: "watched" } });
}

const claim = (storage: string) => ({
  spec: {
    ...{ accessModes: ["ReadWriteOnce"], storageClassName: "no-such-class" },
    resources: { requests: { storage } },
  },
});

/** The target has a quota, a level of Pod Security, a taken port; two things that pods need are gone. */
async function obstruct(at: RestoreCluster): Promise<void> {
  const labels = { "pod-security.kubernetes.io/enforce": "baseline" };
  await at.apply("/api/v1/namespaces", { metadata: { name: there, labels } });
  await at.apply(`${core(there)}/resourcequotas`, {
    metadata: { name: "storage" },
    spec: { hard: { "requests.storage": "50Gi" } },
  });
  await at.until("the quota is counted", async () => {
    const quota = await at.get(`${core(there)}/resourcequotas/storage`);
    return JSON.stringify(quota).includes('"used"');
  });
  await at.until("the default account is there", async () => {
    return (await at.get(`${core(there)}/serviceaccounts/default`)) !== undefined;
  });
  await at.apply(`${core(there)}/configmaps`, {
    metadata: { name: "settings" },
    data: { a: "theirs" },
  });
  await at.remove(`/apis/scheduling.k8s.io/v1/priorityclasses/${source}-high`);
  await at.remove(`${definitions}/things.${group}`);
  await breakConversion(at);
  await failClosed(at);
}

/** Gadgets are stored as v2 by now, and nobody converts them. */
async function breakConversion(at: RestoreCluster): Promise<void> {
  await at.remove(`${gadgets(source)}/one`);
  const { spec } = definitionOf(`gadgets.${converted}`, "Gadget", { versions: ["v2", "v1"] });
  const clientConfig = { service: { namespace: "nowhere", name: "converter" } };
  const conversion = {
    strategy: "Webhook",
    webhook: { conversionReviewVersions: ["v1"], clientConfig },
  };
  const change = JSON.stringify({ spec: { ...spec, conversion } });
  const type = "application/merge-patch+json";
  await at.client.demand("PATCH", `${definitions}/gadgets.${converted}`, change, type);
  const trial = {
    ...{ apiVersion: `${converted}/v1`, kind: "Gadget" },
    metadata: { name: "trial" },
  };
  await at.until("gadgets of v1 cannot be written", () => isRefused(at, gadgets(there), trial));
}

/** A webhook that nobody answers is asked about limit ranges of the target. */
async function failClosed(at: RestoreCluster): Promise<void> {
  const rule = { apiGroups: [""], apiVersions: ["*"], operations: ["CREATE"] };
  await at.apply(webhooks, {
    metadata: { name: `${source}-deny` },
    webhooks: [
      {
        ...{ name: `deny.${group}`, failurePolicy: "Fail", sideEffects: "None" },
        admissionReviewVersions: ["v1"],
        rules: [{ ...rule, resources: ["limitranges"] }],
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": there } },
        clientConfig: { service: { namespace: "nowhere", name: "policy" } },
      },
    ],
  });
  const trial = { metadata: { name: "trial" } };
  await at.until("limit ranges are refused", () =>
    isRefused(at, `${core(there)}/limitranges`, trial),
  );
}

async function isRefused(at: RestoreCluster, path: string, object: object): Promise<boolean> {
  const trial = at.client.demand("POST", `${path}?dryRun=All`, JSON.stringify(object));
  return await trial.then(
    () => false,
    () => true,
  );
}

describe("a plan of a restore", { skip }, () => {
  let at: RestoreCluster;

  before(async () => {
    at = await openRestoreCluster((await sharedControlPlane()).kubeconfig);
    await fill(at);
    await at.backUp("b", { includedNamespaces: [source] });
    await obstruct(at);
  });
  after(async () => {
    for (const name of [source, there, fresh]) {
      await at.client.demand("DELETE", `/api/v1/namespaces/${name}`).catch(() => {});
    }
    for (const path of [`${webhooks}/${source}-deny`, `${definitions}/gadgets.${converted}`]) {
      await at.client.demand("DELETE", path).catch(() => {});
    }
    await at.close();
  });

  for (const target of [there, fresh]) {
    it(`foretells what is done with each object of namespace ${target === there ? "there" : "new"}`, async () => {
      const spec = {
        ...{ backupName: "b", includeClusterResources: false, preserveNodePorts: true },
        ...{ existingResourcePolicy: "update" as const, namespaceMapping: { [source]: target } },
      };
      const { items, header } = await planOf(at, spec);
      const strict = at.restore(`strict-${target}`, spec, { strict: true });
      await assert.rejects(strict, { code: "ARK_RESTORE_BLOCKED" });
      assert.equal(await at.get(`${core(target)}/secrets/key`), undefined, "nothing was written");
      await at.restore(`into-${target}`, spec, { limits: { retryPausesMs: [0] } });
      const done = await resourceLists(at.store, `into-${target}`);
      const said = foretold(items);
      const differing = Object.keys({ ...done, ...said }).filter((key) => done[key] !== said[key]);
      // Made by controllers in a new namespace, before or after the restore comes to them.
      const raced = new Set([
        `v1/ServiceAccount ${target}/default`,
        `v1/ConfigMap ${target}/kube-root-ca.crt`,
      ]);
      assert.deepEqual(
        differing.filter((key) => !raced.has(key)).map((key) => [key, said[key], done[key]]),
        [],
        JSON.stringify(header.findings),
      );
      assert.ok(Object.values(done).includes("failed"), "the obstacles are in the way");
      const blocking = header.findings.filter(({ severity }) => severity === "blocks");
      const codes = [...new Set(blocking.map(({ code }) => code))].sort();
      assert.deepEqual(codes, target === there ? blockedThere : blockedInNew);
    });
  }
});

const everywhere = ["conversion-webhook-down", "kind-not-served", "node-port-taken"];
const blockedInNew = [...everywhere, "priority-class-missing"];
const blockedThere = [
  ...[...everywhere, "pod-security", "priority-class-missing"],
  ...["quota-too-small", "webhook-fails-closed"],
];

async function planOf(
  at: RestoreCluster,
  spec: Parameters<RestoreCluster["restore"]>[1],
): Promise<{ readonly items: readonly PlannedItem[]; readonly header: RestorePlanHeader }> {
  const items: PlannedItem[] = [];
  const owner = { host: "test", bootId: "test", pid: process.pid };
  const header = await previewRestore(
    { name: "p", isNameGiven: true, typed: true, owner, spec },
    { cluster: at.cluster, store: at.store, clock: createSystemClock(), log: { write: () => {} } },
    {
      dryRun: "server",
      engineVersion: "test",
      onLine: (line) => void items.push(JSON.parse(line)),
    },
    signal,
  );
  return { items, header };
}
