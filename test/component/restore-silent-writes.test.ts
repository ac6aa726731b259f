/** Writes that an API server, which answers everything else, never answers. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { RestoreReport } from "../../src/restore/restore-request.ts";
import { ApiStatus } from "../support/api-server/api-status.ts";
import type { FaultCall } from "../support/api-server/faults.ts";
import { make, shop } from "./changed-world.ts";
import { createRestoreWorld, plain, type RestoreWorld } from "./restore-world.ts";

const conf = (at: number, value: string) =>
  plain("v1", "ConfigMap", `shop/c${String(at).padStart(3, "0")}`, { data: { mode: value } });

async function drifted(count: number): Promise<RestoreWorld> {
  const world = createRestoreWorld({
    admission({ operation, object }) {
      // What is not answered is not done either.
      const { name } = object["metadata"] as unknown as { name: string };
      if (operation === "update" && name === "c001") throw new ApiStatus(422, "Invalid", "unseen");
      return object;
    },
  });
  const all = Array.from({ length: count }, (_, at) => at);
  await world.backUp([shop, ...all.map((at) => conf(at, "blue"))]);
  await make(world, shop);
  for (const at of all) await make(world, conf(at, "green"));
  return world;
}

/** As a handler that panics: the connection is closed. */
function panicOver(world: RestoreWorld, isMet: (call: FaultCall) => boolean): void {
  world.server.faults = (call) => (isMet(call) ? { dropAnswer: true } : undefined);
}

const update = (world: RestoreWorld): Promise<RestoreReport> =>
  world.restore({ existingResourcePolicy: "update" }, { limits: { writers: 1 } });

describe("a write that is never answered", () => {
  it("is a failure of its object where the server answers others, and the rest is restored", async () => {
    const world = await drifted(3);
    panicOver(world, ({ method, path }) => method === "PATCH" && path.endsWith("/c001"));
    const report = await update(world);
    assert.deepEqual([report.updated, report.failed], [2, 1]);
    const [found] = report.findings;
    assert.deepEqual([found?.code, found?.name], ["ARK_API_FAILED", "c001"]);
    assert.match(found?.message ?? "", /answers other requests/);
    assert.equal(report.restore.status.phase, "PartiallyFailed");
  });

  it("ends the run where the server does not answer a look at the object either", async () => {
    const world = await drifted(3);
    let isDown = false;
    panicOver(world, ({ method, path }) => {
      isDown ||= method === "PATCH" && path.endsWith("/c001");
      return isDown;
    });
    await assert.rejects(update(world), { code: "ARK_API_UNREACHABLE" });
  });

  it("ends the run where no write is answered any more", async () => {
    const world = await drifted(60);
    panicOver(world, ({ method }) => method === "PATCH");
    await assert.rejects(update(world), { code: "ARK_API_UNREACHABLE" });
  });
});
