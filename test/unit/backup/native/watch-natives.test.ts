import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { watchNatives } from "../../../../src/backup/native/watch-natives.ts";
import type { NativeSnapshotStep } from "../../../../src/format/native-snapshot-step.ts";
import type {
  SnapshotStatus,
  VolumeSnapshotter,
} from "../../../../src/ports/volume-snapshotter.ts";
import { createMemoryDisks } from "../../../support/memory-disks.ts";
import { createVirtualClock } from "../../../support/virtual-clock.ts";

const never = new AbortController().signal;
const minuteMs = 60_000;

function step(volume: string): NativeSnapshotStep {
  return {
    ...{ state: "made", ready: false, volume, snapshotId: `snap-${volume}`, location: "disks" },
    ...{ namespace: "shop", claim: "data", volumeId: volume, volumeType: "", zone: "", iops: 0 },
    ...{ startedAt: "2026-01-01T00:00:00Z", completedAt: "2026-01-01T00:00:00Z" },
    ...{ reclaimPolicy: "", volumeLabels: {} },
  };
}

type Status = (id: string) => Promise<SnapshotStatus | undefined>;

function watched(snapshotStatus: Status, limitMs = 10 * minuteMs) {
  const clock = createVirtualClock({ jump: true });
  const snapshotter: VolumeSnapshotter = { ...createMemoryDisks().snapshotter, snapshotStatus };
  const counts = { taken: 0, waits: [] as string[] };
  const rate = {
    async take() {
      counts.taken += 1;
    },
  };
  const watch = {
    open: async (name: string) => ({ name, snapshotter, rate }),
    clock,
    limitMs,
    onWait: (waitingFor: string) => void counts.waits.push(waitingFor),
  };
  return { clock, counts, watch };
}

describe("watching native snapshots", () => {
  it("asks nobody about none", async () => {
    const { watch, counts } = watched(() => assert.fail("nothing is asked"));
    assert.equal((await watchNatives([], watch, never)).size, 0);
    assert.deepEqual(counts, { taken: 0, waits: [] });
  });

  it("asks by the rate of the location, and pauses longer each time, up to a minute", async () => {
    let looks = 0;
    const { watch, counts, clock } = watched(async () => {
      looks += 1;
      return { ready: looks === 14 };
    });
    const ends = await watchNatives([step("a"), step("b")], watch, never);
    assert.equal(ends.get("a")?.state, "unfinished");
    assert.equal(ends.get("b")?.state, "ready");
    assert.equal(counts.taken, looks);
    const [both = "", one = ""] = [counts.waits[0], counts.waits.at(-1)];
    assert.match(both, /^2 native snapshots to be finished at the provider: snap-a of volume a$/);
    assert.match(one, /^1 native snapshot /);
    const pauses = clock.slept.filter((ms) => ms !== minuteMs).slice(0, 4);
    assert.deepEqual(pauses, [5_000, 10_000, 20_000, 40_000]);
  });

  it("does not wait for a provider that hangs longer than a minute, three times", async () => {
    const { watch, counts, clock } = watched(() => new Promise(() => undefined));
    const ends = await watchNatives([step("a")], watch, never);
    const why = "it did not answer for 60 s";
    assert.deepEqual(ends.get("a"), { state: "unknown", why });
    assert.equal(counts.taken, 3);
    assert.equal(clock.monotonicMs(), 3 * minuteMs + 15_000);
  });

  it("ends with its signal, and tells nothing then", async () => {
    const stop = new AbortController();
    const { watch } = watched(async () => ({ ready: false }));
    const onWait = () => stop.abort(new Error("enough"));
    await assert.rejects(watchNatives([step("a")], { ...watch, onWait }, stop.signal), /enough/);
  });
});
