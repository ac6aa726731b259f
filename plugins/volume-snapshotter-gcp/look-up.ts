import type { VolumeSnapshotterContext } from "../../src/plugin-sdk/volume-snapshotter.ts";
import type { Compute } from "./compute.ts";
import { judge } from "./errors.ts";
import { pathOf } from "./names.ts";
import type { Place } from "./place.ts";
import { type Disk, disksOfPage, readDisk, readSnapshot, type Snapshot } from "./resources.ts";

/** What was asked for may not be there yet: it is looked up again after these pauses. */
const lookPausesMs: readonly number[] = [0, 2_000, 5_000, 10_000];

export const diskPath = (project: string, place: Place, name: string): string =>
  `projects/${pathOf(project)}/${place.scope}/${pathOf(place.name)}/disks/${pathOf(name)}`;
export const snapshotPath = (project: string, name: string): string =>
  `projects/${pathOf(project)}/global/snapshots/${pathOf(name)}`;

export async function getDisk(
  compute: Compute,
  place: Place,
  name: string,
  signal: AbortSignal,
): Promise<Disk> {
  const path = diskPath(await compute.volumeProject(signal), place, name);
  const attempt = { operation: "disks.get", subject: `disk ${JSON.stringify(name)}` };
  return readDisk(await compute.call(attempt, { method: "GET", path }, signal));
}

export async function getSnapshot(
  compute: Compute,
  name: string,
  signal: AbortSignal,
): Promise<Snapshot> {
  const path = snapshotPath(await compute.snapshotProject(signal), name);
  const attempt = { operation: "snapshots.get", subject: `snapshot ${JSON.stringify(name)}` };
  return readSnapshot(await compute.call(attempt, { method: "GET", path }, signal));
}

/** Undefined where Google has none of it. */
export async function ifThere<Thing>(asking: Promise<Thing>): Promise<Thing | undefined> {
  try {
    return await asking;
  } catch (thrown) {
    if (judge(thrown).isGone) return undefined;
    throw thrown;
  }
}

/** The first that is there, after some looks. */
export async function look<Thing>(
  { clock }: Pick<VolumeSnapshotterContext, "clock">,
  signal: AbortSignal,
  ask: () => Promise<Thing | undefined>,
): Promise<Thing | undefined> {
  for (const pauseMs of lookPausesMs) {
    if (pauseMs > 0) await clock.sleep(pauseMs, signal);
    const found = await ask();
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The disk of that name in whatever zone or region. Needs a right that Velero's plugin does not. */
export async function findDisk(
  compute: Compute,
  name: string,
  signal: AbortSignal,
): Promise<Disk | undefined> {
  const project = await compute.volumeProject(signal);
  const attempt = { operation: "disks.aggregatedList", subject: `disk ${JSON.stringify(name)}` };
  const path = `projects/${pathOf(project)}/aggregated/disks`;
  let pageToken: string | undefined;
  for (;;) {
    const query = { filter: `name = ${pathOf(name)}`, pageToken };
    const { disks, next } = disksOfPage(
      await compute.call(attempt, { method: "GET", path, query }, signal),
    );
    const found = disks.find((disk) => disk.name === name);
    if (found !== undefined || next === "") return found;
    pageToken = next;
  }
}
