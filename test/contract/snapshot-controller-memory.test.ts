import assert from "node:assert/strict";
import { connectCluster } from "../../src/adapters/kube/connect-cluster.ts";
import { createApiServer } from "../support/api-server/api-server.ts";
import { plainAccess } from "../support/plain-access.ts";
import { withSnapshotController } from "../support/snapshots/controller.ts";
import {
  csiClaim,
  groupClass,
  groupDefinitions,
  snapshotClass,
  snapshotDefinitions,
} from "../support/snapshots/snapshot-kinds.ts";
import { createSnapshotStorage, testDriver } from "../support/snapshots/storage.ts";
import { createVirtualClock } from "../support/virtual-clock.ts";
import { describeGroups } from "./group-snapshots.ts";
import { describeSnapshotters } from "./snapshot-controller.ts";

/** Rounds of controllers that work whenever they are looked at. */
const rounds = 100;

const open = async () => {
  const clock = createVirtualClock({ jump: true });
  const storage = createSnapshotStorage(clock);
  const server = createApiServer({ clock });
  const namespace = "shop";
  for (const definition of [...snapshotDefinitions, ...groupDefinitions]) {
    server.seed(definition as never);
  }
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
    async makeClaim(name: string) {
      for (const object of csiClaim(namespace, name)) server.seed(object as never);
    },
    async makeMember(name: string, group: string) {
      for (const object of csiClaim(namespace, name, { group })) server.seed(object as never);
    },
    async makeGroupClass(parameters: Readonly<Record<string, string>> = {}) {
      classes += 1;
      server.seed(groupClass(`class-${classes}`, parameters));
      return `class-${classes}`;
    },
    async makeClass(
      deletionPolicy: "Delete" | "Retain",
      parameters: Readonly<Record<string, string>> = {},
    ) {
      classes += 1;
      server.seed(snapshotClass(`class-${classes}`, parameters, deletionPolicy));
      return `class-${classes}`;
    },
    hasStored: async (handle: string) => storage.kept.has(handle),
    async until(what: string, isSo: () => Promise<boolean>) {
      for (let round = 0; round < rounds; round += 1) if (await isSo()) return;
      assert.fail(`not within ${rounds} rounds: ${what}`);
    },
    close: () => plain.close(),
  };
};

describeSnapshotters("the double", open);
describeGroups("the double", open);
