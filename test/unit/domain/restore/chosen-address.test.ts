import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { chosenAddress, droppedAddress } from "../../../../src/domain/restore/chosen-address.ts";
import type { JsonObject } from "../../../../src/lib/json-text.ts";

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";
const owned = [{ manager: "helm", fieldsV1: { "f:spec": { "f:clusterIP": {} } } }];
const others = [{ manager: "helm", fieldsV1: { "f:spec": { "f:ports": {} } } }];
const service = (clusterIP: string, metadata: JsonObject = {}): JsonObject => ({
  metadata,
  spec: { clusterIP },
});
const applied = (text: string) => ({ annotations: { [lastApplied]: text } });

describe("chosenAddress()", () => {
  it("tells an address that somebody set from one that the API server took", () => {
    const address = "10.96.0.10";
    const cases: readonly (readonly [JsonObject, string | undefined])[] = [
      [service(address, { managedFields: owned }), address],
      [service(address, { managedFields: others }), undefined],
      [service(address), undefined],
      [service(address, applied(JSON.stringify(service(address)))), address],
      [service(address, applied('{"spec":{}}')), undefined],
      [service(address, applied("{")), undefined],
      [service("None", { managedFields: owned }), undefined],
      [service("", { managedFields: owned }), undefined],
    ];
    for (const [given, expected] of cases) assert.equal(chosenAddress(given), expected);
  });
});

describe("droppedAddress()", () => {
  it("is the chosen one, unless the Service to be made asks for an address or has none", () => {
    const backedUp = service("10.96.0.10", { managedFields: owned });
    assert.equal(droppedAddress(backedUp, { spec: {} }), "10.96.0.10");
    assert.equal(droppedAddress(backedUp, { spec: { clusterIP: "10.96.0.10" } }), undefined);
    assert.equal(droppedAddress(backedUp, { spec: { type: "ExternalName" } }), undefined);
  });
});
