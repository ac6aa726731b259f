import type { Schedule } from "../../api/schedule.ts";
import { nextTime } from "../../domain/cron/next-time.ts";
import { checkSchedule } from "../../domain/schedules/check-schedule.ts";
import {
  decideRun,
  type RunDecision,
  type ScheduleState,
} from "../../domain/schedules/decide-run.ts";
import { timeOf } from "../../domain/schedules/schedule-outlook.ts";
import type { ControllerContext } from "../controller-context.ts";
import { makeBackup } from "./make-backup.ts";
import { writeScheduleStatus } from "./schedule-status.ts";
import type { UnfinishedOfSchedules } from "./unfinished-of-schedules.ts";

export interface Look {
  readonly schedule: Schedule;
  readonly key: string;
  readonly told: Map<string, string>;
  readonly unfinished: UnfinishedOfSchedules;
}

/** Answers when it is to be looked at again at the latest; undefined: when something changes. */
export async function lookAtSchedule(
  context: ControllerContext,
  look: Look,
  signal: AbortSignal,
): Promise<Date | undefined> {
  const { schedule } = look;
  if (schedule.metadata.deletionTimestamp !== undefined) return undefined;
  const { cron, problems } = checkSchedule(schedule);
  if (cron === undefined) {
    tell(context, look, "Warning", "FailedValidation", problems.join("; "));
    await writeScheduleStatus(context, schedule, { problems }, signal);
    return undefined;
  }
  const now = context.clock.now();
  const state = stateOf(context, look, cron);
  const decision = decideRun(state, now);
  const skipped = decision.act === "skip" ? { lastSkipped: now } : {};
  await writeScheduleStatus(context, schedule, { problems, ...skipped }, signal);
  return await act(context, look, { state, decision, now }, signal);
}

function stateOf(
  { settings }: ControllerContext,
  { schedule: { metadata, spec, status }, unfinished }: Look,
  cron: ScheduleState["cron"],
): ScheduleState {
  return {
    cron,
    timeZone: settings.timeZone,
    createdAt: timeOf(metadata.creationTimestamp) ?? new Date(0),
    lastBackup: timeOf(status?.lastBackup),
    lastSkipped: timeOf(status?.lastSkipped),
    paused: spec.paused === true,
    skipImmediately: spec.skipImmediately ?? settings.scheduleSkipImmediately,
    isNew: (status?.phase ?? "New") === "New",
    unfinished: unfinished.of(metadata.name),
  };
}

interface Verdict {
  readonly state: ScheduleState;
  readonly decision: RunDecision;
  readonly now: Date;
}

async function act(
  context: ControllerContext,
  look: Look,
  { state, decision, now }: Verdict,
  signal: AbortSignal,
): Promise<Date | undefined> {
  switch (decision.act) {
    case "wait":
      return decision.next;
    case "skip":
      tell(context, look, "Normal", "RunSkipped", skipSentence(decision));
      return nextTime(state.cron, now, state.timeZone);
    case "hold":
      tell(context, look, "Normal", "RunWaits", holdSentence(decision));
      return undefined;
    case "run": {
      const run = { dueAt: decision.dueAt, now, state };
      const made = await makeBackup(context, look.schedule, run, signal);
      if (made.outcome === "held") {
        tell(context, look, "Normal", "RunWaits", holdSentence({ ...decision, ...made }));
        return undefined;
      }
      if (made.outcome === "made") {
        tell(
          context,
          look,
          decision.isLate ? "Warning" : "Normal",
          ...madeSentence(made.name, decision, now),
        );
      }
      return nextTime(state.cron, now, state.timeZone);
    }
  }
}

const at = (time: Date): string => time.toISOString().replace(".000Z", "Z");

const skipSentence = ({ why, dueAt }: RunDecision & { readonly act: "skip" }): string =>
  why === "paused"
    ? `paused: ${at(dueAt)} passed without a backup`
    : `${at(dueAt)} was over when a server first saw this schedule, and it is not made up: skipImmediately`;

const holdSentence = ({
  dueAt,
  behind,
}: {
  readonly dueAt: Date;
  readonly behind: string;
}): string => `due since ${at(dueAt)}; waits for Backup ${behind}, which is not done`;

function madeSentence(
  name: string,
  { dueAt, isLate }: RunDecision & { readonly act: "run" },
  now: Date,
): readonly [string, string] {
  if (!isLate) return ["BackupCreated", `made Backup ${name}`];
  const minutes = Math.floor((now.getTime() - dueAt.getTime()) / 60_000);
  const late = minutes < 120 ? `${minutes} minutes` : `${Math.floor(minutes / 60)} hours`;
  return [
    "BackupCreatedLate",
    `made Backup ${name}, ${late} late: it was due at ${at(dueAt)}, and what else was missed before is made up with it`,
  ];
}

function tell(
  { events, log }: ControllerContext,
  { schedule, key, told }: Look,
  type: "Normal" | "Warning",
  reason: string,
  message: string,
): void {
  if (told.get(key) === message) return;
  told.set(key, message);
  events.record(schedule, { type, reason, message });
  log.write("info", "schedule", { schedule: schedule.metadata.name, reason, message });
}
