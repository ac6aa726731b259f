import assert from "node:assert/strict";
import { connectCluster } from "../../src/adapters/kube/connect-cluster.ts";
import { createApiServer } from "../support/api-server/api-server.ts";
import { plainAccess } from "../support/plain-access.ts";
import { withSnapshotController } from "../support/snapshots/controller.ts";
import {
  csiClaim,
  snapshotClass,
  snapshotDefinitions,
} from "../support/snapshots/snapshot-kinds.ts";
import { createSnapshotStorage, testDriver } from "../support/snapshots/storage.ts";
import { createVirtualClock } from "../support/virtual-clock.ts";
import { describeSnapshotters } from "./snapshot-controller.ts";

/** Rounds of controllers that work whenever they are looked at. */
const rounds = 100;

describeSnapshotters("the double", async () => {
  const clock = createVirtualClock({ jump: true });
  const storage = createSnapshotStorage(clock);
  const server = createApiServer({ clock });
  const namespace = "shop";
  for (const definition of snapshotDefinitions) server.seed(definition as never);
  for (const name of [namespace, "default"]) {
    const status = { phase: "Active" };
    server.seed({ apiVersion: "v1", kind: "Namespace", metadata: { name }, status });
  }
  const plain = connectCluster(plainAccess(server.dispatcher()), clock);
  let classes = 0;
  return {
    cluster: withSnapshotController(plain, storage),
    namespace,
    driver: testDriver,
    async makeClaim(name) {
      for (const object of csiClaim(namespace, name)) server.seed(object as never);
    },
    async makeClass(deletionPolicy, parameters = {}) {
      classes += 1;
      server.seed(snapshotClass(`class-${classes}`, parameters, deletionPolicy));
      return `class-${classes}`;
    },
    hasStored: async (handle) => storage.kept.has(handle),
    async until(what, isSo) {
      for (let round = 0; round < rounds; round += 1) if (await isSo()) return;
      assert.fail(`not within ${rounds} rounds: ${what}`);
    },
    close: () => plain.close(),
  };
});
