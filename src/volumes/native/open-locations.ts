import { ArkError } from "../../lib/errors.ts";
import { createTokenBucket } from "../../lib/token-bucket.ts";
import type { Clock } from "../../ports/clock.ts";
import type { SnapshotLocations } from "../../ports/snapshot-locations.ts";
import type { OpenLocation } from "./take-native-snapshot.ts";

/** Calls to a provider; most refuse more than some in a second for a whole account. */
const perSecond = 5;
const burst = 10;

/** Then the other volumes of the run fail at once: each try may start a plugin, and wait for it. */
const maxTries = 3;

/**
 * Snapshotters of a run, each opened when it is first needed. One that could not be opened three
 * times is not tried again: its last error is that of all later calls.
 */
export interface OpenLocations {
  get(name: string, signal: AbortSignal): Promise<OpenLocation>;
  close(): Promise<void>;
}

/** Where none is: what a run made before is named then, as it cannot be deleted. */
export const noLocations: SnapshotLocations = {
  all: [],
  open: async (name) => {
    throw new ArkError(
      "ARK_CONFIG_INVALID",
      `there is no volume snapshot location "${name}" here`,
      {
        advice:
          "it is a VolumeSnapshotLocation in the namespace of the server: name its kubeconfig",
      },
    );
  },
};

export function openLocations(
  locations: SnapshotLocations,
  { monotonicMs, sleep }: Pick<Clock, "monotonicMs" | "sleep">,
): OpenLocations {
  const opened = new Map<string, Promise<OpenLocation>>();
  const tries = new Map<string, number>();
  return {
    async get(name, signal) {
      const known = opened.get(name);
      if (known !== undefined) return await known;
      const opening = locations.open(name, signal).then((snapshotter) => {
        const rate = createTokenBucket({ perSecond, burst, monotonicMs, sleep });
        return { name, snapshotter, rate };
      });
      opened.set(name, opening);
      opening.catch(() => {
        const count = (tries.get(name) ?? 0) + (signal.aborted ? 0 : 1);
        tries.set(name, count);
        if (count < maxTries) opened.delete(name);
      });
      return await opening;
    },
    async close() {
      const all = await Promise.allSettled(opened.values());
      opened.clear();
      await Promise.all(
        all.map((one) => (one.status === "fulfilled" ? one.value.snapshotter.close() : undefined)),
      );
    },
  };
}
