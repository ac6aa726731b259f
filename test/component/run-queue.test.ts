/** Backups and Restores in one queue: what was decided counts before its resource shows it. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { backupKind } from "../../src/api/backup.ts";
import { createBackupController } from "../../src/controllers/backup/backup-controller.ts";
import type { ItemAction } from "../../src/ports/item-action.ts";
import { ApiStatus } from "../support/api-server/api-status.ts";
import type { ControllerWorld } from "../support/controller-world.ts";
import { createWorld, from, hasPhase, phaseOf } from "./backups-world.ts";
import {
  createRestoreController,
  createRestoresWorld,
  restoreKind,
  untilPhase,
} from "./server-restores-world.ts";

/** Until it is let go, no write of this kind's objects arrives; answers how many wait. */
function holdWrites(world: ControllerWorld, plural: string) {
  let isHeld = true;
  let waiting = 0;
  world.server.faults = ({ method, path }) => {
    if (!isHeld || method !== "PATCH" || !path.includes(`/${plural}/`)) return undefined;
    waiting += 1;
    return { status: 503 };
  };
  const letGo = (): void => {
    isHeld = false;
  };
  return { letGo, waiting: () => waiting };
}

const begin = async (world: ControllerWorld) =>
  await world.start((context) => [
    createBackupController(context),
    createRestoreController(context),
  ]);

const restore = { spec: { backupName: "nightly", includedNamespaces: ["shop"] } };

describe("the queue of Backups and Restores", () => {
  it("begins no Restore beside a Backup that was picked, though the Backup does not show it yet", async () => {
    const world = await createRestoresWorld();
    await begin(world);
    const writes = holdWrites(world, "backups");
    await world.create(backupKind, "b1", {
      spec: { ...from("shop").spec, storageLocation: "main" },
    });
    await world.until("it is picked", () => writes.waiting() > 0);
    await world.create(restoreKind, "r1", restore);
    await world.clock.advance(5_000);
    const phase = (await world.demand(restoreKind, "r1")).status?.phase ?? "New";
    assert.equal(phase, "New");
    writes.letGo();
    await hasPhase(world, "b1", "Completed");
    await untilPhase(world, "r1", "Completed");
    await world.stop();
  });

  it("begins no Backup beside a Restore that was picked, and lets it go on when that gives up its place", async () => {
    let isHeld = true;
    let refused = 0;
    const world = await createRestoresWorld({
      api: {
        admission: ({ kind, object }) => {
          const { status } = object as unknown as { readonly status?: { readonly phase?: string } };
          if (isHeld && kind.resource === "restores" && status?.phase === "InProgress") {
            refused += 1;
            throw new ApiStatus(503, "ServiceUnavailable", "not now");
          }
          return object;
        },
      },
    });
    await begin(world);
    await world.create(restoreKind, "r1", restore);
    await world.until("it is picked", () => refused > 0);
    await world.create(backupKind, "b1", {
      spec: { ...from("shop").spec, storageLocation: "main" },
    });
    await world.clock.advance(5_000);
    assert.notEqual(await phaseOf(world, "b1"), "InProgress");
    await world.remove(restoreKind, "r1");
    isHeld = false;
    await hasPhase(world, "b1", "Completed");
    await world.stop();
  });

  it("gives the place of a Backup that only waits to the next, of the same namespace too", async () => {
    let isCopied = false;
    const copy: ItemAction = {
      name: "example.io/copy",
      appliesTo: { includedResources: ["configmaps"] },
      execute: ({ object }, { name }) => ({
        additionalItems: [],
        ...(name === "b1" && { operationId: object.name }),
      }),
      operations: {
        progress: async () => ({
          ...{ completed: isCopied, error: "", unitsCompleted: 0, unitsTotal: 0 },
          ...{ units: "", description: "" },
        }),
        cancel: async () => undefined,
      },
    };
    const opened = { backup: [copy], restore: [], deletion: [], block: [], served: [] };
    const open = async () => ({ ...opened, close: async () => undefined });
    const world = await createWorld({ settings: { concurrentBackups: 1 } });
    await world.start((context) => createBackupController({ ...context, actions: { open } }));
    await world.create(backupKind, "b1", from("shop"));
    await hasPhase(world, "b1", "WaitingForPluginOperations");
    await world.create(backupKind, "b2", from("shop"));
    await hasPhase(world, "b2", "Completed");
    assert.equal(await phaseOf(world, "b1"), "WaitingForPluginOperations");
    isCopied = true;
    await hasPhase(world, "b1", "Completed");
    await world.stop();
  });
});
