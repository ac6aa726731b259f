import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { backupKeys } from "../../src/format/keys.ts";
import {
  addBackup,
  createRestoreController,
  createRestoresWorld,
  ended,
  keysOf,
  restored,
  restoreKind,
  slowDown,
  untilPhase,
} from "./server-restores-world.ts";

describe("Two leaders of Restores that overlap", () => {
  for (const delayMs of [0, 20, 700]) {
    it(`both believing to lead, all the time, end each once and whole (creates of ${delayMs} ms)`, async () => {
      const former = await createRestoresWorld({ objects: 90 });
      const names = ["r0", "r1", "r2"];
      for (const name of names) await addBackup(former, `b-${name}`, { objects: 90 });
      if (delayMs > 0) slowDown(former, delayMs);
      await former.start(createRestoreController);
      const next = await former.nextTerm();
      await next.start(createRestoreController);
      for (const name of names) {
        await next.create(restoreKind, name, { spec: { backupName: `b-${name}` } });
      }
      for (const name of names) {
        const { status } = await untilPhase(next, name, ...ended);
        assert.equal(status?.phase, "Completed", JSON.stringify(status));
        assert.deepEqual(status.progress, { totalItems: 90, itemsRestored: 90 });
      }
      await next.clock.advance(300_000);
      for (const name of names) {
        const { status } = await next.demand(restoreKind, name);
        assert.equal(status?.phase, "Completed", JSON.stringify(status));
        assert.ok(
          former
            .store("main")
            .keys()
            .includes(backupKeys(`b-${name}`).seal),
        );
        const records = keysOf(next, name).filter((key) => key.startsWith("metadata/"));
        assert.deepEqual(records, []);
      }
      assert.equal((await restored(next)).length, 90);
      former.loseTerm();
      await former.stop().catch(() => undefined);
      await next.stop();
    });
  }
});
