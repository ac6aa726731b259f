import { kubeTime } from "../../api/kube-time.ts";
import type { RunLog } from "../../catalog/run-log.ts";
import { persistentVolumes } from "../../domain/references/edges.ts";
import type { VolumeDecision, VolumeSubject } from "../../domain/volumes/volume-decision.ts";
import type { PersistentVolumeFacts } from "../../domain/volumes/volume-facts.ts";
import type { NativeSnapshotRecord } from "../../format/native-snapshot-record.ts";
import type { NativeSnapshotStep } from "../../format/native-snapshot-step.ts";
import { mapConcurrently } from "../../lib/concurrency.ts";
import { toArkError } from "../../lib/errors.ts";
import { removeNativeSnapshots } from "../../volumes/native/delete-native-snapshots.ts";
import type { LoadedSteps } from "../../volumes/native/load-steps.ts";
import {
  createNativeJournal,
  loadNativeSteps,
  type NativeJournal,
} from "../../volumes/native/native-journal.ts";
import { noLocations } from "../../volumes/native/open-locations.ts";
import { takeNativeSnapshot } from "../../volumes/native/take-native-snapshot.ts";
import { labelsOfBackup } from "../backup-resource.ts";
import type { BackupPorts, BackupRequest } from "../backup-run.ts";
import type { BlockWork } from "../hooks/act-on-block.ts";
import type { PlannedRun } from "../plan-run.ts";
import {
  type NativeLocator,
  nobodys,
  noLocation,
  openNativeLocator,
  tellFailure,
  volumeOf,
} from "./locate-native.ts";
import { type PlannedNative, plannedNatives } from "./planned-native.ts";
import { settleNatives } from "./settle-natives.ts";

/** Volumes in work at once; providers with fewer calls at once let them wait. */
const atOnce = 8;

/** Native snapshots of one run: made among its hooks, removed when it is given up. */
export interface NativeStage {
  /** False: there is nowhere to make them. */
  readonly isActive: boolean;
  /** Takes up what earlier processes of the run made. Errors: ARK_BACKUP_DAMAGED, those of the store. */
  load(signal: AbortSignal): Promise<void>;
  plan(
    decisions: readonly VolumeDecision[],
    volumes: ReadonlyMap<string, PersistentVolumeFacts>,
  ): void;
  /** Makes those of the volumes that the pods use. */
  readonly work: BlockWork;
  /** Makes those of which no pod was met. */
  rest(signal: AbortSignal): Promise<void>;
  /**
   * Waits until providers have finished those that they accepted, within the time of item operations,
   * and tells what came of them. Errors: those of the store.
   */
  settle(onWait: (waitingFor: string) => void, signal: AbortSignal): Promise<void>;
  /** Why one that was to be made is not there; undefined: it is, or was not to be made. */
  failureOf(subject: VolumeSubject): string | undefined;
  /** All that there are at providers, those that failed there too. */
  records(): readonly NativeSnapshotRecord[];
  /** How many were to be made. */
  attempted(): number;
  /** The run is given up: removes what it made. Never throws. */
  discard(signal: AbortSignal): Promise<void>;
  /** Ends the snapshotters. */
  close(): Promise<void>;
}

export interface NativeStageRun {
  readonly request: Pick<BackupRequest, "name" | "spec" | "labels">;
  readonly ports: Pick<
    BackupPorts,
    "cluster" | "store" | "clock" | "snapshotLocations" | "onPhase"
  >;
  readonly log: RunLog;
  readonly run: Pick<PlannedRun, "discovery">;
  readonly runUid: string;
  readonly checkOwner: (signal: AbortSignal) => Promise<void>;
}

export function openNativeStage(options: NativeStageRun): NativeStage {
  const { ports, log, runUid } = options;
  const locator = openNativeLocator(options);
  let planned: ReadonlyMap<string, PlannedNative> = new Map();
  const ofClaims = new Map<string, PlannedNative>();
  let before: LoadedSteps<NativeSnapshotStep> = { steps: new Map(), last: 0 };
  let journal: NativeJournal | undefined;
  const begun = new Set<string>();
  const made = new Map<string, NativeSnapshotStep>();
  const failed = new Map<string, string>();
  /** Volumes that are no provider's; nothing was to be made of them. */
  const foreign = new Set<string>();
  const parts = {
    ...options,
    locate: locator.locate,
    stepBefore: (volume: string) => before.steps.get(volume),
    write: async (step: NativeSnapshotStep, signal: AbortSignal): Promise<void> => {
      journal ??= createNativeJournal(
        { store: ports.store, runUid, last: before.last },
        options.checkOwner,
      );
      await journal.write(step, signal);
      if (step.state === "made") made.set(step.volume, step);
    },
  };
  const take = async (one: PlannedNative, signal: AbortSignal): Promise<void> => {
    const { name } = one.volume;
    if (begun.has(name)) return;
    begun.add(name);
    try {
      if (await makeOne(one, parts, signal)) return;
      foreign.add(name);
      failed.set(name, nobodys);
    } catch (thrown) {
      failed.set(name, tellFailure(one, thrown, log, signal));
    }
  };
  return {
    isActive: locator.isActive,
    async load(signal) {
      before = await loadNativeSteps(ports.store, runUid, signal);
      for (const step of before.steps.values()) {
        if (step.state === "made") made.set(step.volume, step);
      }
    },
    plan(decisions, volumes) {
      planned = locator.isActive ? plannedNatives(decisions, volumes) : new Map();
      for (const one of planned.values()) ofClaims.set(`${one.namespace}/${one.claim}`, one);
      for (const name of made.keys()) begun.add(name);
      if (!locator.isActive) tellDoubtful(before.steps.values(), options);
    },
    async work(pods, left, signal) {
      const mine = new Set<PlannedNative>();
      for (const pod of pods) {
        const { namespace } = pod;
        for (const claim of pod.claims) {
          const one = ofClaims.get(`${namespace}/${claim}`);
          if (one === undefined || begun.has(one.volume.name)) continue;
          if (left.has(pod)) {
            begun.add(one.volume.name);
            failed.set(one.volume.name, `a pre hook of pod ${namespace}/${pod.name} failed`);
          } else mine.add(one);
        }
      }
      await mapConcurrently([...mine], atOnce, (one) => take(one, signal));
    },
    rest: async (signal) =>
      void (await mapConcurrently([...planned.values()], atOnce, (one) => take(one, signal))),
    async settle(onWait, signal) {
      const { clock, onPhase } = ports;
      const settling = { ...parts, clock, onPhase, open: locator.open, onWait };
      await settleNatives([...made.values()], settling, signal);
    },
    failureOf(subject) {
      const name = volumeOf(subject);
      if (name === undefined) return undefined;
      const step = made.get(name);
      if (step !== undefined) return step.failure && `its snapshot failed: ${step.failure}`;
      if (!locator.isActive) return noLocation;
      return failed.get(name) ?? "its snapshot was not begun";
    },
    records: () => [...made.values()].map(({ state: _made, ready: _ready, ...record }) => record),
    attempted: () =>
      new Set([...planned.keys(), ...made.keys()].filter((name) => !foreign.has(name))).size,
    async discard(signal) {
      if (made.size === 0) return;
      const locations = ports.snapshotLocations ?? noLocations;
      const deletion = { locations, clock: ports.clock };
      try {
        await removeNativeSnapshots([...made.values()], deletion, signal);
        made.clear();
      } catch (thrown) {
        const { message, answer } = toArkError(thrown);
        log.write("warn", "native snapshots of the run are left", { runUid, message, answer });
      }
    },
    close: locator.close,
  };
}

interface MakingParts extends NativeStageRun {
  readonly locate: NativeLocator["locate"];
  readonly stepBefore: (volume: string) => NativeSnapshotStep | undefined;
  readonly write: (step: NativeSnapshotStep, signal: AbortSignal) => Promise<void>;
}

/** False: every location says that the volume is not its own, as a hostPath is nobody's. */
async function makeOne(
  one: PlannedNative,
  parts: MakingParts,
  signal: AbortSignal,
): Promise<boolean> {
  const { request, ports, runUid } = parts;
  const { name, reclaimPolicy, labels } = one.volume;
  const found = await parts.locate(one, signal);
  if (found === undefined) return false;
  const { namespace, claim } = one;
  const before = parts.stepBefore(name);
  const now = (): string => kubeTime(ports.clock.now());
  const step = {
    ...{ volume: name, namespace, claim, reclaimPolicy, volumeLabels: labels },
    location: found.location.name,
    ...found.claimed,
    ...{ snapshotId: "", volumeType: "", iops: 0, startedAt: now(), completedAt: "" },
  };
  await takeNativeSnapshot(
    {
      ...{ found, now },
      step:
        before?.state === "begun"
          ? { ...step, volumeType: before.volumeType, iops: before.iops }
          : step,
      tags: {
        ...labelsOfBackup(request),
        "velero.io/backup": request.name,
        "velero.io/pv": name,
      },
      idempotencyKey: `${runUid}/${name}`,
      isDoubtful: before?.state === "begun",
      write: parts.write,
    },
    signal,
  );
  return true;
}

/** What an earlier process asked for at a location that is not here any more. */
function tellDoubtful(
  steps: Iterable<NativeSnapshotStep>,
  { request, log }: Pick<NativeStageRun, "request" | "log">,
): void {
  for (const { state, volume, location } of steps) {
    if (state !== "begun") continue;
    log.find({
      ...{ severity: "error", code: "ARK_SNAPSHOT_FAILED" },
      ...{ resource: persistentVolumes, namespace: "", name: volume },
      message: `a process of the backup ended while a snapshot of volume ${volume} was made in volume snapshot location "${location}", which is not here now: whether it was made is not known`,
      advice: `look for it at the provider by its tags: velero.io/backup=${request.name} velero.io/pv=${volume}`,
    });
  }
}
