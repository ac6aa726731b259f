import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { RestoreDecision } from "../../../../src/domain/restore/decide.ts";
import type { JsonObject } from "../../../../src/lib/json-text.ts";
import { isOwnCreation } from "../../../../src/restore/record/own-creation.ts";

const differs: RestoreDecision = { action: "skip", reason: "it differs", differs: true };
const equal: RestoreDecision = { action: "skip", reason: "it is equal", differs: false };
const item = {
  kind: "object" as const,
  desired: { metadata: { name: "a" }, data: { key: "value" } },
  ownership: { fieldManager: "helm", managedFields: undefined },
  status: undefined,
  owners: [],
  ownersManager: "",
  changedBy: [],
  problems: [],
};
const live = (manager: string, data: JsonObject, name = "a"): JsonObject => ({
  metadata: { name, uid: "u", managedFields: [{ manager }] },
  data,
});

describe("isOwnCreation()", () => {
  const sent = { key: "value" };
  for (const [what, object, decision, expected] of [
    ["holds all that was sent, by the manager it was sent for", live("helm", sent), differs, true],
    ["has got more since", live("helm", { ...sent, more: "x" }), differs, true],
    ["has another value", live("helm", { key: "other" }), differs, false],
    ["is equal by the rules of the kind", live("helm", {}), equal, true],
    ["was written by others only", live("kubectl", sent), equal, false],
    ["has no recorded managers", { metadata: { name: "a" }, ...{ data: sent } }, equal, true],
  ] as const) {
    it(`is ${expected} for an object that ${what}`, () => {
      assert.equal(isOwnCreation("configmaps", object, item, decision), expected);
    });
  }

  it("knows the managers that are put back by a second write", () => {
    const ownership = { fieldManager: "ark-ts", managedFields: [{ manager: "kubectl" }] };
    assert.ok(isOwnCreation("configmaps", live("kubectl", sent), { ...item, ownership }, equal));
  });

  it("leaves to controllers what they make in every namespace", () => {
    const made = live("helm", sent, "default");
    assert.equal(isOwnCreation("serviceaccounts", made, item, equal), false);
    assert.equal(isOwnCreation("configmaps", made, item, equal), true);
  });
});
