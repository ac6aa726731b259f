import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { armId, armRefusal, armSubscription } from "../../support/arm-double.ts";
import { rejectsWithCode } from "../../support/store-testing.ts";
import { how, requestFor, volumeOf, withAzure } from "./azure-disks-world.ts";

const aSnapshot = /\/snapshots\//;
const aDisk = /\/disks\//;
const puts = { method: "PUT", path: aSnapshot } as const;

describe("the volume snapshotter for Azure", () => {
  it("looks at what Azure works on as often as Azure says", () =>
    withAzure(async ({ double, snapshotter, slept }) => {
      double.operations.looks = 3;
      const disk = double.makeDisk();
      const { snapshotId, ready } = await snapshotter.createSnapshot(requestFor(disk), how);
      assert.match(snapshotId, new RegExp(`^${armId("snapshots", "backup-")}[0-9a-f-]{36}$`, "u"));
      assert.equal(ready, true);
      // Its own Retry-After is of two seconds, those of its operation of three.
      assert.deepEqual(slept, [2_000, 3_000, 3_000]);
    }));

  for (const [what, method] of [
    ["whose answer is lost", "lost"],
    ["that Azure never saw", "dropped"],
  ] as const) {
    it(`makes one snapshot where it asks for one ${what}`, () =>
      withAzure(async ({ double, snapshotter }) => {
        const disk = double.makeDisk();
        double.fault = ({ method: verb }) =>
          verb === "PUT" && double.count("PUT", aSnapshot) === 1 ? method : undefined;
        const { snapshotId } = await snapshotter.createSnapshot(requestFor(disk), how);
        assert.equal(double.count("PUT", aSnapshot), method === "lost" ? 1 : 2);
        const made = double.copiesOf(disk, "snapshots");
        assert.deepEqual(
          made.map(({ id }) => id),
          [snapshotId],
        );
      }));
  }

  it("does not know what was made where Azure is out of reach after it was asked", () =>
    withAzure(async ({ double, snapshotter }) => {
      const disk = double.makeDisk();
      double.fault = ({ method }) => {
        if (method === "PUT") return "lost";
        return double.count("PUT", aSnapshot) > 0 ? "dropped" : undefined;
      };
      const asking = snapshotter.createSnapshot(requestFor(disk), how);
      const error = await rejectsWithCode(asking, "ARK_VOLUME_OUTCOME_UNKNOWN");
      assert.match(error.message, /whether a snapshot of disk ".*pvc-1" was made/);
      double.fault = () => undefined;
      const found = await snapshotter.findSnapshot("run/pv-1", how);
      assert.equal(found?.snapshotId, double.copiesOf(disk, "snapshots")[0]?.id);
    }));

  it("does not know what was made where it may not look at what Azure has taken", () =>
    withAzure(async ({ double, snapshotter }) => {
      const disk = double.makeDisk();
      double.fault = ({ method }) =>
        method === "GET" && double.count("PUT", aSnapshot) > 0
          ? armRefusal(403, "AuthorizationFailed")
          : undefined;
      const asking = snapshotter.createSnapshot(requestFor(disk), how);
      const error = await rejectsWithCode(asking, "ARK_VOLUME_OUTCOME_UNKNOWN");
      assert.match(error.answer ?? "", /403 AuthorizationFailed/);
    }));

  it("looks at the snapshot where it may not read the operation", () =>
    withAzure(async ({ double, snapshotter }) => {
      const disk = double.makeDisk();
      double.fault = ({ path }) =>
        /DiskOperations/.test(path) ? armRefusal(403, "AuthorizationFailed") : undefined;
      const { ready } = await snapshotter.createSnapshot(requestFor(disk), how);
      assert.equal(ready, true);
    }));

  it("goes on with what a process that ended had asked for, and asks for no second", () =>
    withAzure(async ({ double, snapshotter, again }) => {
      const disk = double.makeDisk();
      const ending = new AbortController();
      const gone = new Error("the process ended");
      double.fault = ({ path }) => {
        if (/DiskOperations/.test(path)) ending.abort(gone);
        return undefined;
      };
      const asking = snapshotter.createSnapshot(requestFor(disk), { signal: ending.signal });
      await assert.rejects(asking, gone);
      double.fault = () => undefined;
      const next = await again();
      const found = await next.findSnapshot("run/pv-1", how);
      const made = await next.createSnapshot(requestFor(disk), how);
      assert.deepEqual(made, { snapshotId: found?.snapshotId, ready: true });
      assert.equal(double.count("PUT", aSnapshot), 1);
      assert.equal(double.copiesOf(disk, "snapshots").length, 1);
    }));

  it("never writes over what has its name already", () =>
    withAzure(async ({ double, snapshotter }) => {
      const disk = double.makeDisk();
      const { snapshotId } = await snapshotter.createSnapshot(requestFor(disk), how);
      const taken = double.resources.get(snapshotId.toLowerCase())!;
      const before = double.count("PUT", aSnapshot);
      for (const tags of [{}, { "ark-ts.dev-idempotency-key": "of another" }]) {
        taken.tags = { ...tags };
        const asking = snapshotter.createSnapshot(requestFor(disk), how);
        const error = await rejectsWithCode(asking, "ARK_PROVIDER_FAILED");
        assert.match(error.message, /is there already, and ark-ts did not make it/);
        assert.equal(await snapshotter.findSnapshot("run/pv-1", how), undefined);
        assert.deepEqual(taken.tags, tags);
      }
      assert.equal(double.count("PUT", aSnapshot), before);
    }));

  it("refuses what its key has made of another disk", () =>
    withAzure(async ({ double, snapshotter }) => {
      const [one, two] = [double.makeDisk(), double.makeDisk({ name: "other" })];
      await snapshotter.createSnapshot(requestFor(one), how);
      const asking = snapshotter.createSnapshot(requestFor(two), how);
      await rejectsWithCode(asking, "ARK_PROVIDER_FAILED");
    }));
});

describe("what Azure refuses", () => {
  it("for its rate is asked again when Azure says, and makes one snapshot", () =>
    withAzure(async ({ double, snapshotter, slept }) => {
      const disk = double.makeDisk();
      const slowDown = { ...armRefusal(429, "TooManyRequests"), headers: { "retry-after": "17" } };
      double.fault = ({ method }) =>
        method === "PUT" && double.count("PUT", aSnapshot) < 3 ? slowDown : undefined;
      await snapshotter.createSnapshot(requestFor(disk), how);
      assert.deepEqual(slept.slice(0, 2), [17_000, 17_000]);
      assert.equal(double.copiesOf(disk, "snapshots").length, 1);
    }));

  it("for its rate again and again is an error that says so", () =>
    withAzure(async ({ double, snapshotter }) => {
      const disk = double.makeDisk();
      double.fault = ({ method }) =>
        method === "PUT" ? armRefusal(429, "TooManyRequests") : undefined;
      const asking = snapshotter.createSnapshot(requestFor(disk), how);
      const error = await rejectsWithCode(asking, "ARK_PROVIDER_FAILED");
      assert.match(error.advice ?? "", /fewer snapshots at once/);
      assert.equal(double.count(puts.method, puts.path), 8);
    }));

  it("would be refused next: nothing is asked for a while where no calls are left", () =>
    withAzure(async ({ double, snapshotter, slept }) => {
      const disk = double.makeDisk();
      const left = (count: string) => ({
        status: 200,
        headers: { "x-ms-ratelimit-remaining-resource": `Microsoft.Compute/Get3Min;${count}` },
        body: double.resources.get(disk.toLowerCase()),
      });
      double.fault = () => left("0,Microsoft.Compute/Get30Min;7");
      await snapshotter.describe({ volumeId: disk, zone: "" }, how);
      double.fault = () => left("10,Microsoft.Compute/Get30Min;70");
      await snapshotter.describe({ volumeId: disk, zone: "" }, how);
      await snapshotter.describe({ volumeId: disk, zone: "" }, how);
      assert.equal(slept.length, 1);
      assert.ok(slept[0]! > 9_000 && slept[0]! <= 10_000, `${slept[0]}`);
    }));

  it("for a right that is missing is told with that right, at once", () =>
    withAzure(async ({ double, snapshotter }) => {
      const disk = double.makeDisk();
      double.fault = ({ method }) =>
        method === "PUT" ? armRefusal(403, "AuthorizationFailed", "no right") : undefined;
      const asking = snapshotter.createSnapshot(requestFor(disk), how);
      const error = await rejectsWithCode(asking, "ARK_PROVIDER_DENIED");
      assert.match(error.advice ?? "", /Microsoft\.Compute\/snapshots\/write/);
      assert.match(error.answer ?? "", /^403 AuthorizationFailed: no right/);
      assert.equal(double.count("PUT", aSnapshot), 1);
    }));

  it("are credentials that are wrong: nothing was made", () =>
    withAzure(
      async ({ double, snapshotter }) => {
        const asking = snapshotter.createSnapshot(requestFor(double.makeDisk()), how);
        const error = await rejectsWithCode(asking, "ARK_PROVIDER_DENIED");
        assert.match(error.answer ?? "", /AADSTS7000215/);
      },
      {},
      { AZURE_CLIENT_SECRET: "wrong" },
    ));
});

describe("an operation that fails at Azure", () => {
  const failure = { status: 400, code: "InternalDiskError", message: "The copy came to nothing." };
  for (const tracking of ["operation", "location", "none"] as const) {
    it(`is an error, and what is left of it is removed (followed by ${tracking})`, () =>
      withAzure(async ({ double, snapshotter }) => {
        const disk = double.makeDisk();
        double.operations = { tracking, looks: 2, failure };
        const asking = snapshotter.createSnapshot(requestFor(disk), how);
        const error = await rejectsWithCode(asking, "ARK_PROVIDER_FAILED");
        const words = tracking === "none" ? /provisioningState is Failed/ : /InternalDiskError/;
        assert.match(error.answer ?? "", words);
        assert.deepEqual(double.copiesOf(disk, "snapshots"), []);
        double.operations = { tracking, looks: 2 };
        const { ready } = await snapshotter.createSnapshot(requestFor(disk), how);
        assert.equal(ready, true);
      }));
  }

  it("and leaves something behind is told with what is left", () =>
    withAzure(async ({ double, snapshotter, told }) => {
      const disk = double.makeDisk();
      double.operations.failure = failure;
      double.fault = ({ method }) =>
        method === "DELETE" ? armRefusal(409, "ScopeLocked") : undefined;
      const asking = snapshotter.createSnapshot(requestFor(disk), how);
      const error = await rejectsWithCode(asking, "ARK_PROVIDER_FAILED");
      assert.match(error.advice ?? "", /remove .*\/snapshots\/backup-/);
      assert.ok(told.some(({ level }) => level === "warn"));
    }));
});

describe("an operation that takes longer than the location's apiTimeout", () => {
  it("is not waited for: the snapshot is told as not ready, and how far it is", () =>
    withAzure(
      async ({ double, snapshotter, slept, told }) => {
        double.operations.looks = 1_000;
        const disk = double.makeDisk();
        const { snapshotId, ready } = await snapshotter.createSnapshot(requestFor(disk), how);
        assert.equal(ready, false);
        assert.ok(slept.reduce((sum, one) => sum + one, 0) <= 30_000);
        assert.match(told.at(-1)?.message ?? "", /still at work/);
        const snapshot = double.resources.get(snapshotId.toLowerCase())!;
        snapshot.properties.provisioningState = "Succeeded";
        snapshot.properties.completionPercent = 37;
        const status = await snapshotter.snapshotStatus(snapshotId, how);
        assert.deepEqual(status, { ready: false, progress: 0.37 });
        const early = snapshotter.createVolume(volumeOf(snapshotId), how);
        assert.match((await rejectsWithCode(early, "ARK_PROVIDER_FAILED")).message, /37%/);
        assert.equal(double.count("PUT", aDisk), 0);
      },
      { apiTimeout: "30s" },
    ));

  it("is an error where something is deleted", () =>
    withAzure(
      async ({ double, snapshotter }) => {
        const disk = double.makeDisk();
        const { snapshotId } = await snapshotter.createSnapshot(requestFor(disk), how);
        double.operations.looks = 1_000;
        const asking = snapshotter.deleteSnapshot(snapshotId, how);
        const error = await rejectsWithCode(asking, "ARK_PROVIDER_FAILED");
        assert.match(error.message, /still at it after 1m30s/);
      },
      { apiTimeout: "90s" },
    ));
});

describe("deleting a snapshot at Azure", () => {
  it("is done where it is gone, or its resource group is", () =>
    withAzure(async ({ double, snapshotter }) => {
      await snapshotter.deleteSnapshot(armId("snapshots", "none"), how);
      await snapshotter.deleteSnapshot(armId("snapshots", "none", "no-such-group"), how);
      assert.equal(double.count("DELETE", aSnapshot), 2);
    }));

  it("is repeated where its answer is lost", () =>
    withAzure(async ({ double, snapshotter }) => {
      const disk = double.makeDisk();
      const { snapshotId } = await snapshotter.createSnapshot(requestFor(disk), how);
      double.fault = ({ method }) =>
        method === "DELETE" && double.count("DELETE", aSnapshot) === 1 ? "lost" : undefined;
      await snapshotter.deleteSnapshot(snapshotId, how);
      assert.deepEqual(double.copiesOf(disk, "snapshots"), []);
    }));

  it("is done when it is gone, where its operation may not be read", () =>
    withAzure(async ({ double, snapshotter }) => {
      const disk = double.makeDisk();
      const { snapshotId } = await snapshotter.createSnapshot(requestFor(disk), how);
      double.operations.looks = 3;
      double.fault = ({ path }) =>
        /DiskOperations/.test(path) ? armRefusal(403, "AuthorizationFailed") : undefined;
      await snapshotter.deleteSnapshot(snapshotId, how);
      assert.deepEqual(double.copiesOf(disk, "snapshots"), []);
    }));

  it("is not done where the credentials do not have its subscription", () =>
    withAzure(async ({ snapshotter }) => {
      const id = armId("snapshots", "one").replace(armSubscription, "other");
      const error = await rejectsWithCode(
        snapshotter.deleteSnapshot(id, how),
        "ARK_PROVIDER_DENIED",
      );
      assert.match(error.answer ?? "", /SubscriptionNotFound/);
    }));

  it("is refused for what is no id of a snapshot", () =>
    withAzure(async ({ double, snapshotter }) => {
      for (const id of ["snap-1", armId("disks", "one"), `${armId("snapshots", "..")}`]) {
        await rejectsWithCode(snapshotter.deleteSnapshot(id, how), "ARK_PROVIDER_FAILED");
      }
      assert.equal(double.asked.length, 0);
    }));
});
