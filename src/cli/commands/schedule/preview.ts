import { scheduleKind } from "../../../api/schedule.ts";
import { meaningNotes } from "../../../domain/cron/meaning-notes.ts";
import { parseCron } from "../../../domain/cron/parse-cron.ts";
import { previewTimes } from "../../../domain/cron/preview-times.ts";
import { timeZoneProblem } from "../../../domain/cron/time-zone.ts";
import { isResourceName } from "../../../format/keys.ts";
import type { Invocation } from "../../command-spec.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { printResource } from "../../render/resource-output.ts";
import { renderPreview } from "../../render/schedule-preview.ts";
import { resourcesOf } from "../../server-mode/resources.ts";
import { inScheduleServer } from "../../server-mode/schedule/in-schedule-server.ts";
import { type Session, withSession } from "../../session.ts";
import { usageError } from "../../usage-error.ts";

const defaultCount = 5;
const maxCount = 10_000;

/** The next times of an expression, without a cluster; of a Schedule, by its name, with the server. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  const text = invocation.args[0] ?? "";
  if (!isResourceName(text)) return await withSession(invocation, (session) => show(session, text));
  return await inScheduleServer(invocation, async (session, server) => {
    const { spec } = await resourcesOf(scheduleKind, server, session.signal).get(text);
    if (spec.paused === true) session.note(`schedule ${text} is paused: none of these will be`);
    return await show(session, spec.schedule);
  });
}

async function show(session: Session, text: string): Promise<ExitStatus> {
  const { flags, environment } = session.invocation;
  const cron = parseCron(text);
  if ("problems" in cron) {
    throw usageError(`${JSON.stringify(text)} is no schedule:\n${cron.problems.join("\n")}`);
  }
  const count = flags.integer("count") ?? defaultCount;
  if (count < 1 || count > maxCount) throw usageError(`--count=${count}: from 1 to ${maxCount}`);
  const timeZone = flags.text("time-zone") ?? "UTC";
  const problem = timeZoneProblem(timeZone);
  if (problem !== undefined) throw usageError(`--time-zone: ${problem}`);
  const from = flags.text("from");
  const after = from === undefined ? session.clock.now() : new Date(from);
  if (Number.isNaN(after.getTime())) {
    throw usageError(`--from=${from}: not a time such as 2026-03-28T00:00:00Z`);
  }
  const times = previewTimes(cron, after, count, timeZone);
  const notes = meaningNotes(cron);
  const zone = cron.kind === "calendar" ? (cron.timeZone ?? timeZone) : timeZone;
  await printResource(environment, flags.text("output"), {
    value: {
      schedule: text,
      timeZone: zone,
      times: times.map(({ at, note }) => ({
        time: at.toISOString().replace(".000Z", "Z"),
        ...(note !== undefined && { note }),
      })),
      notes,
    },
    table: () => renderPreview(times, { zone, now: session.clock.now(), notes }),
    names: [],
  });
  return exitStatus.done;
}
