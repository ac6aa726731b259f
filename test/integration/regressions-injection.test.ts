/** Regression 50 of users: pods that a mutating webhook had added to, restored where it adds again. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { sharedControlPlane, uniqueNamespace, whyNoTestbed } from "../support/shared-testbed.ts";
import {
  type AdmissionAnswer,
  type AdmissionRequest,
  registerWebhook,
  startWebhookServer,
  type WebhookServer,
} from "../support/webhook-server.ts";
import { field, type Json, openRestoreCluster, type RestoreCluster } from "./restore-cluster.ts";

const skip = await whyNoTestbed();
const namespace = uniqueNamespace("inject");
const pods = `/api/v1/namespaces/${namespace}/pods`;
const lists = ["containers", "initContainers", "volumes"] as const;
type List = (typeof lists)[number];
const names = { containers: "sidecar", initContainers: "sidecar-init", volumes: "sidecar-data" };

const addition = (list: string, name: string) =>
  list === "volumes" ? { name, emptyDir: {} } : { name, image: "example.test/sidecar:2" };

const listOf = (pod: unknown, list: string) =>
  (field(pod, "spec", list) as readonly Json[] | undefined) ?? [];
const namesIn = (pod: unknown, list: string) =>
  listOf(pod, list)
    .map((one) => one["name"])
    .filter((name) => !String(name).startsWith("kube-api-access"));

/** Adds to each list, whatever is in it: the injector that does not look. */
function inject(into: readonly List[], nameOf: (list: List) => string = (list) => names[list]) {
  return ({ object }: AdmissionRequest): AdmissionAnswer => ({
    patch: into.map((list) =>
      listOf(object, list).length === 0
        ? { op: "add", path: `/spec/${list}`, value: [addition(list, nameOf(list))] }
        : { op: "add", path: `/spec/${list}/-`, value: addition(list, nameOf(list)) },
    ),
  });
}

/** Leaves a pod alone that has the sidecar: the injector as it should be. */
function injectOnce(request: AdmissionRequest): AdmissionAnswer | undefined {
  const has = listOf(request.object, "containers").some((one) => one["name"] === "sidecar");
  return has ? undefined : inject(lists)(request);
}

describe("restore of a pod that a webhook had added to", { skip, timeout: 600_000 }, () => {
  let at: RestoreCluster;
  let webhook: WebhookServer;
  let unregister: (() => Promise<void>) | undefined;

  before(async () => {
    at = await openRestoreCluster((await sharedControlPlane()).kubeconfig);
    await at.apply("/api/v1/namespaces", { metadata: { name: namespace } });
    const account = `/api/v1/namespaces/${namespace}/serviceaccounts/default`;
    await at.until(
      "the service account is there",
      async () => (await at.get(account)) !== undefined,
    );
    webhook = await startWebhookServer(inject(lists));
    const pod = {
      metadata: { name: "app", labels: { app: "web" } },
      spec: { containers: [{ name: "app", image: "example.test/app:1" }] },
    };
    unregister = await registerWebhook(
      at.client,
      webhook,
      { name: `${namespace}-injector`, kind: "Mutating", namespace, resources: ["pods"] },
      () => at.client.demand("POST", `${pods}?dryRun=All`, JSON.stringify(pod)),
    );
    const made = await at.apply(pods, pod);
    for (const list of lists) assert.ok(namesIn(made, list).includes(names[list]), list);
    await at.backUp("b50", { includedNamespaces: [namespace], includedResources: ["pods"] });
  });
  after(async () => {
    await unregister?.();
    await webhook.close();
    await at.close();
  });

  const hasAllOnce = async (): Promise<void> => {
    const live = await at.get(`${pods}/app`);
    assert.deepEqual(namesIn(live, "containers"), ["app", names.containers]);
    for (const list of ["initContainers", "volumes"] as const)
      assert.deepEqual(namesIn(live, list), [names[list]]);
  };
  const restoreAnew = async (name: string, answer: WebhookServer["answer"], request = {}) => {
    webhook.answer = answer;
    if ((await at.get(`${pods}/app`)) !== undefined) await at.remove(`${pods}/app`);
    return await at.restore(name, { backupName: "b50" }, request);
  };

  it("has it once where the webhook looks at what is there (regression 50)", async () => {
    const report = await restoreAnew("r50-looks", injectOnce);
    assert.deepEqual(report.findings, []);
    await hasAllOnce();
  });

  for (const list of lists)
    it(`is refused, and says what was added twice and how to restore it, where the webhook adds to ${list} again (regression 50)`, async () => {
      const report = await restoreAnew(`r50-${list.toLowerCase()}`, inject([list]));
      assert.equal(await at.get(`${pods}/app`), undefined);
      assert.equal(report.restore.status.phase, "PartiallyFailed");
      assert.deepEqual(
        report.findings.map(({ severity, code, name }) => [severity, code, name]),
        [["error", "ARK_API_INVALID", "app"]],
      );
      const { message, advice = "" } = report.findings[0]!;
      assert.match(message, new RegExp(`"${names[list]}" already.*twice`));
      assert.ok(message.includes(`${namespace}-injector`), message);
      assert.match(advice, /resource modifier/);
    });

  it("has it once, as the webhook of now adds it, with the modifier of the advice (regression 50)", async () => {
    const refused = await restoreAnew("r50-refused", inject(lists));
    const patch = /\{.*\}/.exec(refused.findings[0]?.advice ?? "")?.[0];
    const text = `version: v1
resourceModifierRules:
- conditions: {groupResource: pods}
  strategicPatches:
  - patchData: '${patch}'
`;
    const modifiers = { kind: "text", where: "file m.yaml", text } as const;
    const report = await restoreAnew("r50-modified", inject(lists), { modifiers });
    assert.equal(report.failed, 0, JSON.stringify(report.findings));
    await hasAllOnce();
    assert.ok(report.findings.every(({ code }) => code === "ARK_RESTORED_DIFFERS"));
  });

  it("warns where the webhook adds the same under another name (regression 50)", async () => {
    const report = await restoreAnew(
      "r50-renames",
      inject(["containers"], () => "sidecar-2"),
    );
    assert.equal(report.failed, 0);
    const told = report.findings.filter(({ code }) => code === "ARK_RESTORED_DIFFERS");
    assert.equal(told.length, 1, JSON.stringify(report.findings));
    assert.match(told[0]!.message, new RegExp(`webhook ${namespace}-injector.*added`));
  });
});
