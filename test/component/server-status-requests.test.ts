import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { serverStatusRequestKind } from "../../src/api/server-status-request.ts";
import type { ControllerContext } from "../../src/controllers/controller-context.ts";
import { createServerStatusRequestController } from "../../src/controllers/server-status-request/server-status-request-controller.ts";
import { createControllerWorld } from "../support/controller-world.ts";

const plugins = [{ name: "velero.io/aws", kind: "ObjectStore" }];
const controller = (context: ControllerContext) =>
  createServerStatusRequestController(context, plugins);

describe("ServerStatusRequests", () => {
  it("are answered with version and plugins, and removed a minute later", async () => {
    const world = await createControllerWorld();
    await world.start(controller);
    await world.create(serverStatusRequestKind, "one");
    const { status } = await world.until("one is answered", async () => {
      const found = await world.get(serverStatusRequestKind, "one");
      return found?.status?.phase === "Processed" && found;
    });
    assert.deepEqual(status, {
      phase: "Processed",
      processedTimestamp: "2026-01-01T00:00:00Z",
      serverVersion: "0.0.0-test",
      plugins,
    });
    await world.clock.advance(59_000);
    await world.demand(serverStatusRequestKind, "one");
    await world.clock.advance(2_000);
    assert.equal(await world.get(serverStatusRequestKind, "one"), undefined);
    await world.stop();
  });

  it("of earlier terms are removed too", async () => {
    const world = await createControllerWorld();
    await world.create(serverStatusRequestKind, "left", {
      status: { phase: "Processed", processedTimestamp: "2025-12-31T23:50:00Z" },
    });
    await world.start(controller);
    await world.until("it is gone", async () => {
      return (await world.get(serverStatusRequestKind, "left")) === undefined;
    });
    await world.stop();
  });

  it("are not answered by who no longer leads", async () => {
    const world = await createControllerWorld();
    await world.start(controller);
    world.loseTerm();
    await world.create(serverStatusRequestKind, "late");
    await world.clock.advance(5_000);
    const { status } = await world.demand(serverStatusRequestKind, "late");
    assert.equal(status, undefined);
    const next = await world.nextTerm();
    await next.start(controller);
    await next.until("the next leader answers", async () => {
      const found = await next.get(serverStatusRequestKind, "late");
      return found?.status?.phase === "Processed";
    });
    await next.stop();
    await world.stop();
  });
});
