import { kubeTime } from "../../api/kube-time.ts";
import { groupResource } from "../../api/resource-kind.ts";
import type { RunLog } from "../../catalog/run-log.ts";
import { persistentVolumes } from "../../domain/references/edges.ts";
import { chooseLocations } from "../../domain/volumes/native/choose-locations.ts";
import type { VolumeDecision, VolumeSubject } from "../../domain/volumes/volume-decision.ts";
import type { PersistentVolumeFacts } from "../../domain/volumes/volume-facts.ts";
import type { NativeSnapshotRecord } from "../../format/native-snapshot-record.ts";
import type { NativeSnapshotStep } from "../../format/native-snapshot-step.ts";
import { mapConcurrently } from "../../lib/concurrency.ts";
import { ArkError, toArkError } from "../../lib/errors.ts";
import { isJsonObject, type JsonObject, parseJson } from "../../lib/json-text.ts";
import { removeNativeSnapshots } from "../../volumes/native/delete-native-snapshots.ts";
import type { LoadedSteps } from "../../volumes/native/load-steps.ts";
import {
  createNativeJournal,
  loadNativeSteps,
  type NativeJournal,
} from "../../volumes/native/native-journal.ts";
import { type OpenLocations, openLocations } from "../../volumes/native/open-locations.ts";
import {
  findLocation,
  type OpenLocation,
  takeNativeSnapshot,
} from "../../volumes/native/take-native-snapshot.ts";
import { labelsOfBackup } from "../backup-resource.ts";
import type { BackupPorts, BackupRequest } from "../backup-run.ts";
import type { BlockWork } from "../hooks/act-on-block.ts";
import { endsTheRun } from "../list-kind.ts";
import type { PlannedRun } from "../plan-run.ts";
import { type PlannedNative, plannedNatives } from "./planned-native.ts";

/** Volumes in work at once; providers with fewer calls at once let them wait. */
const atOnce = 8;

/** Why nothing comes of native snapshots where there is nowhere to make them. */
export const noLocation = "there is no volume snapshot location";
const nobodys = "no volume snapshotter takes it as its own";

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
  /** Why one that was to be made was not; undefined: it was, or was not to be. */
  failureOf(subject: VolumeSubject): string | undefined;
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
  readonly ports: Pick<BackupPorts, "cluster" | "store" | "clock" | "snapshotLocations">;
  readonly log: RunLog;
  readonly run: Pick<PlannedRun, "discovery">;
  readonly runUid: string;
  readonly checkOwner: (signal: AbortSignal) => Promise<void>;
}

export function openNativeStage(options: NativeStageRun): NativeStage {
  const { request, ports, log, runUid } = options;
  const all = ports.snapshotLocations?.all ?? [];
  const { locations, problems } = chooseLocations(request.spec.volumeSnapshotLocations ?? [], all);
  const opened: OpenLocations | undefined =
    ports.snapshotLocations && openLocations(ports.snapshotLocations, ports.clock);
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
    openAll: (signal: AbortSignal) => openAll(locations, opened, signal),
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
      if (problems.length > 0) throw new ArkError("ARK_CONFIG_INVALID", problems.join("; "));
      if (await makeOne(one, parts, signal)) return;
      foreign.add(name);
      failed.set(name, nobodys);
    } catch (thrown) {
      failed.set(name, tellFailure(one, thrown, log, signal));
    }
  };
  return {
    isActive: all.length > 0,
    async load(signal) {
      if (ports.snapshotLocations === undefined) return;
      before = await loadNativeSteps(ports.store, runUid, signal);
      for (const step of before.steps.values()) {
        if (step.state === "made") made.set(step.volume, step);
      }
    },
    plan(decisions, volumes) {
      planned = all.length === 0 ? new Map() : plannedNatives(decisions, volumes);
      for (const one of planned.values()) ofClaims.set(`${one.namespace}/${one.claim}`, one);
      for (const name of made.keys()) begun.add(name);
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
    failureOf(subject) {
      const name =
        subject.kind === "claim"
          ? subject.volume
          : subject.kind === "persistent-volume"
            ? subject.name
            : undefined;
      if (name === undefined || made.has(name)) return undefined;
      if (all.length === 0) return noLocation;
      return failed.get(name) ?? "its snapshot was not begun";
    },
    records: () => [...made.values()].map(({ state: _made, ...record }) => record),
    attempted: () =>
      new Set([...planned.keys(), ...made.keys()].filter((name) => !foreign.has(name))).size,
    async discard(signal) {
      if (ports.snapshotLocations === undefined || made.size === 0) return;
      const deletion = { locations: ports.snapshotLocations, clock: ports.clock };
      try {
        await removeNativeSnapshots([...made.values()], deletion, signal);
        made.clear();
      } catch (thrown) {
        const { message, answer } = toArkError(thrown);
        log.write("warn", "native snapshots of the run are left", { runUid, message, answer });
      }
    },
    close: async () => await opened?.close(),
  };
}

interface MakingParts extends NativeStageRun {
  readonly openAll: (signal: AbortSignal) => Promise<OpenedLocations>;
  readonly stepBefore: (volume: string) => NativeSnapshotStep | undefined;
  readonly write: (step: NativeSnapshotStep, signal: AbortSignal) => Promise<void>;
}

/** False: every location says that the volume is not its own, as a hostPath is nobody's. */
async function makeOne(
  one: PlannedNative,
  parts: MakingParts,
  signal: AbortSignal,
): Promise<boolean> {
  const { request, ports, log, runUid } = parts;
  const { name, reclaimPolicy, labels } = one.volume;
  const volume = await readVolume(name, parts, signal);
  let isUnsure = false;
  const onFailure = (location: string, error: ArkError): void => {
    isUnsure = true;
    const said = [error.message, error.answer].filter(Boolean).join(": ");
    const message = `volume snapshot location "${location}" cannot say whether volume ${name} is its own: ${said}`;
    log.find({ ...placeOf(one), severity: "warning", code: "ARK_SNAPSHOT_FAILED", message });
  };
  const { locations, problems } = await parts.openAll(signal);
  const found = await findLocation(volume, locations, onFailure, signal);
  if (found === undefined) {
    if (problems.length === 0 && !isUnsure) return false;
    const answer = problems.length === 0 ? {} : { answer: problems.join("; ") };
    throw new ArkError("ARK_SNAPSHOT_FAILED", nobodys, answer);
  }
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

async function readVolume(
  name: string,
  { ports, run }: MakingParts,
  signal: AbortSignal,
): Promise<JsonObject> {
  const kind = run.discovery.kinds.find((one) => groupResource(one) === persistentVolumes);
  const object = kind && (await ports.cluster.get({ kind, namespace: "", name }, { signal }));
  const value = object && parseJson(object.bytes.toString("utf8"));
  if (value !== undefined && isJsonObject(value)) return value;
  throw new ArkError("ARK_SNAPSHOT_FAILED", "its persistent volume is gone");
}

interface OpenedLocations {
  readonly locations: readonly OpenLocation[];
  /** Of the others: why they cannot be used. */
  readonly problems: readonly string[];
}

async function openAll(
  locations: readonly { readonly name: string }[],
  opened: OpenLocations | undefined,
  signal: AbortSignal,
): Promise<OpenedLocations> {
  const all: OpenLocation[] = [];
  const problems: string[] = [];
  for (const { name } of locations) {
    try {
      const location = await opened?.get(name, signal);
      if (location !== undefined) all.push(location);
    } catch (thrown) {
      signal.throwIfAborted();
      const { message, answer } = toArkError(thrown);
      const said = answer === undefined ? "" : `: ${answer}`;
      problems.push(`volume snapshot location "${name}" cannot be used: ${message}${said}`);
    }
  }
  return { locations: all, problems };
}

function placeOf({ volume, namespace, claim }: PlannedNative) {
  if (claim === "") return { resource: persistentVolumes, namespace: "", name: volume.name };
  return { resource: "persistentvolumeclaims", namespace, name: claim };
}

/** Answers why, as a clause. Errors: those after which nothing goes on. */
function tellFailure(
  one: PlannedNative,
  thrown: unknown,
  log: RunLog,
  signal: AbortSignal,
): string {
  signal.throwIfAborted();
  const error = toArkError(thrown);
  if (endsTheRun.has(error.code) || error.code === "ARK_NAME_LOST") throw error;
  const why = [error.message, error.answer].filter(Boolean).join(": ");
  const message = `no snapshot of volume ${one.volume.name}: ${why}`;
  const advice = error.advice === undefined ? {} : { advice: error.advice };
  log.find({ ...placeOf(one), severity: "error", code: "ARK_SNAPSHOT_FAILED", message, ...advice });
  return why;
}
