import { resourceKindOf } from "../../api/custom-resource.ts";
import { kubeTime } from "../../api/kube-time.ts";
import { type Schedule, scheduleKind } from "../../api/schedule.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import { mergePatch } from "../../lib/merge-patch.ts";
import { writeStatus } from "../../runtime/write-status.ts";
import type { ControllerContext } from "../controller-context.ts";

const kind = resourceKindOf(scheduleKind);

export interface ScheduleVerdict {
  /** Empty: it is Enabled. */
  readonly problems: readonly string[];
  readonly lastSkipped?: Date;
  readonly lastBackup?: Date;
}

/** Writes what differs, if anything does. Times only ever move on. */
export async function writeScheduleStatus(
  context: ControllerContext,
  { metadata, status }: Schedule,
  verdict: ScheduleVerdict,
  signal: AbortSignal,
): Promise<void> {
  // As known from the cache: at rest no request is made.
  const known = { ...status } as unknown as JsonObject;
  if (mergePatch(known, judged(known, verdict)) === undefined) return;
  const { name, namespace = "", uid = "" } = metadata;
  await writeStatus(
    context,
    { kind, namespace, name, uid },
    (current) => judged(current, verdict),
    { signal, fence: context.term.fence },
  );
}

function judged(
  status: JsonObject,
  { problems, lastSkipped, lastBackup }: ScheduleVerdict,
): JsonObject {
  const { validationErrors: _, ...rest } = status;
  return {
    ...rest,
    phase: problems.length > 0 ? "FailedValidation" : "Enabled",
    ...later("lastSkipped", status["lastSkipped"], lastSkipped),
    ...later("lastBackup", status["lastBackup"], lastBackup),
    ...(problems.length > 0 && { validationErrors: [...problems] }),
  };
}

function later(field: string, known: unknown, time: Date | undefined): JsonObject {
  if (time === undefined) return {};
  const text = kubeTime(time);
  return { [field]: typeof known === "string" && known > text ? known : text };
}
