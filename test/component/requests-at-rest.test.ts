/** What a leader asks of the API server when nothing is to be done, its Lease left aside. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { backupStorageLocationKind } from "../../src/api/backup-storage-location.ts";
import { scheduleKind } from "../../src/api/schedule.ts";
import { createResourceCopiesController } from "../../src/controllers/resource-copies/create-resource-copies-controller.ts";
import { controllersOf } from "../../src/server/controllers-of.ts";
import { createTallyKeeper } from "../../src/server/metrics/keep-tally.ts";
import { addBackup, createRestoresWorld } from "./server-restores-world.ts";

const minuteMs = 60_000;
const minutes = 30;

it("a leader with 50 backups and one location asks for less than 30 things a minute", async (context) => {
  const startMs = Date.parse("2026-01-01T00:00:00Z");
  const world = await createRestoresWorld({ startMs });
  for (let at = 1; at < 50; at += 1) await addBackup(world, `backup-${at}`);
  const spec = { schedule: "0 3 1 1 *", template: {}, paused: true };
  for (let at = 0; at < 10; at += 1) await world.create(scheduleKind, `schedule-${at}`, { spec });
  await world.start((parts) => [
    createResourceCopiesController(parts, { onProblem: () => undefined }),
    createTallyKeeper(parts).runnable,
    ...controllersOf(parts, [], { ownUrls: undefined, plugins: [] }),
  ]);
  await world.until(
    "the location is looked at",
    async () => (await world.get(backupStorageLocationKind, "main"))?.status?.phase === "Available",
  );
  await world.clock.advance(5 * minuteMs);
  const asked = new Map<string, number>();
  world.server.faults = ({ method, path, query }) => {
    const what = `${query.has("watch") ? "WATCH" : method} ${path}`;
    asked.set(what, (asked.get(what) ?? 0) + 1);
    return undefined;
  };
  for (let minute = 0; minute < minutes; minute += 1) await world.clock.advance(minuteMs);
  const all = [...asked].sort(([, a], [, b]) => b - a);
  const perMinute = all.reduce((sum, [, count]) => sum + count, 0) / minutes;
  for (const [what, count] of all) context.diagnostic(`${(count / minutes).toFixed(2)} ${what}`);
  context.diagnostic(`figures: ${perMinute.toFixed(1)} requests a minute`);
  assert.ok(perMinute > 1 && perMinute < 30, `${perMinute} a minute`);
  const writes = all.filter(([what]) => !/^(?:GET|WATCH) /.test(what));
  const writesPerMinute = writes.reduce((sum, [, count]) => sum + count, 0) / minutes;
  assert.ok(writesPerMinute < 5, JSON.stringify(writes));
  await world.stop();
});
