import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { BackupStorageLocation } from "../../../../src/api/backup-storage-location.ts";
import type { DeleteBackupRequest } from "../../../../src/api/delete-backup-request.ts";
import { labels } from "../../../../src/api/labels.ts";
import { decideExpiry, goodOnesOf } from "../../../../src/domain/retention/decide-expiry.ts";
import { traceGraceMs, whyTraceStays } from "../../../../src/domain/retention/judge-trace.ts";
import type { KnownBackup } from "../../../../src/domain/sync/plan-sync.ts";

const now = new Date("2026-06-01T00:00:00Z");
const backup = (status: object, metadata: object = {}): KnownBackup => ({
  apiVersion: "velero.io/v1",
  kind: "Backup",
  metadata: { name: "b1", ...metadata },
  spec: {},
  status,
});
const expired = { phase: "Completed", expiration: "2026-06-01T00:00:00Z" };
const main: BackupStorageLocation = {
  apiVersion: "velero.io/v1",
  kind: "BackupStorageLocation",
  metadata: { name: "main" },
  spec: { provider: "aws", objectStorage: { bucket: "b" } },
  status: { phase: "Available" },
};
const request = (phase: "New" | "InProgress" | "Processed", creationTimestamp: string) =>
  ({ metadata: { name: "r", creationTimestamp }, status: { phase } }) as DeleteBackupRequest;
const decide = (
  one: KnownBackup,
  location: BackupStorageLocation | undefined = main,
  requests: readonly DeleteBackupRequest[] = [],
) => decideExpiry(one, { now, location, requests: () => requests, retryAfterMs: 3_600_000 });

describe("decideExpiry()", () => {
  it("asks of what has expired and ended, and leaves all else", () => {
    assert.deepEqual(decide(backup(expired)), { action: "ask" });
    assert.deepEqual(decide(backup({ ...expired, phase: "Deleting" })), { action: "ask" });
    const left = [
      { ...expired, expiration: "2026-06-01T00:00:01Z" },
      { phase: "Completed" },
      { ...expired, expiration: "soon" },
      { ...expired, phase: "InProgress" },
      { ...expired, phase: "Finalizing" },
      { expiration: expired.expiration },
    ];
    for (const status of left) assert.deepEqual(decide(backup(status)), { action: "leave" });
    const going = { deletionTimestamp: "2026-06-01T00:00:00Z" };
    assert.deepEqual(decide(backup(expired, going)), { action: "leave" });
  });

  it("keeps it where its location is not there or read-only, and waits where it is unavailable", () => {
    const none = decideExpiry(backup(expired), {
      ...{ now, location: undefined, requests: () => [], retryAfterMs: 1 },
    });
    assert.deepEqual(none, { action: "keep", why: "BSLNotFound" });
    const readOnly = { ...main, spec: { ...main.spec, accessMode: "ReadOnly" as const } };
    assert.deepEqual(decide(backup(expired), readOnly), { action: "keep", why: "BSLReadOnly" });
    const away = { ...main, status: { phase: "Unavailable" as const } };
    assert.deepEqual(decide(backup(expired), away), { action: "wait" });
  });

  it("asks for no second deletion while one is pending, or has just failed", () => {
    const pending = [request("New", "2020-01-01T00:00:00Z")];
    assert.deepEqual(decide(backup(expired), main, pending), { action: "leave" });
    const failed = [request("Processed", "2026-05-31T23:30:00Z")];
    assert.deepEqual(decide(backup(expired), main, failed), { action: "leave" });
    const longAgo = [request("Processed", "2026-05-31T23:00:00Z")];
    assert.deepEqual(decide(backup(expired), main, longAgo), { action: "ask" });
  });
});

describe("goodOnesOf()", () => {
  it("are completed ones, newest first, then partially failed ones", () => {
    const of = (name: string, phase: string, day: number, schedule = "daily") =>
      backup(
        { phase, startTimestamp: `2026-05-0${day}T00:00:00Z` },
        { name, labels: { [labels.scheduleName]: schedule } },
      );
    const all = [
      of("old", "Completed", 1),
      of("partial", "PartiallyFailed", 9),
      of("new", "Completed", 3),
      of("failed", "Failed", 8),
      of("other", "Completed", 7, "weekly"),
      of("deleting", "Deleting", 6),
    ];
    const names = goodOnesOf("daily", all, []).map(({ metadata }) => metadata.name);
    assert.deepEqual(names, ["new", "old", "partial"]);
  });

  it("are none that is about to go, by a request or by what somebody said of it", () => {
    const of = (name: string, notes: Readonly<Record<string, string>> = {}) =>
      backup(
        { phase: "Completed" },
        {
          ...{ name, uid: `uid-${name}`, annotations: notes },
          labels: { [labels.scheduleName]: "daily" },
        },
      );
    const all = [
      of("a"),
      of("b"),
      of("c"),
      of("d"),
      of("e", { "ark-ts.dev/expire-last-good": "true" }),
    ];
    const asking = (backupName: string, phase: string, uid?: string) =>
      ({
        metadata: { name: "r", ...(uid !== undefined && { labels: { [labels.backupUid]: uid } }) },
        spec: { backupName },
        status: { phase },
      }) as unknown as DeleteBackupRequest;
    const asked = [
      asking("a", "New"),
      asking("b", "InProgress", "uid-b"),
      asking("c", "Processed", "uid-c"),
      asking("d", "New", "uid-of-an-earlier-one"),
    ];
    const names = goodOnesOf("daily", all, asked).map(({ metadata }) => metadata.name);
    assert.deepEqual(names, ["c", "d"]);
  });
});

describe("whyTraceStays()", () => {
  it("is nothing only for what is ours, dead, silent for long and unchanged", () => {
    const dead = {
      clusterId: "c1",
      liveness: "gone" as const,
      newest: new Date(now.getTime() - traceGraceMs),
      isNeeded: false,
      isUnchanged: true,
    };
    const why = (more: object) => whyTraceStays({ ...dead, ...more }, { now, own: "c1" });
    assert.equal(why({}), undefined);
    assert.equal(why({ liveness: "unknown" }), undefined);
    assert.match(why({ isNeeded: true }) ?? "", /needed/);
    assert.match(why({ clusterId: "c2" }) ?? "", /another cluster/);
    assert.match(why({ liveness: "alive" }) ?? "", /alive/);
    assert.match(why({ newest: now }) ?? "", /2026-06-08/);
    assert.match(why({ isUnchanged: false }) ?? "", /first time/);
    assert.equal(whyTraceStays({ ...dead, clusterId: "c2" }, { now, own: undefined }), undefined);
  });
});
