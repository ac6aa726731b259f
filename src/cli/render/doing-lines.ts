import { annotations } from "../../api/labels.ts";
import type { ObjectMeta } from "../../api/object-meta.ts";
import type { RunDoing } from "../../api/run-doing.ts";
import { doingOf } from "../../format/run-doing.ts";
import { count, counted, size, span } from "./amounts.ts";
import type { DescriptionLine } from "./description.ts";

/** A Backup or Restore that has not ended, as far as it tells what it does. */
export interface GoingRun {
  readonly metadata: Pick<ObjectMeta, "name" | "annotations">;
  readonly status: {
    readonly phase?: string | undefined;
    readonly startTimestamp?: string | null | undefined;
    readonly queuePosition?: number | undefined;
    readonly progress?: {
      readonly totalItems?: number;
      readonly itemsBackedUp?: number;
      readonly itemsRestored?: number;
    };
  };
}

/** Rates mean something after so long. */
const settledMs = 1_000;

const waitsFor: Readonly<Record<string, string>> = {
  New: "the server to take it up in its turn",
  Queued: "earlier runs",
  ReadyToStart: "the server to begin",
  WaitingForPluginOperations: "operations of item actions",
  WaitingForPluginOperationsPartiallyFailed: "operations of item actions",
};

/** What a run of this phase waits for, where the phase says it. */
export const waitedForIn = (phase: string): string | undefined => waitsFor[phase];

/** What it does now, what it waits for, how long it will take, and how to follow it. */
export function doingLines(
  noun: "backup" | "restore",
  run: GoingRun,
  now: Date,
): readonly DescriptionLine[] {
  const { metadata, status } = run;
  const phase = status.phase || "New";
  const doing = doingOf(metadata) ?? {};
  const place = status.queuePosition ?? 0;
  const parts = [
    ...(place > 0 ? [`place ${count(place)} in the queue`] : []),
    ...workParts(doing),
    ...progressParts(status, now),
  ];
  const waitingFor = waitText(doing, now) ?? waitedForIn(phase);
  const lines = [
    ...(parts.length === 0 ? [] : [parts.join(", ")]),
    ...(waitingFor === undefined ? [] : [`waiting for ${waitingFor}`]),
    `to follow it: ark-ts ${noun} logs ${metadata.name} --follow`,
  ];
  return [{ key: "Now", value: lines.join("\n") }];
}

function workParts(doing: RunDoing): readonly string[] {
  const { wave, kindsDone, kindsTotal, bytes } = doing;
  const outcomes = (["created", "updated", "skipped", "failed"] as const).flatMap((key) =>
    (doing[key] ?? 0) > 0 ? [`${count(doing[key] ?? 0)} ${key}`] : [],
  );
  return [
    ...(wave === undefined || wave === "" ? [] : [wave]),
    ...(kindsTotal === undefined
      ? []
      : [`${count(kindsDone ?? 0)} of ${counted(kindsTotal, "kind")} listed`]),
    ...outcomes,
    ...(bytes === undefined || bytes === 0 ? [] : [`${size(bytes)} stored`]),
  ];
}

function progressParts(
  { startTimestamp, progress }: GoingRun["status"],
  now: Date,
): readonly string[] {
  const done = progress?.itemsBackedUp ?? progress?.itemsRestored;
  const total = progress?.totalItems ?? 0;
  if (done === undefined || total === 0) return [];
  const objects = `${count(done)} of ${counted(total, "object")}`;
  const elapsedMs = now.getTime() - Date.parse(startTimestamp ?? "");
  const isTold = elapsedMs >= settledMs && done > 0 && done < total;
  if (!isTold) return [objects];
  return [objects, `about ${span(((total - done) * elapsedMs) / done)} left`];
}

function waitText({ waitingFor, waitsSince }: RunDoing, now: Date): string | undefined {
  if (waitingFor === undefined) return undefined;
  const ms = now.getTime() - Date.parse(waitsSince ?? "");
  return Number.isNaN(ms) ? waitingFor : `${waitingFor} (since ${span(Math.max(0, ms))})`;
}

/** What is shown in words is not shown as JSON too. */
export function withoutDoing(
  all: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(all).filter(([key]) => key !== annotations.doing));
}
