import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decideRestore } from "../../../../src/domain/restore/decide.ts";
import { decideFieldOwnership } from "../../../../src/domain/restore/field-ownership.ts";
import { mayPassLater } from "../../../../src/domain/restore/retry.ts";
import { transformItem } from "../../../../src/domain/restore/transform.ts";
import { checkRestoreSpec } from "../../../../src/domain/restore/validate.ts";
import { decideVolumeFate } from "../../../../src/domain/restore/volume-fate.ts";
import type { JsonObject } from "../../../../src/lib/json-text.ts";

function decide(
  resource: string,
  desired: JsonObject,
  live: JsonObject | undefined,
  policy: "none" | "update" | "recreate" = "none",
) {
  const context = {
    resource,
    mapNamespace: (namespace: string) => namespace,
    preserveNodePorts: false,
    volumes: new Map(),
    restoredJobs: new Set<string>(),
  };
  return decideRestore({ resource, desired, live, policy, context });
}

const map = (data: object, metadata: object = {}) =>
  ({ kind: "ConfigMap", metadata: { name: "a", ...metadata }, data }) as unknown as JsonObject;

describe("decideRestore()", () => {
  it("creates what is not there", () => {
    assert.deepEqual(decide("configmaps", map({}), undefined), { action: "create" });
  });

  it("waits for an object that is being deleted", () => {
    const live = map({}, { deletionTimestamp: "2026-01-02T03:04:05Z" });
    assert.equal(decide("configmaps", map({}), live).action, "wait");
  });

  it("skips in silence what differs only in what servers own and restores mark", () => {
    const live = map(
      { k: "v" },
      {
        uid: "u",
        resourceVersion: "9",
        managedFields: [{ manager: "x" }],
        labels: { "velero.io/restore-name": "old", "velero.io/backup-name": "b" },
        ownerReferences: [{ uid: "o" }],
      },
    );
    const decision = decide("configmaps", map({ k: "v" }), { ...live, status: { a: 1 } });
    assert.deepEqual({ ...decision, reason: "" }, { action: "skip", reason: "", differs: false });
  });

  it("leaves a different object with policy none, and says so", () => {
    const decision = decide("configmaps", map({ k: "v" }), map({ k: "w" }));
    assert.equal(decision.action === "skip" && decision.differs, true);
  });

  it("patches a different object with policy update, from live to backup", () => {
    const decision = decide("configmaps", map({ k: "v" }), map({ k: "w", x: "y" }), "update");
    assert.deepEqual(decision.action === "patch" && decision.patch, {
      data: { k: "v", x: null },
    });
  });

  const revision = "deployment.kubernetes.io/revision";
  const deployment = (annotations: object | undefined, spec: object) =>
    ({
      metadata: { name: "web", ...(annotations && { annotations }) },
      spec,
    }) as never as JsonObject;

  it("takes for equal what differs in notes of controllers and written defaults alone", () => {
    const wanted = deployment({ [revision]: "1" }, { paused: true });
    const notes = { [revision]: "3", [`${revision}-history`]: "1" };
    const live = deployment(notes, { paused: true, replicas: 1 });
    for (const policy of ["none", "update", "recreate"] as const) {
      const decision = decide("deployments.apps", wanted, live, policy);
      assert.equal(decision.action === "skip" && !decision.differs, true, policy);
    }
  });

  it("leaves notes of controllers out of a patch for another reason, and carries kubectl's copy", () => {
    const applied = "kubectl.kubernetes.io/last-applied-configuration";
    const live = deployment({ [revision]: "3", [applied]: "new", more: "x" }, { paused: false });
    const patchTo = (annotations: object | undefined) => {
      const wanted = deployment(annotations, { paused: true });
      const decision = decide("deployments.apps", wanted, live, "update");
      return decision.action === "patch" && decision.patch;
    };
    assert.deepEqual(patchTo({ [revision]: "1", [applied]: "old" }), {
      metadata: { annotations: { [applied]: "old", more: null } },
      spec: { paused: true },
    });
    assert.deepEqual(patchTo(undefined), {
      metadata: { annotations: { [applied]: null, more: null } },
      spec: { paused: true },
    });
  });

  it("carries defaults in a patch for another reason: fields beside them may need it", () => {
    const rolling = {
      type: "RollingUpdate",
      rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" },
    };
    const decision = decide(
      "deployments.apps",
      deployment(undefined, { strategy: { type: "Recreate" } }),
      deployment(undefined, { strategy: rolling }),
      "update",
    );
    assert.deepEqual(decision.action === "patch" && decision.patch, {
      spec: { strategy: { rollingUpdate: null, type: "Recreate" } },
    });
  });

  it("puts a service account back by update and recreate, and keeps what was added since", () => {
    const account = (rest: object, metadata: object) =>
      ({ metadata: { name: "sa", ...metadata }, ...rest }) as unknown as JsonObject;
    const backedUp = account(
      { automountServiceAccountToken: false },
      { annotations: { role: "a" } },
    );
    const live = account(
      { imagePullSecrets: [{ name: "live" }] },
      { annotations: { role: "b", own: "x" } },
    );
    for (const policy of ["update", "recreate"] as const) {
      const decision = decide("serviceaccounts", backedUp, live, policy);
      assert.deepEqual(decision.action === "patch" && [decision.patch, decision.left], [
        { automountServiceAccountToken: false, metadata: { annotations: { role: "a" } } },
        undefined,
      ]);
    }
    const none = decide("serviceaccounts", backedUp, live, "none");
    assert.deepEqual(none.action === "skip" && [none.differs, none.fields], [
      true,
      ["metadata.annotations.role", "automountServiceAccountToken"],
    ]);
    const more = account({ ...backedUp, secrets: [{ name: "s" }] }, { annotations: { role: "a" } });
    const both = decide("serviceaccounts", more, live, "none");
    assert.deepEqual(both.action === "patch" && [both.patch, both.left], [
      { secrets: [{ name: "s" }] },
      ["metadata.annotations.role", "automountServiceAccountToken"],
    ]);
  });

  it("merges service accounts with policy none: adds, never removes or replaces", () => {
    const account = (rest: object, metadata: object) =>
      ({ metadata: { name: "sa", ...metadata }, ...rest }) as unknown as JsonObject;
    const decision = decide(
      "serviceaccounts",
      account({ imagePullSecrets: [{ name: "pull" }] }, { labels: { a: "1", b: "2" } }),
      account({ secrets: [{ name: "live" }] }, { labels: { a: "live" } }),
    );
    assert.deepEqual(decision.action === "patch" && decision.patch, {
      imagePullSecrets: [{ name: "pull" }],
      metadata: { labels: { b: "2" } },
    });
    const same = decide(
      "serviceaccounts",
      account({}, {}),
      account({ secrets: [{ name: "x" }] }, {}),
    );
    assert.equal(same.action, "skip");
  });

  it("compares a claim that is provisioned anew without the name of its volume", () => {
    const claim = (spec: object) => ({ metadata: { name: "c" }, spec }) as unknown as JsonObject;
    const live = claim({ volumeName: "pv-new", storageClassName: "s" });
    const decision = decide("persistentvolumeclaims", claim({ storageClassName: "s" }), live);
    assert.equal(decision.action === "skip" && decision.differs, false);
  });

  it("gives a released volume back to the claim of the same name", () => {
    const volume = (claim: object, status: object) =>
      ({ metadata: { name: "pv" }, spec: { claimRef: claim }, status }) as unknown as JsonObject;
    const claim = { namespace: "shop", name: "data" };
    const live = volume({ ...claim, uid: "old" }, { phase: "Released" });
    const decision = decide("persistentvolumes", volume(claim, {}), live);
    assert.deepEqual(decision.action === "patch" && decision.patch, {
      spec: { claimRef: { uid: null, resourceVersion: null } },
    });
    const other = volume({ namespace: "web", name: "data" }, {});
    assert.notEqual(decide("persistentvolumes", other, live).action, "patch");
  });

  it("never takes a volume from the claim that has it, and updates the rest", () => {
    const volume = (claimRef: object, rest: object = {}) =>
      ({
        metadata: { name: "pv" },
        spec: { claimRef, ...rest },
        status: { phase: "Bound" },
      }) as unknown as JsonObject;
    const live = volume({ namespace: "shop", name: "data", uid: "u" }, { mountOptions: ["a"] });
    const moved = volume({ namespace: "copy", name: "data" }, { mountOptions: ["a"] });
    assert.deepEqual(decide("persistentvolumes", moved, live, "update"), {
      action: "skip",
      reason: "it belongs to another claim, which keeps it",
      differs: true,
      fields: ["spec.claimRef.namespace"],
    });
    const changed = volume({ namespace: "shop", name: "other" }, { mountOptions: ["b"] });
    assert.deepEqual(decide("persistentvolumes", changed, live, "update"), {
      action: "patch",
      reason: "it is there and differs",
      patch: { spec: { mountOptions: ["b"] } },
      left: ["spec.claimRef.name"],
    });
    const unclaimed = { ...live, spec: { mountOptions: ["a"] } };
    assert.equal(decide("persistentvolumes", unclaimed, live, "update").action, "skip");
    const given = decide("persistentvolumes", moved, unclaimed, "update");
    assert.deepEqual(given.action === "patch" && given.patch, {
      spec: { claimRef: { namespace: "copy", name: "data" } },
    });
  });

  it("leaves what the cluster keeps itself, under every policy", () => {
    const live = map({ "ca.crt": "new" }, { name: "kube-root-ca.crt", namespace: "n" });
    const decision = decide("configmaps", map({ "ca.crt": "old" }), live, "update");
    assert.equal(decision.action === "skip" && decision.differs, false);
  });
});

describe("decideFieldOwnership()", () => {
  const entry = (manager: string, rest: object = {}) => ({
    manager,
    operation: "Update",
    apiVersion: "v1",
    ...rest,
  });
  const owned = (...managedFields: object[]) =>
    ({ apiVersion: "v1", metadata: { managedFields } }) as unknown as JsonObject;

  it("gives a single owner with the create", () => {
    const ownership = decideFieldOwnership(
      owned(entry("kubectl"), entry("kcm", { subresource: "status" })),
    );
    assert.deepEqual(ownership, { fieldManager: "kubectl", managedFields: undefined });
  });

  it("needs a second write for an applier, for several owners, and for another version", () => {
    const cases = [
      owned(entry("kubectl", { operation: "Apply" })),
      owned(entry("kubectl"), entry("helm")),
      owned(entry("kubectl", { apiVersion: "v1beta1" })),
    ];
    for (const object of cases) {
      const { managedFields } = (object as never as { metadata: { managedFields: object[] } })
        .metadata;
      assert.deepEqual(decideFieldOwnership(object).managedFields, managedFields);
    }
  });

  it("claims the fields for ark-ts where nobody is known", () => {
    assert.equal(decideFieldOwnership(owned()).fieldManager, "ark-ts");
  });
});

describe("decideVolumeFate()", () => {
  const volume = (policy: string) =>
    ({
      spec: {
        persistentVolumeReclaimPolicy: policy,
        claimRef: { namespace: "shop", name: "data" },
      },
    }) as JsonObject;
  it("restores a retained volume, provisions anew what would be deleted or has data elsewhere", () => {
    assert.deepEqual(decideVolumeFate(volume("Retain"), "none"), {
      fate: "restore",
      claim: "shop/data",
    });
    assert.equal(decideVolumeFate(volume("Delete"), "none").fate, "provision");
    assert.equal(decideVolumeFate(volume("Retain"), "CSISnapshot").lostData, "CSISnapshot");
  });
});

describe("transformItem()", () => {
  const status = (
    annotation: string | undefined,
    restoresStatus: boolean,
    resource = "widgets.x",
  ) => {
    const item = transformItem({
      backedUp: {
        metadata: {
          name: "w",
          annotations: annotation === undefined ? {} : { "velero.io/restore-status": annotation },
        },
        status: { ready: true },
      },
      context: {
        resource,
        mapNamespace: (name) => name,
        preserveNodePorts: false,
        volumes: new Map(),
        restoredJobs: new Set(),
      },
      targetNamespace: "",
      restoresStatus,
    });
    return item.kind === "object" ? item.status : "left out";
  };

  it("restores a status by spec or by the object's annotation, which wins", () => {
    assert.deepEqual(status(undefined, true), { ready: true });
    assert.equal(status(undefined, false), undefined);
    assert.deepEqual(status("true", false), { ready: true });
    assert.equal(status("false", true), undefined);
  });

  it("never restores the status of definitions and namespaces", () => {
    assert.equal(status("true", true, "customresourcedefinitions.apiextensions.k8s.io"), undefined);
    assert.equal(status("true", true, "namespaces"), undefined);
  });
});

describe("mayPassLater()", () => {
  const failure = (status: number | undefined, serverMessage = "", code = "ARK_API_FAILED") => ({
    code,
    status,
    serverMessage,
  });
  it("knows what may pass when something else has come to be", () => {
    assert.equal(mayPassLater(failure(500, "failed calling webhook")), true);
    assert.equal(mayPassLater(failure(404)), true);
    assert.equal(mayPassLater(failure(403, 'serviceaccount "x" not found')), true);
    assert.equal(mayPassLater(failure(403, "status unknown for quota: q")), true);
    assert.equal(mayPassLater(failure(undefined, "", "ARK_KIND_NOT_SERVED")), true);
    assert.equal(mayPassLater(failure(403, "exceeded quota")), false);
    assert.equal(mayPassLater(failure(422)), false);
    assert.equal(mayPassLater(failure(undefined)), false);
  });
});

describe("checkRestoreSpec()", () => {
  const cases: readonly [string, object, RegExp][] = [
    ["no source", {}, /a backup must be named/],
    ["two sources", { backupName: "b", scheduleName: "s" }, /cannot both/],
    ["a kind that is never restored", { backupName: "b", includedResources: ["nodes"] }, /never/],
    ["overlap", { backupName: "b", includedNamespaces: ["a"], excludedNamespaces: ["a"] }, /both/],
    ["a star beside others", { backupName: "b", includedResources: ["*", "pods"] }, /alone/],
    [
      "two styles of selector",
      { backupName: "b", labelSelector: {}, orLabelSelectors: [{}] },
      /together/,
    ],
    ["an unknown policy", { backupName: "b", existingResourcePolicy: "replace" }, /none or update/],
    [
      "the annotation for a policy that the field has no word for",
      { backupName: "b", existingResourcePolicy: "recreate" },
      /not "recreate"; .*annotation ark-ts\.dev\/existing-resource-policy: recreate, .*--existing-resource-policy recreate/,
    ],
    ["a bad target name", { backupName: "b", namespaceMapping: { a: "B_" } }, /not the name/],
  ];
  for (const [what, spec, sentence] of cases) {
    it(`names ${what}`, () => assert.match(checkRestoreSpec(spec).join("; "), sentence));
  }
  it("has nothing against a plain one", () => {
    assert.deepEqual(checkRestoreSpec({ backupName: "b", includedNamespaces: ["shop-*"] }), []);
  });
});
