/** Webhooks that a restore brings: none of the restore is judged by them. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ApiStatus } from "../support/api-server/api-status.ts";
import { createRestoreWorld, namespaceNamed, plain, type RestoreWorld } from "./restore-world.ts";

const configuration = (service: string, failurePolicy = "Fail") =>
  plain("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "guard", {
    webhooks: [
      {
        name: "guard.example.io",
        failurePolicy,
        clientConfig: { service: { namespace: "shop", name: service } },
        rules: [
          { apiGroups: [""], apiVersions: ["v1"], operations: ["*"], resources: ["configmaps"] },
        ],
      },
    ],
  });
const map = (name: string, metadata: object = {}) =>
  plain("v1", "ConfigMap", `shop/${name}`, { metadata, data: {} });
const service = (name: string) => plain("v1", "Service", `shop/${name}`, { spec: { ports: [] } });
const slice = (name: string, ready: boolean) =>
  plain("discovery.k8s.io/v1", "EndpointSlice", `shop/${name}-1`, {
    metadata: { labels: { "kubernetes.io/service-name": name } },
    addressType: "IPv4",
    endpoints: [{ addresses: ["192.0.2.1"], conditions: { ready } }],
  });

/** Once the configuration is there, ConfigMaps are refused as by a webhook without a backend. */
function guardedWorld(): RestoreWorld {
  let isGuarded = false;
  let isFlaky = true;
  return createRestoreWorld({
    admission: ({ object }) => {
      const { kind, metadata } = object as unknown as {
        kind: string;
        metadata: { name: string };
      };
      if (kind === "ValidatingWebhookConfiguration") isGuarded = true;
      if (kind !== "ConfigMap") return object;
      if (isGuarded)
        throw new ApiStatus(500, "InternalError", "failed calling webhook: no endpoints");
      if (metadata.name === "flaky" && isFlaky) {
        isFlaky = false;
        throw new ApiStatus(403, "Forbidden", "something was not found");
      }
      return object;
    },
  });
}

describe("webhooks that a restore brings", () => {
  it("judge neither what comes in later passes nor what gets its owner at the end", async () => {
    const world = guardedWorld();
    const owner = {
      apiVersion: "v1",
      kind: "ConfigMap",
      name: "flaky",
      uid: "uid-ConfigMap-shop/flaky",
    };
    await world.backUp([
      namespaceNamed("shop"),
      map("flaky"),
      map("owned", { ownerReferences: [owner] }),
      configuration("guard"),
    ]);
    const report = await world.restore();
    assert.equal(report.failed, 0);
    assert.equal(report.ownersMapped, 1);
    assert.deepEqual(
      report.findings.map(({ code }) => code),
      ["ARK_WEBHOOK_UNANSWERED"],
    );
  });

  it("are named where they fail closed and nobody answers behind their Service", async () => {
    const sayings = async (...objects: readonly ReturnType<typeof plain>[]) => {
      const world = createRestoreWorld();
      await world.backUp([namespaceNamed("shop"), ...objects]);
      const { findings, failed } = await world.restore();
      assert.equal(failed, 0);
      return findings.map(({ severity, code, message }) => `${severity} ${code} ${message}`);
    };
    const [missing, ...others] = await sayings(configuration("guard"));
    assert.deepEqual(others, []);
    assert.match(
      missing ?? "",
      /^warning ARK_WEBHOOK_UNANSWERED webhook guard\.example\.io of ValidatingWebhookConfiguration "guard" fails closed and its Service shop\/guard does not exist: /,
    );
    const [unready] = await sayings(
      configuration("guard"),
      service("guard"),
      slice("guard", false),
    );
    assert.match(unready ?? "", /its Service shop\/guard has no ready endpoint/);
    const ready = [service("guard"), slice("guard", true)];
    assert.deepEqual(await sayings(configuration("guard"), ...ready), []);
    assert.deepEqual(await sayings(configuration("guard", "Ignore")), []);
  });
});
