import { kubeTime } from "../../api/kube-time.ts";

/** What a run has left outside its backup: the record of who has the name, and its journal. */
export interface Trace {
  /** Of the cluster whose run it was; undefined where nothing says. */
  readonly clusterId: string | undefined;
  /** Of its owner's process, as far as it can be known here. */
  readonly liveness: "gone" | "alive" | "unknown";
  /** When the last of its objects was written. */
  readonly newest: Date;
  /** Something in the cluster or the bucket goes on with it, or is to. */
  readonly isNeeded: boolean;
  /** The same objects stood there at the look before, at least one period of collection ago. */
  readonly isUnchanged: boolean;
}

/** So long after its last sign of life a run counts as given up: a long weekend and some. */
export const traceGraceMs = 7 * 24 * 3_600_000;

/** Pure: undefined where it may be collected, else why it stays. */
export function whyTraceStays(
  { clusterId, liveness, newest, isNeeded, isUnchanged }: Trace,
  { now, own }: { readonly now: Date; readonly own: string | undefined },
): string | undefined {
  if (isNeeded) return "it is needed";
  if (own !== undefined && clusterId !== own) return "it is of another cluster";
  if (liveness === "alive") return "its process is alive";
  const untilMs = newest.getTime() + traceGraceMs;
  if (untilMs > now.getTime()) return `it may be continued until ${kubeTime(new Date(untilMs))}`;
  return isUnchanged ? undefined : "it has been looked at for the first time";
}
