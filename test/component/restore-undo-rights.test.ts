/** `restore undo` by a user who may do less than the one who restored. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { connectCluster } from "../../src/adapters/kube/connect-cluster.ts";
import { ArkError } from "../../src/lib/errors.ts";
import type { Cluster } from "../../src/ports/cluster.ts";
import { planUndo, undoRestore } from "../../src/restore/undo/undo-restore.ts";
import { plainAccess } from "../support/plain-access.ts";
import { idle, settings, shop } from "./changed-world.ts";
import { createRestoreWorld, namespaceNamed, plain, type RestoreWorld } from "./restore-world.ts";

const bank = namespaceNamed("bank");
const account = plain("v1", "ConfigMap", "bank/accounts", { data: { key: "1" } });
const inShop = plain("v1", "ConfigMap", "shop/fresh", { data: { key: "1" } });

/** Restored by an administrator; `user` may do all in namespace shop, and nothing else. */
async function restored(objects: Parameters<RestoreWorld["backUp"]>[0]) {
  let isAdmin = true;
  const world = createRestoreWorld({
    authorise: ({ namespace, resource, verb, name }) =>
      isAdmin ||
      namespace === "shop" ||
      resource === "selfsubjectaccessreviews" ||
      (resource === "namespaces" && verb === "get" && name === "shop"),
  });
  world.server.seed(namespaceNamed("kube-system") as never);
  await world.backUp(objects);
  const report = await world.restore({ existingResourcePolicy: "update" });
  assert.equal(report.failed, 0, JSON.stringify(report.findings));
  isAdmin = false;
  const user = connectCluster(plainAccess(world.server.dispatcher()), world.clock);
  return { world, user };
}

const portsOf = ({ store, clock }: RestoreWorld, cluster: Cluster) => ({
  ...{ cluster, store, clock },
  log: { write: () => {} },
});

describe("restore undo by a user with rights in one namespace only", () => {
  it("does what can be done there, and names what it may not touch", async () => {
    const { world, user } = await restored([shop, inShop, settings("blue"), bank, account]);
    const ports = portsOf(world, user);
    const { steps } = await planUndo({ restore: "r1" }, ports, idle);
    assert.deepEqual(
      steps.map(({ change, verdict }) => `${verdict.step} ${change.kind}/${change.name}`).sort(),
      [
        ...["delete ConfigMap/fresh", "delete ConfigMap/settings", "left ConfigMap/accounts"],
        ...["left Namespace/bank", "left Namespace/shop"],
      ],
    );
    const report = await undoRestore({ restore: "r1" }, ports, idle);
    assert.deepEqual(
      report.outcomes.map(({ outcome, kind, name }) => `${outcome} ${kind}/${name}`).sort(),
      [
        ...["deleted ConfigMap/fresh", "deleted ConfigMap/settings", "failed ConfigMap/accounts"],
        ...["failed Namespace/bank", "left Namespace/shop"],
      ],
    );
  });

  it("plans on where it may not list all that a namespace may hold", async () => {
    const { world, user } = await restored([shop, inShop]);
    world.server.faults = ({ path }) => (path.endsWith("/secrets") ? { status: 403 } : undefined);
    const { steps } = await planUndo({ restore: "r1" }, portsOf(world, user), idle);
    const place = steps.find(({ change }) => change.kind === "Namespace");
    assert.equal(place?.verdict.step, "left");
    assert.match(place?.verdict.reason ?? "", /^it could not be looked at: .*secrets/);
    assert.equal(steps.find(({ change }) => change.name === "fresh")?.verdict.step, "delete");
  });

  it("says how, where it cannot be told to be the same cluster", async () => {
    const { world, user } = await restored([shop, inShop]);
    const known = await user.identity({ signal: idle });
    const serverSha256 = "f".repeat(64);
    const identity = async () => ({ ...known, id: serverSha256, serverSha256 });
    const ports = portsOf(world, { ...user, identity });
    await assert.rejects(undoRestore({ restore: "r1" }, ports, idle), (thrown) => {
      assert.ok(thrown instanceof ArkError);
      assert.equal(thrown.code, "ARK_UNDO_IMPOSSIBLE");
      assert.match(
        thrown.advice ?? "",
        /--verb=get --resource=namespaces --resource-name=kube-system/,
      );
      return true;
    });
  });
});
