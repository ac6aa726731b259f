/** Pods of controllers that stand, and objects that have lost an owner: a second restore is no surprise. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { RestoreSpec } from "../../src/api/restore.ts";
import type { JsonObject } from "../../src/lib/json-text.ts";
import type { RestoreItemAction } from "../../src/ports/restore-item-action.ts";
import { previewRestore } from "../../src/restore/plan/preview-restore.ts";
import type { RestoreRequest } from "../../src/restore/restore-request.ts";
import { ApiStatus } from "../support/api-server/api-status.ts";
import { configMap, ownedBy, type Reference, referencesOf, uidOf } from "./owners-world.ts";
import {
  createRestoreWorld,
  namespaceNamed,
  type Plain,
  plain,
  type RestoreWorld,
} from "./restore-world.ts";

/** What a plan says of each object: `action reason`, and the fields that would be added. */
async function planOf(
  { cluster, store, clock }: RestoreWorld,
  spec: RestoreSpec = {},
  more: Partial<RestoreRequest> = {},
): Promise<ReadonlyMap<string, string>> {
  const said = new Map<string, string>();
  const request = {
    ...{ name: "p", isNameGiven: true, typed: true, owner: { host: "t", bootId: "b", pid: 1 } },
    spec: { backupName: "b1", ...spec },
    ...more,
  };
  const ports = { cluster, store, clock, log: { write: () => {} } };
  await previewRestore(
    request,
    ports,
    {
      dryRun: "none",
      engineVersion: "test",
      onLine: (_, { kind, name, action, reason, changes = [] }) => {
        const added = changes.map(({ path, after }) => ` ${path}=${String(after)}`).join("");
        said.set(`${kind} ${name}`, `${action} ${reason}${added}`);
      },
    },
    new AbortController().signal,
  );
  return said;
}

const renaming = (
  groupResource: string,
  name: string,
): NonNullable<RestoreRequest["modifiers"]> => ({
  ...{ kind: "text", where: "file m.yaml" },
  text: [
    "version: v1",
    "resourceModifierRules:",
    `- conditions: { groupResource: ${groupResource} }`,
    `  patches: [{ operation: replace, path: /metadata/name, value: ${name} }]`,
  ].join("\n"),
});

const controlled = (place: string, owner: Reference) =>
  plain("v1", "Pod", place, {
    metadata: { ownerReferences: [owner], labels: { app: "web" } },
    spec: { containers: [{ name: "c", image: "x" }] },
    status: { phase: "Running" },
  });
const replicaSet = (place: string) =>
  plain("apps/v1", "ReplicaSet", place, {
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: "web" } },
      template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "c" }] } },
    },
  });
const controller = { controller: true, blockOwnerDeletion: true };
const ofSet = (place: string) => ownedBy("apps/v1", "ReplicaSet", place, controller);

describe("runRestore() and pods of controllers", () => {
  it("finds the controller under the name that an item action gives it", async () => {
    const rename: RestoreItemAction = {
      name: "example.io/rename",
      appliesTo: { includedResources: ["replicasets.apps"] },
      isPure: true,
      execute: ({ item }) => ({
        item: { ...item, metadata: { ...(item["metadata"] as JsonObject), name: "web-2" } },
      }),
    };
    const world = createRestoreWorld({ actions: [rename] });
    world.server.seed(JSON.stringify(namespaceNamed("shop")));
    world.server.seed(JSON.stringify(replicaSet("shop/web-2")));
    await world.backUp([replicaSet("shop/web"), controlled("shop/web-1", ofSet("shop/web"))]);
    const report = await world.restore();
    assert.deepEqual(report.findings, []);
    assert.equal(await world.live("pods", "shop/web-1"), undefined);
    assert.equal(await world.live("replicasets.apps", "shop/web"), undefined);
  });

  it("makes no pod whose controller stands in the target, and another whose does not", async () => {
    const world = createRestoreWorld();
    world.server.seed(JSON.stringify(namespaceNamed("shop")));
    world.server.seed(JSON.stringify(replicaSet("shop/web")));
    await world.backUp([
      replicaSet("shop/web"),
      replicaSet("shop/gone"),
      controlled("shop/web-1", ofSet("shop/web")),
      controlled("shop/gone-1", ofSet("shop/gone")),
    ]);
    const foretold = await planOf(world);
    const report = await world.restore();
    assert.deepEqual(report.findings, []);
    assert.equal(await world.live("pods", "shop/web-1"), undefined);
    assert.ok(await world.live("pods", "shop/gone-1"));
    assert.equal(
      foretold.get("Pod web-1"),
      'skip its controller, ReplicaSet "web", is there and makes its own pods',
    );
    assert.equal(foretold.get("Pod gone-1"), "create it is not there");
  });

  it("makes none where the controller came back before the pod's later pass", async () => {
    let isFirst = true;
    const world = createRestoreWorld({
      admission: ({ object }) => {
        if (object["kind"] === "Pod" && isFirst) {
          isFirst = false;
          throw new ApiStatus(403, "Forbidden", "serviceaccount not found");
        }
        return object;
      },
    });
    await world.backUp([replicaSet("shop/web"), controlled("shop/web-1", ofSet("shop/web"))]);
    const report = await world.restore();
    assert.equal(report.failed, 0);
    assert.ok(await world.live("replicasets.apps", "shop/web"));
    assert.equal(await world.live("pods", "shop/web-1"), undefined);
  });

  it("looks for the controller under the name that a modifier gives it", async () => {
    const world = createRestoreWorld();
    world.server.seed(JSON.stringify(namespaceNamed("shop")));
    world.server.seed(JSON.stringify(replicaSet("shop/renamed")));
    await world.backUp([
      replicaSet("shop/web"),
      controlled("shop/web-1", ofSet("shop/web")),
      configMap("shop/of-set", [ofSet("shop/web")]),
    ]);
    const report = await world.restore({}, { modifiers: renaming("replicasets.apps", "renamed") });
    assert.deepEqual(report.findings, []);
    assert.equal(await world.live("pods", "shop/web-1"), undefined);
    assert.equal(await world.live("replicasets.apps", "shop/web"), undefined);
    const [owner] = referencesOf(await world.live("configmaps", "shop/of-set"));
    assert.deepEqual(
      [owner?.name, owner?.uid],
      ["renamed", await uidOf(world, "replicasets.apps", "shop/renamed")],
    );
  });
});

describe("runRestore() and objects that have lost their owner", () => {
  const backedUp = [
    configMap("shop/owner", []),
    configMap("shop/owned", [ownedBy("v1", "ConfigMap", "shop/owner")]),
  ];
  /** Restored once; then somebody takes the reference away. */
  const bereaved = async (): Promise<RestoreWorld> => {
    const world = createRestoreWorld();
    await world.backUp(backedUp);
    await world.restore();
    const owned = (await world.live("configmaps", "shop/owned"))!;
    const { ownerReferences: _, ...metadata } = owned.metadata as Plain["metadata"] & {
      ownerReferences: unknown;
    };
    world.server.seed(JSON.stringify({ ...owned, metadata }));
    return world;
  };

  for (const policy of ["update", "recreate"] as const) {
    it(`gives it back with policy ${policy}, says so in the plan, and then finds nothing to do`, async () => {
      const world = await bereaved();
      const isOurs = policy === "recreate";
      const spec: RestoreSpec = isOurs ? {} : { existingResourcePolicy: policy };
      const annotations = { "ark-ts.dev/existing-resource-policy": policy };
      const more = isOurs ? { annotations } : {};
      const foretold = await planOf(world, spec, more);
      assert.equal(
        foretold.get("ConfigMap owned"),
        "patch it has lost an owner metadata.ownerReferences=ConfigMap/owner",
      );
      const report = await world.restore(spec, { name: "r2", ...more });
      assert.deepEqual([report.updated, report.skipped, report.ownersMapped], [1, 1, 1]);
      assert.deepEqual(report.findings, []);
      const [owner] = referencesOf(await world.live("configmaps", "shop/owned"));
      assert.equal(owner?.uid, await uidOf(world, "configmaps", "shop/owner"));
      const third = await world.restore(spec, { name: "r3", ...more });
      assert.deepEqual([third.updated, third.skipped], [0, 2]);
    });
  }

  it("leaves it without one with policy none, and where the owner is another's", async () => {
    const world = await bereaved();
    const kept = await world.restore({}, { name: "r2" });
    assert.deepEqual([kept.updated, kept.skipped], [0, 2]);
    const alone = { existingResourcePolicy: "update" as const };
    await world.backUp([configMap("shop/owned", [ownedBy("v1", "ConfigMap", "shop/owner")])], "b2");
    const report = await world.restore({ ...alone, backupName: "b2" }, { name: "r3" });
    assert.deepEqual([report.updated, report.findings], [0, []]);
    assert.deepEqual(referencesOf(await world.live("configmaps", "shop/owned")), []);
  });

  it("gives back what is missing where another field is patched too", async () => {
    const world = await bereaved();
    const owned = (await world.live("configmaps", "shop/owned"))!;
    world.server.seed(JSON.stringify({ ...owned, data: { theirs: "1" } }));
    const report = await world.restore({ existingResourcePolicy: "update" }, { name: "r2" });
    assert.deepEqual([report.updated, report.findings], [1, []]);
    const now = await world.live("configmaps", "shop/owned");
    assert.equal(referencesOf(now).length, 1);
    assert.deepEqual(now?.["data"] ?? {}, {});
  });
});
