import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Backup, BackupStatus } from "../../../../src/api/backup.ts";
import { annotations, labels } from "../../../../src/api/labels.ts";
import { toIncomingTransfers } from "../../../../src/domain/sync/incoming-transfers.ts";
import { placeOfLocation } from "../../../../src/domain/sync/place-of-location.ts";
import { type KnownBackup, planSync } from "../../../../src/domain/sync/plan-sync.ts";
import { syncDueInMs } from "../../../../src/domain/sync/sync-due.ts";
import { toIncoming } from "../../../../src/domain/sync/toward-cluster.ts";
import { isResourceName } from "../../../../src/format/keys.ts";

const now = new Date("2026-06-01T00:00:00Z");
const context = {
  namespace: "ark-ts",
  location: "default",
  now,
  scheduleUid: (name: string) => (name === "nightly" ? "uid-nightly" : undefined),
};

function sealed(status: BackupStatus, metadata: object = {}, spec: object = {}): Backup {
  return {
    apiVersion: "velero.io/v1",
    kind: "Backup",
    metadata: { name: "b1", namespace: "velero", uid: "far", ...metadata },
    spec,
    status,
  };
}

const taken = (backup: Backup): Backup => {
  const incoming = toIncoming(backup, context);
  assert.equal(incoming.action, "create");
  return (incoming as { backup: Backup }).backup;
};

describe("toIncoming()", () => {
  it("takes finished backups in the phase they have", () => {
    for (const phase of ["Completed", "PartiallyFailed", "Failed"] as const) {
      assert.equal(taken(sealed({ phase })).status.phase, phase);
    }
  });

  it("waits for one that is not finished, and takes it in as PartiallyFailed once it has expired", () => {
    const phases = ["WaitingForPluginOperations", "FinalizingPartiallyFailed"] as const;
    for (const phase of phases) {
      const [soon, past] = ["2026-06-01T00:00:01Z", "2026-06-01T00:00:00Z"];
      assert.deepEqual(toIncoming(sealed({ phase, expiration: soon }), context), {
        action: "wait",
        until: new Date(soon),
      });
      assert.deepEqual(toIncoming(sealed({ phase }), context), { action: "wait" });
      assert.equal(taken(sealed({ phase, expiration: past })).status.phase, "PartiallyFailed");
    }
  });

  it("takes in nothing that a controller could take for work to be done", () => {
    for (const phase of ["New", "ReadyToStart", "InProgress"] as const) {
      assert.equal(toIncoming(sealed({ phase }), context).action, "wait");
    }
    assert.equal(toIncoming(sealed({}), context).action, "refuse");
    const odd = { phase: "Complete" } as unknown as BackupStatus;
    assert.equal(toIncoming(sealed(odd), context).action, "refuse");
  });

  it("leaves out hooks, finalizers, uid and namespace of the other cluster", () => {
    const metadata = {
      finalizers: ["example.com/never"],
      deletionTimestamp: "2026-01-01T00:00:00Z",
      annotations: { note: "a" },
      labels: { team: "x", [labels.gcFailure]: "BSLReadOnly", [labels.storageLocation]: "far" },
    };
    const spec = { storageLocation: "far", hooks: { resources: [{ name: "h" }] }, ttl: "1h0m0s" };
    assert.deepEqual(taken(sealed({ phase: "Completed" }, metadata, spec)), {
      apiVersion: "velero.io/v1",
      kind: "Backup",
      metadata: {
        name: "b1",
        namespace: "ark-ts",
        labels: { team: "x", [labels.storageLocation]: "default" },
        annotations: { note: "a", "ark-ts.dev/taken-in": "true" },
      },
      spec: { storageLocation: "default", ttl: "1h0m0s" },
      status: { phase: "Completed" },
    });
  });

  it("shortens the label of a location with a long name as Velero does", () => {
    const location = "l".repeat(80);
    const incoming = toIncoming(sealed({ phase: "Failed" }), { ...context, location });
    const backup = (incoming as { backup: Backup }).backup;
    assert.equal(backup.spec.storageLocation, location);
    assert.match(backup.metadata.labels?.[labels.storageLocation] ?? "", /^l{57}[0-9a-f]{6}$/);
  });

  it("keeps the owner that is here, and no other (regression 29)", () => {
    const owner = (kind: string, name: string, uid: string) => ({
      apiVersion: "velero.io/v1",
      kind,
      name,
      uid,
      blockOwnerDeletion: true,
    });
    const ownerReferences = [
      owner("Schedule", "nightly", "uid-nightly"),
      owner("Schedule", "nightly", "made-anew"),
      owner("Schedule", "gone", "uid-gone"),
      owner("ConfigMap", "nightly", "uid-nightly"),
      null,
      "nonsense",
    ];
    const { metadata } = taken(sealed({ phase: "Completed" }, { ownerReferences }));
    assert.deepEqual(metadata.ownerReferences, [
      { apiVersion: "velero.io/v1", kind: "Schedule", name: "nightly", uid: "uid-nightly" },
    ]);
    const odd = sealed({ phase: "Completed" }, { ownerReferences: { length: 3 } });
    assert.equal(taken(odd).metadata.ownerReferences, undefined);
  });
});

describe("planSync()", () => {
  const side = { location: "default", place: "aws:a" };
  const known = (
    name: string,
    phase: BackupStatus["phase"],
    more: Partial<{ at: string; in: string; going: boolean }> = {},
  ) => {
    const location = more.in ?? "default";
    const backup = sealed(
      { ...(phase !== undefined && { phase }) },
      {
        name,
        labels: { [labels.storageLocation]: location },
        ...(more.at !== undefined && { annotations: { [annotations.storedAt]: more.at } }),
        ...(more.going === true && { deletionTimestamp: "2026-01-01T00:00:00Z" }),
      },
      { storageLocation: location },
    );
    return [name, backup] as const;
  };
  const plan = (listed: string[], backups: (readonly [string, Backup])[]) => {
    const { unknown, taken, ...more } = planSync(new Set(listed), new Map(backups), side);
    const names = Object.entries(more).map(([key, list]) => [
      key,
      list.map(({ metadata }: KnownBackup) => metadata.name),
    ]);
    return { unknown, taken, ...Object.fromEntries(names) };
  };
  const none = { unknown: [], taken: [], unmarked: [], unfinished: [], gone: [], elsewhere: [] };

  it("takes in what only the bucket has, and never a name that another location has here (regression 29)", () => {
    const backups = [
      known("a", "Completed", { at: "aws:a" }),
      known("b", "Completed", { in: "other" }),
    ];
    assert.deepEqual(plan(["a", "b", "c"], backups), {
      ...none,
      unknown: ["c"],
      taken: [{ name: "b", location: "other" }],
    });
  });

  it("forgets a finished Backup only when its files were seen in this place before (regression 28)", () => {
    const backups = [
      known("completed", "Completed", { at: "aws:a" }),
      known("partially", "PartiallyFailed", { at: "aws:a" }),
      known("failed", "Failed", { at: "aws:a" }),
      known("running", "InProgress", { at: "aws:a" }),
      known("deleting", "Deleting", { at: "aws:a" }),
      known("never-seen", "Completed"),
      known("of-another", "Completed", { at: "aws:a", in: "other" }),
      known("before", "Completed", { at: "aws:before" }),
      known("going", "Completed", { at: "aws:a", going: true }),
    ];
    assert.deepEqual(plan([], backups), {
      ...none,
      gone: ["completed", "partially"],
      elsewhere: ["before"],
    });
  });

  it("looks again after what was taken in without its end", () => {
    const [, backup] = known("late", "PartiallyFailed", { at: "aws:a" });
    const late = {
      ...backup,
      metadata: {
        ...backup.metadata,
        annotations: { ...backup.metadata.annotations, [annotations.takenIn]: "true" },
      },
    };
    const unfinished = { ...none, unfinished: ["late"] };
    assert.deepEqual(plan(["late"], [["late", late]]), unfinished);
    const status = { ...late.status, completionTimestamp: "2026-01-01T00:00:00Z" };
    assert.deepEqual(plan(["late"], [["late", { ...late, status }]]), none);
    assert.deepEqual(plan(["late"], [["late", backup]]), none, "its own run's end is written here");
  });

  it("marks what is seen for the first time", () => {
    const backups = [known("new", "Completed"), known("running", "InProgress")];
    assert.deepEqual(plan(["new", "running"], backups), { ...none, unmarked: ["new"] });
  });
});

describe("syncDueInMs()", () => {
  const due = (
    backupSyncPeriod: string | undefined,
    lastSyncedTime?: string,
    phase = "Available",
  ) =>
    syncDueInMs(
      {
        spec: {
          provider: "aws",
          objectStorage: { bucket: "a" },
          ...(backupSyncPeriod !== undefined && { backupSyncPeriod }),
        },
        status: { phase, ...(lastSyncedTime !== undefined && { lastSyncedTime }) } as never,
      },
      60_000,
      now,
    );

  it("is the location's own period since the last time, else the server's", () => {
    assert.equal(due(undefined), 0);
    assert.equal(due(undefined, "2026-05-31T23:59:50Z"), 50_000);
    assert.equal(due("30s", "2026-05-31T23:59:50Z"), 20_000);
    assert.equal(due("30s", "2026-05-31T23:00:00Z"), 0);
    assert.equal(due("-30s", "2026-05-31T23:59:50Z"), 50_000);
    assert.equal(due("1ns", "2026-05-31T23:59:59.5Z"), 500);
    assert.equal(due("30s", "2027-01-01T00:00:00Z"), 0);
  });

  it("is never where the period is 0 or the location cannot be used", () => {
    assert.equal(due("0s"), undefined);
    assert.equal(due(undefined, undefined, "Unavailable"), undefined);
    assert.equal(due(undefined, undefined, ""), undefined);
  });
});

describe("placeOfLocation()", () => {
  const place = (
    bucket: string,
    prefix?: string,
    config?: Record<string, string>,
    provider = "aws",
  ) =>
    placeOfLocation({
      provider,
      objectStorage: { bucket, ...(prefix !== undefined && { prefix }) },
      ...(config !== undefined && { config }),
    });

  it("changes with the bucket, the folder and the endpoint, and with nothing else", () => {
    assert.equal(place("b"), "aws:b");
    assert.equal(place("b", "/x//y/"), "aws:b/x/y");
    assert.equal(
      place("b", "x/y", { region: "a", s3ForcePathStyle: "true" }, "velero.io/aws"),
      "aws:b/x/y",
    );
    assert.equal(
      place("b", "", { s3Url: "https://me:secret@minio:9000/" }),
      "aws:b at https://minio:9000",
    );
  });
});

describe("toIncomingTransfers()", () => {
  const backup = { name: "b1", uid: "here" };
  const from = { namespace: "ark-ts", location: "default", backup, isName: isResourceName };
  const entry = (name: string, phase: string, more: object = {}) => ({
    metadata: {
      name,
      namespace: "velero",
      uid: "u",
      finalizers: ["velero.io/pod-volume-finalizer"],
      ...more,
    },
    spec: { volume: "data", backupStorageLocation: "far" },
    status: { phase },
  });

  it("brings them to this namespace and location, owned by the Backup", () => {
    const labelled = { labels: { [labels.backupUid]: "far", a: "b" } };
    const { transfers, left } = toIncomingTransfers([entry("p1", "Completed", labelled)], from);
    assert.equal(left, 0);
    assert.deepEqual(transfers, [
      {
        apiVersion: "velero.io/v1",
        kind: "PodVolumeBackup",
        metadata: {
          name: "p1",
          namespace: "ark-ts",
          labels: { [labels.backupUid]: "here", a: "b" },
          annotations: {},
          ownerReferences: [
            {
              apiVersion: "velero.io/v1",
              kind: "Backup",
              name: "b1",
              uid: "here",
              controller: true,
            },
          ],
        },
        spec: { volume: "data", backupStorageLocation: "default" },
        status: { phase: "Completed" },
      },
    ]);
  });

  it("leaves what is none, and what a node agent could take for work", () => {
    const odd = [
      entry("p1", "New"),
      entry("", "Completed"),
      entry("A/b", "Completed"),
      {},
      { metadata: [] },
    ];
    assert.deepEqual(toIncomingTransfers(odd, from), { transfers: [], left: 5 });
  });
});
