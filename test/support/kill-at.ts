/** A process that is killed at a request that it makes. */
import { type Failpoint, failpointOf } from "./failpoints.ts";
import type { HttpFront, SeenRequest } from "./http-front.ts";
import type { CommandResult } from "./run-command.ts";

/** A front, and the failpoints among the requests that come to it. */
export type WatchedFront = readonly [front: HttpFront, points: readonly Failpoint[]];

export interface Kill {
  /** Of the failpoint. */
  readonly name: string;
  /** From 1. */
  readonly hit: number;
}

/**
 * Runs it, and kills it at the hit: from there on nothing is answered any more. `isHit` is false
 * where it ended before, as the number of hits may be a matter of time.
 */
export async function killAt(
  fronts: readonly WatchedFront[],
  { name, hit }: Kill,
  run: (onPid: (pid: number) => void) => Promise<CommandResult>,
): Promise<{ readonly isHit: boolean; readonly ended: CommandResult }> {
  let pid = 0;
  let seen = 0;
  const spoilAt = (points: readonly Failpoint[]) => (request: SeenRequest) => {
    if (seen >= hit) return "hang";
    if (failpointOf(points, request) === name) seen += 1;
    if (seen < hit) return "pass";
    process.kill(pid, "SIGKILL");
    return "hang";
  };
  for (const [front, points] of fronts) front.spoil = spoilAt(points);
  const ended = await run((started) => {
    pid = started;
  });
  for (const [front] of fronts) front.spoil = () => "pass";
  return { isHit: seen >= hit, ended };
}
