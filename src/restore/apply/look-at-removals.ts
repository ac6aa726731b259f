import { mapConcurrently } from "../../lib/concurrency.ts";
import type { RestoreRun } from "../restore-run.ts";
import type { Removal } from "./removals.ts";

type Looking = Pick<RestoreRun, "removals" | "unanswered" | "target" | "ports" | "limits">;

/**
 * Looks at what processes that died may have deleted and this one has not come to: what still stands
 * was not, and is told no more; of what has another object in its place it is not known who made that.
 * What cannot be looked at stays as it was told.
 */
export async function lookAtRemovals(run: Looking, signal: AbortSignal): Promise<void> {
  const unmet = [...run.removals].filter(([, { isOfBefore }]) => isOfBefore === true);
  await mapConcurrently(unmet, run.limits.writers, async ([place, removal]) => {
    const { resource, target } = removal;
    const found = await look(removal, run, signal);
    if (found === "stands") run.removals.delete(place);
    if (found === "another") run.unanswered.set(place, { action: "created", resource, target });
  });
}

async function look(
  { resource, target, uid }: Removal,
  { target: kinds, ports }: Looking,
  signal: AbortSignal,
): Promise<"stands" | "another" | "gone" | "unknown"> {
  const { version, namespace, name } = target;
  const kind = kinds.find(resource, version);
  if (kind === undefined) return "unknown";
  try {
    const raw = await ports.cluster.get({ kind, namespace, name }, { signal });
    if (raw === undefined) return "gone";
    if (raw.uid !== uid) return "another";
    return raw.terminating ? "gone" : "stands";
  } catch {
    return "unknown";
  }
}
