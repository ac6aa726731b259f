import {
  type GroupState,
  groupName,
  groupState,
  memberHandles,
  newGroup,
  type VolumeGroup,
} from "../../domain/volumes/csi/group-objects.ts";
import { marksAsAnnotations, runLabels } from "../../domain/volumes/csi/snapshot-objects.ts";
import { ArkError } from "../../lib/errors.ts";
import { textAt } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import type { GroupApi } from "./group-api.ts";
import type { SnapshotName } from "./snapshot-api.ts";
import type { CutSnapshot, MarkedRun } from "./take-snapshot.ts";
import type { SnapshotWatch } from "./watch-snapshot.ts";

const firstPauseMs = 200;
const longestPauseMs = 5000;

/** A group that its storage has cut; its objects stand until it is released or discarded. */
export interface CutGroup extends SnapshotName {
  /** Name of the VolumeGroupSnapshotContent. */
  readonly content: string;
  /** By which the storage knows the group. */
  readonly handle: string;
  /** Handles of all its snapshots, those of claims that nobody asked for included. */
  readonly members: readonly string[];
}

export interface TakenGroup {
  readonly group: CutGroup;
  /** By the name of the claim. */
  readonly snapshots: ReadonlyMap<string, CutSnapshot>;
}

export interface GroupToTake {
  readonly group: VolumeGroup;
  readonly className: string;
  /** Names of the claims that must be in it. */
  readonly claims: readonly string[];
}

type Watch = SnapshotWatch & { readonly groups: GroupApi };

/**
 * Makes the snapshots of a group by one cut, or finds what an earlier process of the run has made,
 * and returns when the storage has cut it and its VolumeSnapshots have the marks of the run. What it
 * has made stays where it throws. Errors: ARK_SNAPSHOT_FAILED, those of the API server.
 */
export async function takeGroup(
  { group, className, claims }: GroupToTake,
  run: MarkedRun,
  watch: Watch,
  signal: AbortSignal,
): Promise<TakenGroup> {
  const { groups, clock, limitMs, onWait } = watch;
  const name = { namespace: group.namespace, name: groupName(group, run) };
  const what = `VolumeGroupSnapshot ${name.namespace}/${name.name}`;
  if ((await groups.group(name, signal)) === undefined) {
    await groups.create(name, newGroup(group, run, className), signal);
  }
  const endsMs = clock.monotonicMs() + limitMs;
  let pauseMs = firstPauseMs;
  for (;;) {
    const object = await groups.group(name, signal);
    const state = object && groupState(object, undefined);
    if (state === undefined || state.terminating) {
      throw new ArkError("ARK_SNAPSHOT_FAILED", `${what} was deleted while it was waited for`);
    }
    const content = await groups.content(state.content, signal);
    const cut = groupState(object ?? {}, content);
    const members = cut.handle === "" ? [] : await seenMembers({ ...name, ...cut }, watch, signal);
    const missing = claims.filter((claim) => !members.some((one) => one.claim === claim));
    const waitsFor = waitsOf(cut, missing);
    if (waitsFor === "") {
      const taken = takenGroup({ ...name, ...cut }, members, memberHandles(content));
      await mark(taken, members, run, watch, signal);
      return taken;
    }
    const leftMs = endsMs - clock.monotonicMs();
    if (leftMs <= 0) throw late(what, waitsFor, cut.trouble, limitMs);
    onWait(waitsFor);
    await clock.sleep(Math.min(pauseMs, leftMs), signal);
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }
}

/** To be read after "waiting for"; empty: nothing. */
function waitsOf({ handle }: GroupState, missing: readonly string[]): string {
  if (handle === "") return "the driver to cut the group";
  if (missing.length === 0) return "";
  return `the snapshot controller to make the VolumeSnapshots of claims ${missing.join(", ")}`;
}

interface Member {
  readonly claim: string;
  readonly cut: CutSnapshot;
}

/** Those that are cut and bound. */
async function seenMembers(
  group: SnapshotName & Pick<GroupState, "uid">,
  { api }: Watch,
  signal: AbortSignal,
): Promise<readonly Member[]> {
  const members: Member[] = [];
  for (const snapshot of await api.members(group, signal)) {
    const name = nameOf(snapshot);
    const { state } = await api.look(name, signal);
    const claim = textAt(snapshot, ["spec", "source", "persistentVolumeClaimName"]);
    if (state.handle !== "") members.push({ claim, cut: { ...name, state } });
  }
  return members;
}

const nameOf = (object: JsonObject): SnapshotName => ({
  namespace: textAt(object, ["metadata", "namespace"]),
  name: textAt(object, ["metadata", "name"]),
});

function takenGroup(
  { namespace, name, content, handle }: SnapshotName & GroupState,
  members: readonly Member[],
  told: readonly string[],
): TakenGroup {
  const handles = new Set([...told, ...members.map(({ cut }) => cut.state.handle)]);
  return {
    group: { namespace, name, content, handle, members: [...handles].sort() },
    snapshots: new Map(members.map(({ claim, cut }) => [claim, cut])),
  };
}

/** Puts the marks of the run on what the snapshot controller has made for it. */
async function mark(
  { group }: TakenGroup,
  members: readonly Member[],
  run: MarkedRun,
  { api, groups }: Watch,
  signal: AbortSignal,
): Promise<void> {
  const metadata = { labels: runLabels(run), annotations: marksAsAnnotations(run.marks) };
  for (const { cut } of members) {
    await api.patchContent(cut.state.content, { metadata }, signal);
    await api.patchSnapshot(cut, { metadata }, signal);
  }
  await groups.patchContent(group.content, { metadata }, signal);
}

function late(what: string, waitsFor: string, trouble: string, limitMs: number): ArkError {
  const said = trouble === "" ? "nothing was reported" : `last report: ${trouble}`;
  const text = `${what} waited ${Math.round(limitMs / 1000)} s for ${waitsFor}; ${said}`;
  return new ArkError("ARK_SNAPSHOT_FAILED", text, { answer: trouble });
}
