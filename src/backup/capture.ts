import type { Finding } from "../api/results.ts";
import { mayContinue } from "../catalog/continuation.ts";
import type { NameClaim } from "../catalog/name-claim.ts";
import type { BackupPlan } from "../domain/plan.ts";
import type { CheckpointEnd, ListPosition } from "../format/checkpoint.ts";
import { backupKeys } from "../format/keys.ts";
import type { ManifestCut } from "../format/manifest.ts";
import type { NativeSnapshotRecord } from "../format/native-snapshot-record.ts";
import { createResourceListBuilder } from "../format/resource-list.ts";
import type { SnapshotRecord } from "../format/snapshot-record.ts";
import type { VolumeRecord } from "../format/volume-coverage.ts";
import { hasCode } from "../lib/errors.ts";
import { createArchiveWriter, type WrittenArchive } from "./archive-writer.ts";
import type { BackupLimits, BackupPorts } from "./backup-run.ts";
import { trackProgress } from "./capture-progress.ts";
import { type Collected, collectObjects, noneRelated } from "./collect-objects.ts";
import type { ActStage } from "./hooks/act-stage.ts";
import { noneDropped } from "./item-taker.ts";
import { createJournal, type Journal } from "./journal.ts";
import { createRunBuffers, type EntryPlaces } from "./member-builder.ts";
import type { NativeStage } from "./native/native-stage.ts";
import { createObjectWriter, type ObjectWriter, uploadedObject } from "./object-writer.ts";
import type { OperationStage } from "./operations/operation-stage.ts";
import { createMislabelled } from "./opt-outs.ts";
import { type CutPlan, planCut } from "./plan-cut.ts";
import type { PlannedRun } from "./plan-run.ts";
import { replay } from "./replay.ts";
import type { SnapshotStage } from "./snapshots/snapshot-stage.ts";
import type { TakenUp } from "./take-up-run.ts";
import { createTakenNames } from "./taken-names.ts";
import { nativeInstead } from "./volumes/native-instead.ts";
import type { DecidedVolumes, VolumeStage } from "./volumes/volume-stage.ts";

/** zlib's default: half the bytes of level 1 on Kubernetes objects, and hidden behind the LIST. */
const gzipLevel = 6;

export interface Captured {
  readonly collected: Collected;
  readonly written: WrittenArchive;
  readonly resourceList: Buffer;
  readonly volumes: readonly VolumeRecord[];
  /** Snapshots that the backup owns. */
  readonly snapshots: readonly SnapshotRecord[];
  readonly natives: readonly NativeSnapshotRecord[];
  readonly cuts: readonly ManifestCut[];
  /**
   * Signs of life go on while what was written is read back; they end here, and the last of them
   * is waited for. Errors: ARK_NAME_LOST.
   */
  endSignsOfLife(): Promise<void>;
}

export interface CaptureOptions {
  readonly runUid: string;
  readonly formatVersion: string;
  readonly startedAt: Date;
  readonly backupAnnotations: Readonly<Record<string, string>>;
  readonly claim: NameClaim;
  readonly limits: Partial<BackupLimits>;
  /** What a dead process left of this run. */
  readonly before: TakenUp | undefined;
  /** Hooks, and what is done among them, once all objects were collected. */
  readonly act: ActStage;
  /** Operations that item actions begin. */
  readonly operations: OperationStage;
  /** Decides about volumes once all objects were collected. */
  readonly volumes: VolumeStage;
  /** Taken among hooks, of claims that were decided for them. */
  readonly snapshots: SnapshotStage;
  readonly natives: NativeStage;
  /** Asked when all was collected: what the run has to say so far. */
  readonly findings: (collected: Collected) => readonly Finding[];
}

/**
 * Lists everything in scope into the archive and its index. Neither is visible in the store
 * before all of it was sent. What was sent is freed after a failure or cancel, but for failures
 * that may pass: then the next process goes on where this one stopped.
 */
export async function capture(
  run: PlannedRun,
  options: CaptureOptions,
  ports: BackupPorts,
  signal: AbortSignal,
): Promise<Captured> {
  const state: CaptureState = {};
  const journal = openJournal({ options, ports, state }, signal);
  const objects = openObjects(run.plan, { options, ports, journal, state });
  state.archive = objects.archive;
  const stop = new AbortController();
  const alive = journal.keepAlive(stop.signal);
  const endSignsOfLife = async (): Promise<void> => {
    stop.abort();
    await alive;
  };
  const halt = new AbortController();
  const working = AbortSignal.any([signal, halt.signal]);
  const work = captureWith(run, { options, ports, journal, objects, state }, working);
  try {
    const captured = await Promise.race([work, alive.then(() => work)]);
    return { ...captured, endSignsOfLife };
  } catch (error) {
    halt.abort(error);
    const cleanup = new AbortController().signal;
    await Promise.allSettled([work, endSignsOfLife()]);
    // Whoever has taken the run over goes on with the upload as well.
    const isOthers = hasCode(error, "ARK_NAME_LOST");
    const goesOn = (isOthers || mayContinue(error, signal)) && journal.knowsUpload();
    // Nobody continues the index: it is written anew.
    const { index, versionIndex, archive } = objects;
    const indexes = versionIndex === undefined ? [index] : [index, versionIndex];
    const ended = goesOn ? indexes : [...indexes, archive];
    await Promise.allSettled(ended.map((object) => object.abort(cleanup)));
    throw error;
  }
}

const hooksAhead = (blocks: number): string =>
  `hooks of pods (${blocks} ${blocks === 1 ? "group" : "groups"} of pods)`;

/** What the journal asks for while the capture goes on. */
interface CaptureState {
  archive?: ObjectWriter;
  cutPlan?: CutPlan;
  end?: CheckpointEnd;
}

interface Capturing {
  readonly options: CaptureOptions;
  readonly ports: BackupPorts;
  readonly journal: Journal;
  readonly state: CaptureState;
}

interface Objects {
  readonly archive: ObjectWriter;
  readonly index: ObjectWriter;
  readonly versionIndex: ObjectWriter | undefined;
}

async function captureWith(
  run: PlannedRun,
  { options, ports, journal, objects, state }: Capturing & { readonly objects: Objects },
  signal: AbortSignal,
): Promise<Omit<Captured, "endSignsOfLife">> {
  const before = options.before?.run;
  const mtimeSeconds = Math.floor(options.startedAt.getTime() / 1000);
  const archive = createArchiveWriter({
    ...objects,
    gzipLevel,
    formatVersion: options.formatVersion,
    mtimeSeconds,
    membersBefore: before?.members ?? [],
    isWhole: before?.end !== undefined,
    onPlaced: journal.placed,
    onEnding: journal.holdBack,
  });
  const takenNames = createTakenNames(run.plan);
  const names = takenNames.watch(
    options.volumes.watch(options.act.watch(createResourceListBuilder())),
  );
  const { actions, operations, actionBackup } = options.operations;
  const acting = { actions, operations, actionBackup };
  const taken = await replay(run, before, { archive, names, operations }, signal);
  const progress = trackProgress(run, () => archive.compressedBytes, taken.objects, ports);
  let collected = before?.end === undefined ? undefined : collectedBefore(before.end);
  let volumes = before?.end?.volumes ?? [];
  let snapshots = before?.end?.snapshots ?? [];
  let natives = before?.end?.natives ?? [];
  if (collected === undefined) {
    const cutPlan = await planCut(run.plan, ports, before?.cuts ?? [], signal);
    state.cutPlan = cutPlan;
    progress.expect(cutPlan.expected);
    const { memberBytes } = options.limits;
    const buffers = createRunBuffers();
    const places: EntryPlaces = run.plan.otherVersions === undefined ? "plain" : "twice";
    const writing = { cutPlan, archive, names, mtimeSeconds, buffers, memberBytes };
    const positions = before?.lists ?? new Map<string, ListPosition>();
    const known = { ...taken, ...acting, taken: takenNames, positions };
    const input = { ...run, ...ports, ...writing, places, ...progress, ...known };
    collected = await collectObjects(input, signal);
    const wished = await options.volumes.decide(collected, signal);
    await planSnapshots(wished, options, signal);
    const decided = options.natives.isActive ? nativeInstead(wished, options.snapshots) : wished;
    options.natives.plan(decided.decisions, decided.volumes);
    await options.act.run((blocks) => progress.wait(hooksAhead(blocks)), signal);
    await options.natives.rest(signal);
    collected = await options.operations.finish(collected, input, progress.wait, signal);
    await options.natives.settle(progress.wait, signal);
    volumes = options.volumes.conclude(decided);
    snapshots = options.snapshots.records();
    natives = options.natives.records();
  }
  const findings = options.findings(collected);
  const { kinds, kindsFailed, versions } = collected;
  const hooks = before?.end?.hooks ?? options.act.counts();
  state.end = {
    ...{ kinds, findings, kindsFailed },
    ...(versions.versions.length > 0 ? { versions: versions.versions } : {}),
    ...(hooks.hooksAttempted > 0 ? { hooks } : {}),
    ...(volumes.length > 0 ? { volumes } : {}),
    ...(snapshots.length > 0 ? { snapshots } : {}),
    ...(natives.length > 0 ? { natives } : {}),
  };
  progress.wait("the store");
  const written = await archive.finish(signal);
  return {
    collected,
    written,
    volumes,
    snapshots,
    natives,
    resourceList: await names.finish(),
    cuts: cutsOf(state, options),
  };
}

function planSnapshots(
  { decisions, objects, volumes }: DecidedVolumes,
  { snapshots, backupAnnotations }: CaptureOptions,
  signal: AbortSignal,
): Promise<void> {
  const { claims } = objects;
  return snapshots.plan({ decisions, claims, volumes, backupAnnotations }, signal);
}

/** What was collected by a process that died before the seal. Its findings come with the end. */
function collectedBefore(end: CheckpointEnd): Collected {
  const { kinds, kindsFailed, versions = [] } = end;
  const objects = kinds.reduce((sum, kind) => sum + kind.count, 0);
  return {
    ...{ kinds, kindsFailed, objects },
    failures: [],
    kindsInPart: 0,
    dropped: noneDropped,
    mislabelled: createMislabelled(),
    related: noneRelated,
    versions: { versions, failures: [] },
  };
}

function cutsOf(state: CaptureState, options: CaptureOptions): readonly ManifestCut[] {
  return state.cutPlan?.sequence?.cuts ?? options.before?.run.cuts ?? [];
}

function openJournal(
  { options, ports, state }: Omit<Capturing, "journal">,
  signal: AbortSignal,
): Journal {
  const before = options.before?.run;
  const bytesBefore = (before?.parts ?? []).reduce((sum, part) => sum + part.sizeBytes, 0);
  const journal = {
    store: ports.store,
    clock: ports.clock,
    runUid: options.runUid,
    checkpointsBefore: before?.checkpoints ?? 0,
    bytesBefore,
    keptBefore: bytesBefore + (before?.tail.length ?? 0),
    unsent: (offset: number, wantedBytes: number) => state.archive?.unsent(offset, wantedBytes),
    cuts: () => cutsOf(state, options),
    checkOwner: () => options.claim.checkOwner(signal),
  };
  return createJournal(journal, signal);
}

function openObjects(plan: BackupPlan, { options, ports, journal, state }: Capturing): Objects {
  const keys = backupKeys(plan.name);
  const metadata = { "ark-run": options.runUid };
  const { before } = options;
  const { partBytes } = options.limits;
  const sizes = partBytes === undefined ? {} : { partBytes };
  const indexAt = (key: string) => createObjectWriter(ports.store, { key, metadata, ...sizes });
  const index = indexAt(keys.index);
  const versionIndex = plan.otherVersions === undefined ? undefined : indexAt(keys.versionIndex);
  if (before?.state === "uploaded") {
    return { archive: uploadedObject(keys.archive, before.run.parts), index, versionIndex };
  }
  const archive = createObjectWriter(ports.store, {
    key: keys.archive,
    metadata,
    ...sizes,
    ...(before === undefined ? {} : { resume: { ...before.run, upload: before.upload } }),
    onDurable: journal.durable,
    beforeComplete: async () => {
      if (state.end !== undefined && before?.run.end === undefined) await journal.end(state.end);
    },
  });
  return { archive, index, versionIndex };
}
