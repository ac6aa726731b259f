import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { NativeSnapshotStep } from "../../../../src/format/native-snapshot-step.ts";
import { ArkError } from "../../../../src/lib/errors.ts";
import type { VolumeSnapshotter } from "../../../../src/ports/volume-snapshotter.ts";
import {
  findLocation,
  takeNativeSnapshot,
} from "../../../../src/volumes/native/take-native-snapshot.ts";

const never = new AbortController().signal;
const unknown = new ArkError("ARK_VOLUME_OUTCOME_UNKNOWN", "it is not known");

/** Knows what it made by its key. */
function snapshotter(options: { readonly find?: boolean; readonly fails?: ArkError[] } = {}) {
  const { find = false, fails = [] } = options;
  const made = new Map<string, string>();
  const calls: string[] = [];
  const double: VolumeSnapshotter = {
    capabilities: { find, status: false, concurrentCalls: 1 },
    display: "a double",
    claim: async (volume) => (volume["own"] === true ? { volumeId: "vol", zone: "z" } : undefined),
    describe: async () => ({ volumeType: "fast" }),
    async createSnapshot({ idempotencyKey }) {
      calls.push("create");
      const failure = fails.shift();
      if (failure !== undefined && failure !== unknown) throw failure;
      made.set(idempotencyKey, `snap-${made.size}`);
      if (failure !== undefined) throw failure;
      return { snapshotId: `snap-${made.size - 1}`, ready: "unknown" };
    },
    async findSnapshot(key) {
      calls.push("find");
      const snapshotId = made.get(key);
      return snapshotId === undefined ? undefined : { snapshotId, ready: true };
    },
    snapshotStatus: async () => undefined,
    createVolume: async () => "",
    rebind: async (volume) => volume,
    deleteSnapshot: async () => undefined,
    findVolume: async () => undefined,
    close: async () => undefined,
  };
  return { double, made, calls };
}

function taking(double: VolumeSnapshotter, isDoubtful = false) {
  const steps: NativeSnapshotStep[] = [];
  const text = { namespace: "shop", claim: "data", location: "l", snapshotId: "", zone: "z" };
  const rest = { volumeType: "", iops: 0, startedAt: "", completedAt: "", reclaimPolicy: "" };
  return {
    steps,
    request: {
      step: { ...text, ...rest, volume: "pv", volumeId: "vol", volumeLabels: {} },
      found: {
        location: { name: "l", snapshotter: double, rate: { take: async () => undefined } },
        claimed: { volumeId: "vol", zone: "z" },
      },
      tags: { "velero.io/pv": "pv" },
      idempotencyKey: "run/pv",
      isDoubtful,
      now: () => "2026-01-01T00:00:00Z",
      write: async (step: NativeSnapshotStep) => void steps.push(step),
    },
  };
}

const states = (steps: readonly NativeSnapshotStep[]) => steps.map(({ state }) => state);

describe("taking a native snapshot", () => {
  it("is written down before and after the provider is asked", async () => {
    const { double, calls } = snapshotter();
    const { request, steps } = taking(double);
    const step = await takeNativeSnapshot(request, never);
    assert.equal(step.snapshotId, "snap-0");
    assert.equal(step.volumeType, "fast");
    assert.deepEqual(states(steps), ["begun", "made"]);
    assert.deepEqual(calls, ["create"]);
  });

  it("that failed is written down as that, and can be tried again", async () => {
    const { double } = snapshotter({ fails: [new ArkError("ARK_PLUGIN_FAILED", "no")] });
    const { request, steps } = taking(double);
    await assert.rejects(takeNativeSnapshot(request, never), /no/);
    assert.deepEqual(states(steps), ["begun", "failed"]);
  });

  it("whose end is not known is looked up, and not made twice", async () => {
    const { double, calls } = snapshotter({ find: true, fails: [unknown] });
    const { request, steps } = taking(double);
    assert.equal((await takeNativeSnapshot(request, never)).snapshotId, "snap-0");
    assert.deepEqual(calls, ["create", "find"]);
    assert.deepEqual(states(steps), ["begun", "made"]);
  });

  it("that an earlier process began is looked up first, and made only where it was not", async () => {
    const { double, made, calls } = snapshotter({ find: true });
    made.set("run/pv", "snap-before");
    const { request } = taking(double, true);
    assert.equal((await takeNativeSnapshot(request, never)).snapshotId, "snap-before");
    made.clear();
    assert.equal((await takeNativeSnapshot(request, never)).snapshotId, "snap-0");
    assert.deepEqual(calls, ["find", "find", "create"]);
  });

  it("that an earlier process began is not asked for again where nobody can look it up", async () => {
    const { double, calls } = snapshotter();
    const { request } = taking(double, true);
    await assert.rejects(takeNativeSnapshot(request, never), (thrown) => {
      assert.ok(thrown instanceof ArkError);
      assert.equal(thrown.code, "ARK_VOLUME_OUTCOME_UNKNOWN");
      assert.match(thrown.advice ?? "", /velero\.io\/pv=pv/);
      return true;
    });
    assert.deepEqual(calls, []);
  });
});

describe("the location of a volume", () => {
  const rate = { take: async () => undefined };

  it("is the first whose snapshotter takes it, past those that cannot say", async () => {
    const { double } = snapshotter();
    const broken = { ...double, claim: async () => Promise.reject(new Error("down")) };
    const told: string[] = [];
    const found = await findLocation(
      { own: true },
      [
        { name: "broken", snapshotter: broken, rate },
        { name: "good", snapshotter: double, rate },
      ],
      (name, { message }) => told.push(`${name}: ${message}`),
      never,
    );
    assert.equal(found?.location.name, "good");
    assert.deepEqual(told, ["broken: down"]);
  });

  it("is none where nobody takes it", async () => {
    const { double } = snapshotter();
    const locations = [{ name: "good", snapshotter: double, rate }];
    assert.equal(await findLocation({}, locations, assert.fail, never), undefined);
  });
});
