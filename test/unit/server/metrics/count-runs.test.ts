import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { DeleteBackupRequest } from "../../../../src/api/delete-backup-request.ts";
import type { LiveBackup, LiveRestore } from "../../../../src/controllers/controller-context.ts";
import { countRuns, type Standing } from "../../../../src/server/metrics/count-runs.ts";
import { emptyTally, parseTally, tallyText } from "../../../../src/server/metrics/tally.ts";

const created = "2026-01-01T00:00:00Z";
const at = (minutes: number): string =>
  new Date(Date.parse(created) + minutes * 60_000).toISOString().replace(".000Z", "Z");

interface Drawn {
  readonly phase?: string;
  readonly schedule?: string;
  readonly started?: number;
  readonly ended?: number;
  readonly warnings?: number;
}

function backup(uid: string, drawn: Drawn = {}): LiveBackup {
  const { phase, schedule, started, ended, warnings } = drawn;
  return {
    apiVersion: "velero.io/v1",
    kind: "Backup",
    metadata: {
      name: uid,
      uid,
      creationTimestamp: created,
      ...(schedule !== undefined && { labels: { "velero.io/schedule-name": schedule } }),
    },
    spec: {},
    status: {
      ...(phase !== undefined && { phase }),
      ...(started !== undefined && { startTimestamp: at(started) }),
      ...(ended !== undefined && { completionTimestamp: at(ended) }),
      ...(warnings !== undefined && { warnings }),
      progress: { totalItems: 7 },
    },
  } as LiveBackup;
}

function deletion(uid: string, name: string, status?: object): DeleteBackupRequest {
  return {
    apiVersion: "velero.io/v1",
    kind: "DeleteBackupRequest",
    metadata: { name: uid, uid },
    spec: { backupName: name },
    ...(status !== undefined && { status }),
  } as DeleteBackupRequest;
}

const standing = (backups: readonly LiveBackup[], rest: Partial<Standing> = {}): Standing => ({
  backups,
  restores: [],
  deleteRequests: [],
  schedules: new Set(["nightly"]),
  past: { vanished: [], deleting: new Map() },
  ...rest,
});
const counts = (tally: ReturnType<typeof countRuns>, schedule = "") =>
  Object.fromEntries(
    Object.entries(tally.schedules[schedule]?.counts ?? {}).map(([name, count]) => [
      name.replace("velero_backup_", "").replace("_total", ""),
      count,
    ]),
  );

describe("countRuns()", () => {
  it("leaves what sync took in, though it was made as fast as it was found", () => {
    const found = backup("a", { phase: "Completed", started: 0, ended: 0.1 });
    const annotations = { "ark-ts.dev/taken-in": "true" };
    const takenIn = { ...found, metadata: { ...found.metadata, annotations } };
    assert.deepEqual(counts(countRuns(emptyTally, standing([takenIn]))), {});
    assert.deepEqual(counts(countRuns(emptyTally, standing([found]))), { attempt: 1, success: 1 });
  });

  it("counts a backup when it begins and when it ends, once each", () => {
    const begun = countRuns(
      emptyTally,
      standing([backup("a", { phase: "InProgress", started: 1 })]),
    );
    assert.deepEqual(counts(begun), { attempt: 1 });
    const done = standing([backup("a", { phase: "Completed", started: 1, ended: 3 })]);
    const ended = countRuns(begun, done);
    assert.deepEqual(counts(ended), { attempt: 1, success: 1 });
    assert.equal(countRuns(ended, done), ended);
    assert.deepEqual(ended.schedules[""]?.durations, {
      buckets: [0, 1, 1, 1, 1, 1, 1, 1, 1],
      sum: 120,
      count: 1,
    });
    assert.equal(ended.schedules[""]?.lastSuccess, Date.parse(at(3)) / 1000);
  });

  it("keeps the size of the last archive, and counts snapshots once", () => {
    const done = backup("a", { phase: "Completed", started: 1, ended: 3 });
    const sized = {
      ...done,
      metadata: { ...done.metadata, annotations: { "ark-ts.dev/archive-bytes": "512" } },
      status: { ...done.status, volumeSnapshotsAttempted: 3, volumeSnapshotsCompleted: 2 },
    } as LiveBackup;
    const tally = countRuns(countRuns(emptyTally, standing([sized])), standing([sized]));
    const stored = parseTally(tallyText(tally))?.schedules[""];
    assert.equal(stored?.last?.bytes, 512);
    assert.equal(stored?.counts.velero_volume_snapshot_attempt_total, 3);
    assert.equal(stored?.counts.velero_volume_snapshot_success_total, 2);
    assert.equal(stored?.counts.velero_volume_snapshot_failure_total, 1);
  });

  it("counts nothing of one that waits for its turn", () => {
    const tally = countRuns(emptyTally, standing([backup("a"), backup("b", { phase: "Queued" })]));
    assert.equal(tally, emptyTally);
  });

  it("keeps what was counted when the backup expires, and forgets its uid", () => {
    const done = standing([backup("a", { phase: "Completed", started: 1, ended: 3 })]);
    const tally = countRuns(countRuns(emptyTally, done), standing([]));
    assert.deepEqual(counts(tally), { attempt: 1, success: 1 });
    assert.deepEqual(tally.counted, {});
  });

  it("counts the same after a restart: from what was stored", () => {
    const done = standing([backup("a", { phase: "Failed", started: 1, ended: 3 })]);
    const before = countRuns(emptyTally, done);
    const stored = parseTally(tallyText(before));
    assert.ok(stored !== undefined);
    assert.equal(countRuns(stored, done), stored);
  });

  it("does not count backups of other clusters, which began before they were known here", () => {
    const synced = backup("a", { phase: "Completed", started: -60, ended: -50 });
    assert.deepEqual(counts(countRuns(emptyTally, standing([synced]))), {});
  });

  it("counts one that is refused as no attempt, and one cancelled before it began as a failed one", () => {
    const tally = countRuns(
      emptyTally,
      standing([backup("a", { phase: "FailedValidation" }), backup("b", { phase: "Failed" })]),
    );
    assert.deepEqual(counts(tally), { validation_failure: 1, attempt: 1, failure: 1 });
    assert.equal(tally.schedules[""]?.last?.isGood, false);
  });

  it("tells of the backup that ended last, in whatever order they come", () => {
    const good = backup("a", { phase: "Completed", started: 1, ended: 9 });
    const bad = backup("b", { phase: "PartiallyFailed", started: 1, ended: 5, warnings: 2 });
    for (const backups of [
      [good, bad],
      [bad, good],
    ]) {
      const tally = countRuns(emptyTally, standing(backups));
      assert.equal(tally.schedules[""]?.last?.isGood, true);
      assert.deepEqual(counts(tally), { attempt: 2, success: 1, partial_failure: 1, warning: 1 });
    }
  });

  it("drops the figures of a schedule that is deleted, and does not count its backups again", () => {
    const backups = [
      backup("a", { phase: "Completed", schedule: "nightly", started: 1, ended: 3 }),
    ];
    const tally = countRuns(emptyTally, standing(backups));
    assert.deepEqual(counts(tally, "nightly"), { attempt: 1, success: 1 });
    const gone = countRuns(tally, standing(backups, { schedules: new Set() }));
    assert.deepEqual(Object.keys(gone.schedules), []);
    const back = countRuns(gone, standing(backups));
    assert.deepEqual(counts(back, "nightly"), {});
  });

  it("counts deletions: those that end by vanishing as done, under the backup's schedule", () => {
    const backups = [backup("a", { phase: "Deleting", schedule: "nightly", started: 1 })];
    const open = [deletion("d", "a", { phase: "InProgress" }), deletion("e", "none")];
    const begun = countRuns(emptyTally, standing(backups, { deleteRequests: open }));
    assert.deepEqual(counts(begun, "nightly"), { attempt: 1, deletion_attempt: 1 });
    const ended = countRuns(begun, standing([]));
    assert.equal(counts(ended, "nightly")["deletion_success"], 1);
    const failed = countRuns(
      begun,
      standing(backups, {
        deleteRequests: [deletion("d", "a", { phase: "Processed", errors: ["no"] })],
      }),
    );
    assert.equal(counts(failed, "nightly")["deletion_failure"], 1);
    assert.equal(counts(countRuns(failed, standing([])), "nightly")["deletion_success"], undefined);
  });

  it("counts what came and went between two looks", () => {
    const vanished = [
      backup("a", { phase: "Completed", schedule: "nightly", started: 1, ended: 2 }),
    ];
    const past = { vanished, deleting: new Map([["d", "a"]]) };
    const tally = countRuns(emptyTally, standing([], { past }));
    const expected = { attempt: 1, success: 1, deletion_attempt: 1, deletion_success: 1 };
    assert.deepEqual(counts(tally, "nightly"), expected);
    const failed = [deletion("d", "a", { phase: "Processed", errors: ["no"] })];
    const other = countRuns(emptyTally, standing([], { past, deleteRequests: failed }));
    assert.equal(counts(other, "nightly")["deletion_failure"], 1);
    assert.equal(counts(countRuns(other, standing([])), "nightly")["deletion_success"], undefined);
  });

  it("never has more ends than beginnings, whatever it sees of a run", () => {
    const courses: readonly Drawn[][] = [
      [
        { phase: "InProgress", started: 1 },
        { phase: "Completed", started: 1, ended: 2 },
      ],
      [{ phase: "Completed", started: 1, ended: 2 }],
      [{ phase: "New" }, { phase: "Failed" }],
      [
        { phase: "InProgress", started: 1 },
        { phase: "Deleting", started: 1 },
      ],
      [
        { phase: "Finalizing", started: 1 },
        { phase: "PartiallyFailed", started: 1, ended: 2 },
      ],
    ];
    let tally = emptyTally;
    for (let step = 0; step < 3; step += 1) {
      const backups = courses.flatMap((course, index) => {
        const drawn = course[Math.min(step, course.length - 1)];
        return drawn === undefined ? [] : [backup(String(index), drawn)];
      });
      tally = countRuns(tally, standing(backups));
      const { attempt = 0, success = 0, failure = 0, partial_failure = 0 } = counts(tally);
      assert.ok(success + failure + partial_failure <= attempt, JSON.stringify(counts(tally)));
    }
    assert.deepEqual(counts(tally), { attempt: 5, success: 2, failure: 1, partial_failure: 1 });
  });

  it("counts restores under the schedule that they name", () => {
    const restore = {
      apiVersion: "velero.io/v1",
      kind: "Restore",
      metadata: { name: "r", uid: "r", creationTimestamp: created },
      spec: { scheduleName: "nightly" },
      status: { phase: "Completed", startTimestamp: at(1), completionTimestamp: at(2) },
    } as LiveRestore;
    const tally = countRuns(emptyTally, standing([], { restores: [restore] }));
    assert.deepEqual(tally.schedules["nightly"]?.counts, {
      velero_restore_attempt_total: 1,
      velero_restore_success_total: 1,
    });
  });
});

describe("parseTally()", () => {
  it("takes nothing that is none", () => {
    for (const text of [
      "",
      "{",
      "[]",
      '{"schedules":{}}',
      "null",
      '{"schedules":1,"counted":{}}',
      '{"schedules":{"":{}},"counted":{}}',
      '{"schedules":{"":null},"counted":{}}',
      '{"schedules":{"":{"counts":{"a":"1"},"durations":{"buckets":[],"sum":0,"count":0}}},"counted":{}}',
      '{"schedules":{"":{"counts":{},"durations":{"buckets":{},"sum":0,"count":0}}},"counted":{}}',
      '{"schedules":{"":{"counts":{},"durations":{"buckets":[],"sum":0,"count":0},"last":1}},"counted":{}}',
      '{"schedules":{},"counted":{"a":1}}',
    ]) {
      assert.equal(parseTally(text), undefined, text);
    }
  });
});
