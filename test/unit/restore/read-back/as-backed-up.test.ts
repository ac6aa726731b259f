import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readRawObject } from "../../../../src/api/read-raw-object.ts";
import { finishItem } from "../../../../src/domain/restore/transform.ts";
import type { IndexLine } from "../../../../src/format/index-line.ts";
import { normalSha256 } from "../../../../src/format/normal-form.ts";
import type { JsonObject } from "../../../../src/lib/json-text.ts";
import { standsAsBackedUp } from "../../../../src/restore/read-back/as-backed-up.ts";
import { createRestoredObjects } from "../../../../src/restore/read-back/restored-objects.ts";

const rawOf = (object: object) => readRawObject(Buffer.from(JSON.stringify(object)));

function configMap(namespace: string, data: JsonObject, more: object = {}) {
  const metadata = { name: "a", namespace, uid: `uid-${namespace}`, ...more };
  return { kind: "ConfigMap", apiVersion: "v1", metadata, data };
}

const secret = (type: string) => ({
  ...configMap("shop", { token: "x" }),
  kind: "Secret",
  type,
});

/** As restore-item.ts has it: an object of the backup that goes into `namespace`. */
function written(backedUp: object, resource: string, namespace: string) {
  const object = backedUp as JsonObject;
  const context = {
    resource,
    mapNamespace: (name: string) => (name === "shop" ? namespace : name),
    preserveNodePorts: false,
    volumes: new Map(),
    restoredJobs: new Set<string>(),
  };
  const item = finishItem(object, {
    backedUp: object,
    context,
    targetNamespace: namespace,
    restoresStatus: false,
  });
  const line: IndexLine = {
    ...{ resource, version: "v1", kind: "ConfigMap", namespace: "shop", name: "a" },
    ...{ uid: "u", resourceVersion: "1", sha256: "", at: [0, 0, 0, 0] },
    normalSha256: normalSha256(rawOf(backedUp)),
  };
  const target = { version: "v1", kind: "ConfigMap", namespace, name: "a" };
  return { line, resource, target, item, context, backedUp: object, initContainers: [] };
}

describe("standsAsBackedUp()", () => {
  const backedUp = configMap("shop", { key: "value", namespace: "shop" });

  it("tells an answer that differs in what the server owns only", () => {
    const object = written(backedUp, "configmaps", "shop");
    assert.equal(standsAsBackedUp(object, rawOf(backedUp)), true);
    const answered = configMap("shop", backedUp.data, { uid: "other", resourceVersion: "7" });
    assert.equal(standsAsBackedUp(object, rawOf(answered)), true);
    assert.equal(standsAsBackedUp(object, rawOf(configMap("shop", { key: "else" }))), false);
  });

  it("sees through a mapped namespace, and through nothing else that changes with it", () => {
    const object = written(backedUp, "configmaps", "mall");
    assert.equal(standsAsBackedUp(object, rawOf(configMap("mall", backedUp.data))), true);
    const both = configMap("mall", { key: "value", namespace: "mall" });
    assert.equal(standsAsBackedUp(object, rawOf(both)), false);
    assert.equal(standsAsBackedUp(object, rawOf(backedUp)), false, "it stands elsewhere");
  });

  it("answers false where the object was to be anything else than what the backup has", () => {
    const object = written(backedUp, "configmaps", "shop");
    const raw = rawOf(backedUp);
    const { item } = object;
    assert.equal(standsAsBackedUp({ ...object, item: { ...item, changedBy: ["x"] } }, raw), false);
    assert.equal(standsAsBackedUp({ ...object, item: { ...item, awake: {} } }, raw), false);
    assert.equal(standsAsBackedUp({ ...object, initContainers: [{ name: "x" }] }, raw), false);
    const renamed = { ...object, target: { ...object.target, name: "b" } };
    assert.equal(standsAsBackedUp(renamed, raw), false);
    const plain = secret("Opaque");
    assert.equal(standsAsBackedUp(written(plain, "secrets", "shop"), rawOf(plain)), true);
    const token = secret("kubernetes.io/service-account-token");
    assert.equal(standsAsBackedUp(written(token, "secrets", "shop"), rawOf(token)), false);
  });
});

describe("createRestoredObjects()", () => {
  const backedUp = configMap("shop", { key: "value" });
  const object = written(backedUp, "configmaps", "shop");
  const key = "configmaps/shop/a";

  it("decodes nothing of an object that stood as the backup has it", () => {
    const restored = createRestoredObjects(true);
    restored.note(object, "created", normalSha256(rawOf(backedUp)));
    const live = rawOf(configMap("shop", backedUp.data, { resourceVersion: "9" }));
    const present = () => assert.fail("it was decoded");
    assert.equal(restored.meet(key, live, present), "same");
    assert.equal(restored.meet(key, live, present), "absent");
  });

  it("tells one of these that was changed", () => {
    const restored = createRestoredObjects(true);
    restored.note(object, "created", normalSha256(rawOf(backedUp)));
    const live = configMap("shop", { key: "changed" });
    const present = () => live as JsonObject;
    assert.equal(restored.meet(key, rawOf(live), present), "different");
  });

  it("compares by meaning where the bytes proved nothing", () => {
    const restored = createRestoredObjects(true);
    restored.note(object, "created");
    const { kind, apiVersion, data } = backedUp;
    const present = { data, metadata: { namespace: "shop", name: "a" }, apiVersion, kind };
    assert.equal(
      restored.meet(key, rawOf(backedUp), () => present),
      "same",
    );
  });
});
