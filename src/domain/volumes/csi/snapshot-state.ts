import { textAt, valueAt } from "../../../lib/json-edit.ts";
import type { JsonObject, JsonValue } from "../../../lib/json-text.ts";

/**
 * Where the snapshot of a claim stands, by its VolumeSnapshot and the content that is bound to it:
 *
 *     absent → unbound → uncut → cut → ready
 *
 * From `cut` on, what the volume holds may change again.
 */
export type SnapshotStep = "absent" | "unbound" | "uncut" | "cut" | "ready";

export interface SnapshotState {
  readonly step: SnapshotStep;
  /** What the next step needs, to be read after "waiting for"; empty when it is ready. */
  readonly waitsFor: string;
  /** Name of the content; empty before it is bound. */
  readonly content: string;
  /** By which the storage knows it; empty before it is cut. */
  readonly handle: string;
  /** Bytes that a volume made of it needs at least; 0: not told. */
  readonly restoreSize: number;
  /** RFC 3339 with the precision of the API; absent: not told. */
  readonly cutAt?: string;
  /** What controller or driver say went wrong. They go on trying. */
  readonly trouble: string;
  /** Of the content. */
  readonly deletionPolicy: string;
}

/** Undefined: there is no such object. */
export function snapshotState(
  snapshot: JsonObject | undefined,
  content: JsonObject | undefined,
): SnapshotState {
  const bound = textAt(snapshot, ["status", "boundVolumeSnapshotContentName"]);
  const handle = textAt(content, ["status", "snapshotHandle"]);
  const cutAt = textAt(snapshot, ["status", "creationTime"]);
  const trouble =
    textAt(content, ["status", "error", "message"]) ||
    textAt(snapshot, ["status", "error", "message"]);
  const step = stepOf(snapshot, content, bound, handle);
  return {
    step,
    waitsFor: waits[step],
    content: bound,
    handle,
    restoreSize: sizeOf(valueAt(content, ["status", "restoreSize"])),
    ...(cutAt === "" ? {} : { cutAt }),
    trouble,
    deletionPolicy: textAt(content, ["spec", "deletionPolicy"]),
  };
}

function stepOf(
  snapshot: JsonObject | undefined,
  content: JsonObject | undefined,
  bound: string,
  handle: string,
): SnapshotStep {
  if (snapshot === undefined) return "absent";
  if (bound === "" || content === undefined) return "unbound";
  if (handle === "") return "uncut";
  const isReady =
    valueAt(snapshot, ["status", "readyToUse"]) === true &&
    valueAt(content, ["status", "readyToUse"]) === true;
  return isReady ? "ready" : "cut";
}

const waits: Readonly<Record<SnapshotStep, string>> = {
  absent: "the API server to take its VolumeSnapshot",
  unbound: "the snapshot controller to bind its VolumeSnapshot",
  uncut: "the driver to cut it",
  cut: "the driver to make it ready to use",
  ready: "",
};

export function sizeOf(value: JsonValue | undefined): number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : 0;
}
