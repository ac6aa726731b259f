import { memoryUsage } from "node:process";
import type { PageFacts, ServerState } from "../server-state.ts";
import type { Metric } from "./exposition.ts";

/** What each replica tells of itself. */
export function processMetrics(
  state: ServerState,
  { engineVersion }: PageFacts,
): readonly Metric[] {
  const { election, identity, term } = state;
  const isLeading = term !== undefined && election.isLeader(term.epoch);
  const gauge = (name: string, help: string, value: number, labels = {}): Metric => ({
    name,
    type: "gauge",
    help,
    samples: [{ labels, value }],
  });
  return [
    gauge("ark_ts_build_info", "Version of the server; always 1.", 1, { version: engineVersion }),
    gauge(
      "ark_ts_leader",
      "1 where this replica leads, by its clock of this moment.",
      isLeading ? 1 : 0,
      {
        identity,
      },
    ),
    ...(isLeading
      ? [gauge("ark_ts_leader_epoch", "Epoch of the term that is led.", term.epoch)]
      : []),
    gauge("process_resident_memory_bytes", "Resident memory size in bytes.", memoryUsage.rss()),
  ];
}
