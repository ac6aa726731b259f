import { labels } from "../api/labels.ts";
import { labelValue } from "../domain/label-value.ts";
import { toArkError } from "../lib/errors.ts";
import { objectAt, textAt } from "../lib/json-edit.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import { discardGroup } from "./csi/remove-group.ts";
import { discardSnapshot } from "./csi/remove-snapshots.ts";
import type { SnapshotApi } from "./csi/snapshot-api.ts";

const limitMs = 60_000;

export interface RunDiscard {
  readonly api: SnapshotApi;
  readonly clock: Clock;
  readonly log: Pick<Log, "write">;
}

/**
 * Removes the snapshots that a run made which has sealed nothing, the storage's own included, as far
 * as they can be found and deleted; what cannot is logged. Answers how many are left. Never throws.
 */
export async function discardRunSnapshots(
  runUid: string,
  { api, clock, log }: RunDiscard,
  signal: AbortSignal,
): Promise<number> {
  let left = 0;
  const quietly = async (what: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (thrown) {
      left += 1;
      log.write("warn", what, { runUid, error: toArkError(thrown).message });
    }
  };
  await quietly("snapshots of the run could not be looked for", async () => {
    const selector = `${labels.runUid}=${labelValue(runUid)}`;
    await discardGroups(selector, { api, clock }, quietly, signal);
    for (const name of await api.labelled(selector, signal)) {
      await quietly(`VolumeSnapshot ${name.namespace}/${name.name} could not be removed`, () =>
        discardSnapshot(name, api, { clock, limitMs }, signal),
      );
    }
    // Of which the VolumeSnapshot is gone.
    for (const content of await api.labelledContents(selector, signal)) {
      const ref = objectAt(await api.content(content, signal), ["spec", "volumeSnapshotRef"]);
      const name = { namespace: textAt(ref, ["namespace"]), name: textAt(ref, ["name"]) };
      if (name.name === "") continue;
      await quietly(`VolumeSnapshotContent ${content} could not be removed`, () =>
        discardSnapshot(name, api, { clock, limitMs }, signal, content),
      );
    }
  });
  return left;
}

/** First: a snapshot of a group goes only with it. */
async function discardGroups(
  selector: string,
  { api, clock }: Pick<RunDiscard, "api" | "clock">,
  quietly: (what: string, work: () => Promise<void>) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { groups } = api;
  if (groups === undefined) return;
  for (const name of await groups.labelled(selector, signal)) {
    await quietly(`VolumeGroupSnapshot ${name.namespace}/${name.name} could not be removed`, () =>
      discardGroup(name, { api, groups }, { clock, limitMs }, signal),
    );
  }
  // Of which the VolumeGroupSnapshot is gone.
  for (const content of await groups.labelledContents(selector, signal)) {
    const found = await groups.content(content, signal);
    const ref = objectAt(found, ["spec", "volumeGroupSnapshotRef"]);
    const name = { namespace: textAt(ref, ["namespace"]), name: textAt(ref, ["name"]) };
    await quietly(`VolumeGroupSnapshotContent ${content} could not be removed`, () =>
      discardGroup(name, { api, groups }, { clock, limitMs }, signal, content),
    );
  }
}
