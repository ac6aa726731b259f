import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { NativeVolumeStep } from "../../../../src/format/native-volume-step.ts";
import { ArkError } from "../../../../src/lib/errors.ts";
import { makeVolume } from "../../../../src/volumes/native/make-volume.ts";
import { createMemoryDisks, type MemoryDisks } from "../../../support/memory-disks.ts";

const never = new AbortController().signal;

function making({ snapshotter }: MemoryDisks, isDoubtful = false) {
  const steps: NativeVolumeStep[] = [];
  const source = { location: "disks", snapshotId: "snap", volumeType: "fast", zone: "z", iops: 0 };
  return {
    steps,
    request: {
      step: { ...source, state: "begun" as const, volume: "pv", name: "pv", volumeId: "" },
      location: { name: "disks", snapshotter, rate: { take: async () => undefined } },
      idempotencyKey: "run/pv",
      isDoubtful,
      write: async (step: NativeVolumeStep) => void steps.push(step),
    },
  };
}

const states = (steps: readonly NativeVolumeStep[]) => steps.map(({ state }) => state);

describe("making a volume of a native snapshot", () => {
  it("is written down before and after the provider is asked", async () => {
    const { request, steps } = making(createMemoryDisks());
    const { volumeId } = await makeVolume(request, never, never);
    assert.equal(volumeId, "disk-1");
    assert.deepEqual(states(steps), ["begun", "made"]);
    assert.equal(steps[1]?.volumeId, "disk-1");
  });

  it("that is refused is written down as that, and told in the provider's words", async () => {
    const disks = createMemoryDisks();
    disks.faults.set("snap", ["refuse"]);
    const { request, steps } = making(disks);
    await assert.rejects(makeVolume(request, never, never), (thrown) => {
      assert.ok(thrown instanceof ArkError);
      assert.equal(thrown.code, "ARK_VOLUME_NOT_MADE");
      assert.match(thrown.message, /snapshot "snap" .*location "disks"\): snap is on fire/);
      return true;
    });
    assert.deepEqual(states(steps), ["begun", "failed"]);
  });

  it("stays in doubt where its answer is lost and nobody can look it up", async () => {
    const disks = createMemoryDisks();
    disks.faults.set("snap", ["lose"]);
    const { request, steps } = making(disks);
    await assert.rejects(makeVolume(request, never, never), { code: "ARK_VOLUME_OUTCOME_UNKNOWN" });
    assert.deepEqual(states(steps), ["begun"]);
    const again = making(disks, true);
    await assert.rejects(makeVolume(again.request, never, never), /it is not asked twice/);
    assert.deepEqual(disks.calls, ["createVolume snap"]);
  });

  it("is looked up before it is asked for again", async () => {
    const disks = createMemoryDisks({ find: true });
    disks.faults.set("snap", ["lose", "forget"]);
    const first = making(disks);
    assert.equal((await makeVolume(first.request, never, never)).volumeId, "disk-1");
    const again = making(disks, true);
    assert.equal((await makeVolume(again.request, never, never)).volumeId, "disk-1");
    assert.deepEqual(states(again.steps), ["made"]);
    assert.deepEqual(disks.calls, ["createVolume snap"]);
  });

  it("goes on to its end when the run is cancelled meanwhile", async () => {
    const disks = createMemoryDisks();
    const cancelled = new AbortController();
    const { request, steps } = making(disks);
    const write = async (step: NativeVolumeStep, signal: AbortSignal): Promise<void> => {
      if (step.state === "begun") cancelled.abort();
      else signal.throwIfAborted();
      steps.push(step);
    };
    await makeVolume({ ...request, write }, cancelled.signal, never);
    assert.deepEqual(states(steps), ["begun", "made"]);
  });
});
