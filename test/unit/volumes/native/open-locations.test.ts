import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { SnapshotLocations } from "../../../../src/ports/snapshot-locations.ts";
import { openLocations } from "../../../../src/volumes/native/open-locations.ts";
import { createVirtualClock } from "../../../support/virtual-clock.ts";

const never = new AbortController().signal;

/** Locations of which the first `failures` openings fail. */
function locationsOf(failures: number) {
  let openings = 0;
  let closed = 0;
  const locations = {
    async open(name: string, signal: AbortSignal) {
      openings += 1;
      signal.throwIfAborted();
      if (openings <= failures) throw new Error(`failure ${openings} of ${name}`);
      const close = async (): Promise<void> => {
        closed += 1;
      };
      return { close };
    },
  } as unknown as SnapshotLocations;
  const opened = openLocations(locations, createVirtualClock({ jump: true }));
  return { opened, openings: () => openings, closed: () => closed };
}

describe("openLocations()", () => {
  it("opens each location once for all volumes, and closes it", async () => {
    const { opened, openings, closed } = locationsOf(0);
    const all = await Promise.all([1, 2, 3].map(() => opened.get("a", never)));
    assert.equal(new Set(all).size, 1);
    await opened.close();
    assert.deepEqual([openings(), closed()], [1, 1]);
  });

  it("tries again for a later volume what failed for a moment", async () => {
    const { opened, openings } = locationsOf(2);
    await assert.rejects(opened.get("a", never), /failure 1/);
    await assert.rejects(opened.get("a", never), /failure 2/);
    await opened.get("a", never);
    assert.equal(openings(), 3);
  });

  it("gives a location up after three failures, for all volumes of the run", async () => {
    const { opened, openings, closed } = locationsOf(100);
    for (let volume = 1; volume <= 20; volume++) {
      await assert.rejects(opened.get("a", never), new RegExp(`failure ${Math.min(volume, 3)} `));
    }
    await opened.close();
    assert.deepEqual([openings(), closed()], [3, 0]);
  });

  it("counts no failure that a cancel has made", async () => {
    const { opened, openings } = locationsOf(0);
    const stopped = AbortSignal.abort(new Error("stopped"));
    for (let volume = 1; volume <= 5; volume++) {
      await assert.rejects(opened.get("a", stopped), /stopped/);
    }
    await opened.get("a", never);
    assert.equal(openings(), 6);
  });
});
