/** Counts over drawn lives of backups and restores, with leaders that come and go (regression 44). */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { LiveBackup, LiveRestore } from "../../../../src/controllers/controller-context.ts";
import { countRuns } from "../../../../src/server/metrics/count-runs.ts";
import {
  type Counter,
  counters,
  emptyTally,
  parseTally,
  type Tally,
  tallyText,
} from "../../../../src/server/metrics/tally.ts";
import { createRandom } from "../../../simulation/random.ts";

const created = "2026-01-01T00:00:00Z";
const ends = ["Completed", "PartiallyFailed", "Failed"] as const;
const lives = 60;
const steps = 120;

/** One run of either kind as the cluster shows it, and what of it a server has ever seen. */
interface Life {
  readonly uid: string;
  readonly kind: "Backup" | "Restore";
  readonly schedule: string;
  phase: string;
  isThere: boolean;
  seen: "nothing" | "begun" | "ended";
}

const isEnd = (phase: string): boolean => ends.some((end) => end === phase);

function resource({ uid, schedule, phase }: Life): unknown {
  const isBegun = phase !== "New";
  return {
    metadata: {
      name: uid,
      uid,
      creationTimestamp: created,
      labels: { "velero.io/schedule-name": schedule },
    },
    spec: { scheduleName: schedule },
    status: {
      phase,
      ...(isBegun && { startTimestamp: created }),
      ...(isEnd(phase) && { completionTimestamp: created }),
    },
  };
}

const sum = (tally: Tally, schedule: string, of: readonly Counter[]): number =>
  of.reduce((all, name) => all + (tally.schedules[schedule]?.counts[name] ?? 0), 0);

const attempts = {
  Backup: "velero_backup_attempt_total",
  Restore: "velero_restore_attempt_total",
} as const;
const endCounters = {
  Backup: [
    "velero_backup_success_total",
    "velero_backup_partial_failure_total",
    "velero_backup_failure_total",
  ],
  Restore: [
    "velero_restore_success_total",
    "velero_restore_partial_failure_total",
    "velero_restore_failed_total",
  ],
} as const;

describe("counts of runs (regression 44)", () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    it(`never shrink, never exceed the attempts, and are right over restarts (seed ${seed})`, () => {
      const random = createRandom(`metrics/${seed}`);
      const schedules = new Set(["a", "b"]);
      const all: Life[] = [];
      let tally: Tally = emptyTally;
      let vanished: Life[] = [];
      const look = (): void => {
        const standing = all.filter(({ isThere }) => isThere);
        const of = <T>(kind: Life["kind"], lifes: readonly Life[]) =>
          lifes.filter((life) => life.kind === kind).map(resource) as T[];
        const before = tally;
        tally = countRuns(before, {
          backups: of<LiveBackup>("Backup", standing),
          restores: of<LiveRestore>("Restore", standing),
          deleteRequests: [],
          schedules,
          past: { vanished: of<LiveBackup>("Backup", vanished), deleting: new Map() },
        });
        for (const life of [...standing, ...vanished.filter(({ kind }) => kind === "Backup")]) {
          if (isEnd(life.phase)) life.seen = "ended";
          else if (life.phase !== "New" && life.seen === "nothing") life.seen = "begun";
        }
        vanished = [];
        for (const schedule of schedules) {
          for (const kind of ["Backup", "Restore"] as const) {
            const begun = sum(tally, schedule, [attempts[kind]]);
            assert.ok(sum(tally, schedule, endCounters[kind]) <= begun);
            const lived = all.filter((life) => life.kind === kind && life.schedule === schedule);
            assert.equal(begun, lived.filter(({ seen }) => seen !== "nothing").length);
            const done = lived.filter(({ seen }) => seen === "ended").length;
            assert.equal(sum(tally, schedule, endCounters[kind]), done);
          }
          for (const name of Object.keys(counters) as Counter[]) {
            assert.ok(sum(tally, schedule, [name]) >= sum(before, schedule, [name]), name);
          }
        }
      };
      for (let step = 0; step < steps; step += 1) {
        const life = all[random.int(Math.max(1, all.length))];
        const draw = random.int(10);
        if (draw < 3 && all.length < lives) {
          const kind = random.chance(0.5) ? "Backup" : "Restore";
          const schedule = random.chance(0.5) ? "a" : "b";
          all.push({
            uid: `u${all.length}`,
            kind,
            schedule,
            phase: "New",
            isThere: true,
            seen: "nothing",
          });
        } else if (draw < 6 && life?.isThere === true && !isEnd(life.phase)) {
          life.phase = life.phase === "New" ? "InProgress" : (ends[random.int(3)] ?? "Failed");
        } else if (draw === 6 && life?.isThere === true) {
          life.isThere = false;
          vanished.push(life);
        } else if (draw === 7) {
          // Another leader: what vanished in between nobody has seen go.
          tally = parseTally(tallyText(tally)) ?? assert.fail("a tally");
          vanished = [];
        } else look();
      }
      look();
      schedules.delete("b");
      look();
      assert.deepEqual(
        Object.keys(tally.schedules).filter((name) => name === "b"),
        [],
      );
    });
  }
});
