import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { podSpecPaths } from "../../../../src/domain/pod-specs.ts";
import { makePassive } from "../../../../src/domain/restore/passive/make-passive.ts";
import type {
  AdmissionWebhook,
  ExaminedObject,
  TargetFacts,
} from "../../../../src/domain/restore/target-findings/facts.ts";
import { examineTarget } from "../../../../src/domain/restore/target-findings/table.ts";
import type { JsonObject } from "../../../../src/lib/json-text.ts";

const facts = (more: Partial<TargetFacts> = {}): TargetFacts => ({
  unseen: [],
  preservesNodePorts: false,
  names: () => new Set<string>(),
  defaultStorageClass: undefined,
  services: new Map(),
  nodePorts: new Map([["30080/TCP", "other/web"]]),
  webhooks: [],
  conversions: new Map(),
  quotas: new Map(),
  namespaces: new Map([["shop", { state: "there", source: "shop", labels: {} }]]),
  versions: () => [],
  restores: () => false,
  ...more,
});

const object = (resource: string, spec: JsonObject, more: Partial<ExaminedObject> = {}) => ({
  ...{ resource, version: "v1", kind: "Thing", namespace: "shop", name: "a" },
  ...{ action: "create" as const, desired: { metadata: {}, spec } },
  ...more,
});

function found(given: TargetFacts, ...objects: readonly ExaminedObject[]): readonly string[] {
  const examination = examineTarget(given);
  const findings = [...objects.flatMap((one) => examination.see(one)), ...examination.end()];
  return findings.map(({ severity, code }) => `${severity} ${code}`);
}

const claimOf = (storage: string, name = "a") =>
  object(
    "persistentvolumeclaims",
    { storageClassName: "fast", resources: { requests: { storage } } },
    { name },
  );

describe("examineTarget()", () => {
  it("finds classes that are missing, unless the restore brings them", () => {
    const claim = claimOf("1Gi");
    const ingress = object("ingresses.networking.k8s.io", { ingressClassName: "nginx" });
    const pod = object("pods", { priorityClassName: "high", runtimeClassName: "kata" });
    assert.deepEqual(found(facts(), claim, ingress, pod), [
      "warning storage-class-missing",
      "warning ingress-class-missing",
      "blocks priority-class-missing",
      "blocks runtime-class-missing",
    ]);
    assert.deepEqual(found(facts({ restores: () => true }), claim, ingress, pod), []);
    assert.deepEqual(found(facts({ names: () => undefined }), claim, ingress, pod), []);
  });

  it("finds no class missing that a passive restore gives so that nothing serves", () => {
    const spec = { ingressClassName: "nginx" };
    const passive = makePassive({ metadata: {}, spec }, "ingresses.networking.k8s.io");
    assert.ok(passive !== undefined);
    const ingress = object("ingresses.networking.k8s.io", spec, { desired: passive });
    assert.deepEqual(found(facts(), ingress), []);
  });

  it("warns of the template of every kind that makes pods, where it blocks a pod", () => {
    const spec = { priorityClassName: "high", runtimeClassName: "kata" };
    const template = { template: { spec } };
    const codes = ["warning priority-class-missing", "warning runtime-class-missing"];
    for (const resource of podSpecPaths.keys()) {
      if (resource === "pods") continue;
      const one =
        resource === "podtemplates"
          ? { ...object(resource, {}), desired: { template: { spec } } }
          : object(
              resource,
              resource === "cronjobs.batch" ? { jobTemplate: { spec: template } } : template,
            );
      assert.deepEqual(found(facts(), one), codes, resource);
    }
  });

  describe("storage classes of claims that are made for an object", () => {
    const claimOfClass = (storageClassName?: string) => ({
      spec: { ...(storageClassName === undefined ? {} : { storageClassName }) },
    });
    const ephemeral = (storageClassName?: string) => ({
      volumes: [
        { name: "cache", emptyDir: {} },
        { name: "scratch", ephemeral: { volumeClaimTemplate: claimOfClass(storageClassName) } },
      ],
    });
    const told = (given: TargetFacts, ...objects: readonly ExaminedObject[]) => {
      const examination = examineTarget(given);
      return objects.flatMap((one) => examination.see(one)).map(({ message }) => message);
    };
    const missing = 'storage class "fast" does not exist here: ';
    const wait = " will be created and wait for a volume";

    it("are looked up for templates of StatefulSets and ephemeral volumes of pods and templates", () => {
      const volumeClaimTemplates = [{ metadata: { name: "data" }, ...claimOfClass("fast") }];
      const template = { template: { spec: ephemeral("fast") } };
      assert.deepEqual(
        told(
          facts(),
          object("statefulsets.apps", { volumeClaimTemplates, ...template }),
          object("pods", ephemeral("fast")),
          object("cronjobs.batch", { jobTemplate: { spec: template } }, { action: "patch" }),
          object("deployments.apps", { template: { spec: ephemeral("") } }),
        ),
        [
          `${missing}each claim of its template "data"${wait}`,
          `${missing}each claim of its ephemeral volume "scratch"${wait}`,
          `${missing}the claim of its ephemeral volume "scratch"${wait}`,
          `${missing}each claim of its ephemeral volume "scratch"${wait}`,
        ],
      );
      const known = facts({ names: () => new Set(["fast"]) });
      assert.deepEqual(told(known, object("pods", ephemeral("fast"))), []);
    });

    it("are looked up by the old annotation too, which wins", () => {
      const annotations = { "volume.beta.kubernetes.io/storage-class": "old" };
      const claim = object("persistentvolumeclaims", { storageClassName: "fast" });
      const desired = { ...claim.desired, metadata: { annotations } };
      const given = facts({ names: () => new Set(["fast"]) });
      assert.match(told(given, { ...claim, desired })[0] ?? "", /storage class "old"/);
    });

    it("need a default class where none is named: one of the cluster, or of this restore", () => {
      const pod = object("pods", ephemeral());
      assert.match(told(facts(), pod)[0] ?? "", /the cluster has no default one/);
      assert.deepEqual(told(facts({ defaultStorageClass: "d" }), pod), []);
      const annotations = { "storageclass.kubernetes.io/is-default-class": "true" };
      const brought = object(
        "storageclasses.storage.k8s.io",
        {},
        {
          desired: { metadata: { annotations } },
        },
      );
      assert.deepEqual(told(facts(), brought, pod), []);
    });
  });

  it("sums what claims ask of a quota, and names the one that is too large by itself", () => {
    const quota = {
      ...{ name: "q", isScoped: false },
      ...{ hard: { "requests.storage": "50Gi" }, used: { "requests.storage": "10Gi" } },
    };
    const given = facts({ names: () => new Set(["fast"]), quotas: new Map([["shop", [quota]]]) });
    assert.deepEqual(found(given, claimOf("20Gi"), claimOf("20Gi", "b")), []);
    assert.deepEqual(found(given, claimOf("20Gi"), claimOf("20.5Gi", "b")), [
      "blocks quota-too-small",
    ]);
    assert.deepEqual(found(given, claimOf("41Gi")), ["blocks quota-too-small"]);
  });

  it("finds node ports held by a Service of the cluster or of this restore, not its own", () => {
    const service = (nodePort: number, name: string, namespace = "shop") =>
      object("services", { ports: [{ nodePort, protocol: "TCP" }] }, { name, namespace });
    assert.deepEqual(found(facts(), service(30_080, "a")), ["blocks node-port-taken"]);
    assert.deepEqual(found(facts(), service(30_080, "web", "other")), []);
    for (const [preservesNodePorts, advice] of [
      [true, /without --preserve-nodeports$/],
      [false, /take it out with --resource-modifier-file/],
    ] as const) {
      const [finding] = examineTarget(facts({ preservesNodePorts })).see(service(30_080, "a"));
      assert.match(finding?.advice ?? "", advice);
    }
    assert.deepEqual(found(facts(), service(30_081, "a"), service(30_081, "b")), [
      "blocks node-port-taken",
    ]);
  });

  it("finds a chosen cluster IP that a Service to be made does not ask for", () => {
    const fieldsV1 = { "f:spec": { "f:clusterIP": {} } };
    const backedUp = {
      metadata: { managedFields: [{ fieldsV1 }] },
      spec: { clusterIP: "10.96.0.10" },
    };
    const dns = object("services", {}, { backedUp });
    assert.deepEqual(found(facts(), dns), ["warning address-not-kept"]);
    assert.deepEqual(found(facts(), { ...dns, action: "recreate" }), []);
    assert.deepEqual(found(facts(), object("services", backedUp.spec, { backedUp })), []);
    assert.deepEqual(found(facts(), object("services", {})), []);
  });

  it("finds what the Pod Security level of the namespace refuses", () => {
    const at = (level: string) =>
      facts({
        namespaces: new Map([
          [
            "shop",
            {
              ...{ state: "there", source: "shop" },
              labels: { "pod-security.kubernetes.io/enforce": level },
            },
          ],
        ]),
      });
    const host = object("pods", { hostNetwork: true, containers: [{ name: "c" }] });
    const plain = object("pods", { containers: [{ name: "c" }] });
    const security = {
      ...{ allowPrivilegeEscalation: false, runAsNonRoot: true },
      ...{ capabilities: { drop: ["ALL"] }, seccompProfile: { type: "RuntimeDefault" } },
    };
    const strict = object("pods", { containers: [{ name: "c", securityContext: security }] });
    assert.deepEqual(found(at("privileged"), host), []);
    assert.deepEqual(found(at("baseline"), host, plain), ["blocks pod-security"]);
    assert.deepEqual(found(at("restricted"), plain, strict), ["blocks pod-security"]);
  });

  it("finds a webhook that fails closed with nobody behind it, where it matches", () => {
    const webhook: AdmissionWebhook = {
      ...{ name: "policy.example.io", configuration: "X", failsClosed: true },
      rules: [
        {
          ...{ groups: [""], versions: ["v1"], resources: ["pods"] },
          ...{ operations: ["CREATE"], scope: "*" },
        },
      ],
      ...{ namespaceSelector: {}, objectSelector: {}, hasConditions: false, service: "p/hook" },
    };
    const pod = object("pods", { containers: [] });
    const given = (more: Partial<AdmissionWebhook>, ready?: boolean) =>
      facts({
        webhooks: [{ ...webhook, ...more }],
        services: new Map(ready === undefined ? [] : [["p/hook", { ready }]]),
      });
    assert.deepEqual(found(given({}), pod), ["blocks webhook-fails-closed"]);
    assert.deepEqual(found(given({}, false), pod), ["warning webhook-fails-closed"]);
    assert.deepEqual(found(given({}, true), pod), []);
    assert.deepEqual(found(given({ failsClosed: false }), pod), []);
    assert.deepEqual(found(given({ hasConditions: true }), pod), ["warning webhook-fails-closed"]);
    assert.deepEqual(found(given({}), object("configmaps", {})), []);
    const selective = { objectSelector: { matchLabels: { a: "b" } } };
    assert.deepEqual(found(given(selective), pod), []);
  });

  it("names a webhook of this restore that fails closed with nobody behind it", () => {
    const clientConfig = { service: { namespace: "p", name: "hook" } };
    const webhooks = [
      { name: "closed.example.io", failurePolicy: "Fail", clientConfig },
      { name: "open.example.io", failurePolicy: "Ignore", clientConfig },
      { name: "far.example.io", failurePolicy: "Fail", clientConfig: { url: "https://x.example" } },
    ];
    const resource = "mutatingwebhookconfigurations.admissionregistration.k8s.io";
    const brought = object(resource, {}, { namespace: "", desired: { metadata: {}, webhooks } });
    const messages = (given: TargetFacts) => {
      const examination = examineTarget(given);
      return examination.see(brought).map(({ message }) => message);
    };
    const services = (ready: boolean) => facts({ services: new Map([["p/hook", { ready }]]) });
    assert.match(
      messages(facts()).join(),
      /^webhook closed\.example\.io will fail closed and its Service p\/hook does not exist here: .* from then on/,
    );
    assert.match(messages(facts({ restores: () => true })).join(), /refused until one is ready/);
    assert.match(messages(services(false)).join(), /no ready endpoint/);
    assert.deepEqual(messages(services(true)), []);
  });

  it("blocks what a conversion webhook that is down would have to convert", () => {
    const conversions = new Map([["things.x", { storageVersion: "x/v2", service: "p/convert" }]]);
    const thing = (version: string) => object("things.x", {}, { version });
    assert.deepEqual(found(facts({ conversions }), thing("x/v1"), thing("x/v2")), [
      "blocks conversion-webhook-down",
      "warning conversion-webhook-down",
    ]);
  });

  it("finds namespaces that are being deleted, and names that no cluster takes", () => {
    const entry = (state: "terminating" | "absent") => ({ state, source: "a", labels: {} });
    const namespaces = new Map([
      ["shop", entry("terminating")],
      ["x".repeat(64), entry("absent")],
    ]);
    assert.deepEqual(found(facts({ namespaces })).toSorted(), [
      "blocks name-not-allowed",
      "warning namespace-terminating",
    ]);
  });
});
