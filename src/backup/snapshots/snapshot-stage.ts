import type { OperationProgress } from "../../api/item-operation.ts";
import { annotations as annotationKeys } from "../../api/labels.ts";
import type { RawObject } from "../../api/raw-object.ts";
import type { GroupResource } from "../../api/resource-kind.ts";
import type { RunLog } from "../../catalog/run-log.ts";
import { failed, newOperation, progressed } from "../../domain/operations/item-operation.ts";
import { persistentVolumeClaims } from "../../domain/references/edges.ts";
import type { ItemReference } from "../../domain/references/item-reference.ts";
import type { SnapshotClass } from "../../domain/volumes/csi/snapshot-class.ts";
import type { SnapshotMarks } from "../../domain/volumes/csi/snapshot-objects.ts";
import type { GroupRecord, SnapshotRecord } from "../../format/snapshot-record.ts";
import { toArkError } from "../../lib/errors.ts";
import { goDurationMs } from "../../lib/go-duration.ts";
import { operationTimeout } from "../../operations/operation-timeout.ts";
import type { OperationCalls } from "../../operations/watch-operations.ts";
import { ApiError } from "../../ports/cluster.ts";
import { releaseGroup } from "../../volumes/csi/remove-group.ts";
import { releaseSnapshot } from "../../volumes/csi/remove-snapshots.ts";
import {
  createSnapshotApi,
  type SnapshotApi,
  snapshotKinds,
  volumeSnapshotClasses,
  volumeSnapshotContents,
  volumeSnapshots,
} from "../../volumes/csi/snapshot-api.ts";
import type { CutGroup } from "../../volumes/csi/take-group.ts";
import { discardRunSnapshots } from "../../volumes/discard-snapshots.ts";
import type { BackupPorts, BackupRequest } from "../backup-run.ts";
import type { BlockWork } from "../hooks/act-on-block.ts";
import { defaultVolumeGroupLabel } from "../hooks/claim-groups.ts";
import type { OperationLedger } from "../operations/operation-ledger.ts";
import type { PlannedRun } from "../plan-run.ts";
import { findGroups } from "./find-groups.ts";
import { type GroupPlan, tellApart } from "./planned-group.ts";
import {
  planSnapshots,
  type SnapshotPlan,
  type SnapshotPlanInput,
  wantsSnapshots,
} from "./planned-snapshot.ts";
import { createSnapshotWork, type SnapshotWork } from "./snapshot-work.ts";
import { storedForm } from "./stored-form.ts";
import type { RunSnapshot } from "./work-options.ts";

/** Velero's name for what waits until a snapshot is ready. */
export const snapshotAction = "velero.io/csi-volumesnapshot-backupper";

/** Velero's `--csi-snapshot-timeout`. */
const defaultCutLimitMs = 600_000;

/** CSI snapshots of one run: taken among its hooks, kept for its backup, removed when it fails. */
export interface SnapshotStage {
  /** Why none can be taken; undefined: they can. */
  readonly obstacle: string | undefined;
  /** Whether what is stored of an object depends on a snapshot that is still to be taken. */
  holds(resource: GroupResource, object: RawObject): boolean;
  /** Says which claims get one. Errors: those after which nothing can be read. */
  plan(input: Omit<SnapshotPlanInput, "classes">, signal: AbortSignal): Promise<void>;
  /**
   * Why no CSI snapshot of a claim is possible here at all; undefined: one is, or it is for somebody
   * to make it so. Known once it is planned.
   */
  beyondCsi(key: string): string | undefined;
  /** Undefined where there is an obstacle. */
  readonly work: BlockWork | undefined;
  /** Those of claims without a pod, then until all are ready. */
  finish(onWait: (waitingFor: string) => void, signal: AbortSignal): Promise<void>;
  /** Why a claim that was to have one has none; undefined: it has, or was not to. */
  failureOf(key: string): string | undefined;
  /** The volume group that a claim is, or was, cut with; undefined: it is cut alone. */
  groupOf(key: string): string | undefined;
  stored(resource: GroupResource, object: RawObject): RawObject;
  /** Not to be stored: the objects of snapshots that came to nothing. */
  omits(item: ItemReference): boolean;
  /** To be stored beside the snapshots, whatever the filters say. */
  companions(signal: AbortSignal): Promise<readonly ItemReference[]>;
  records(): readonly SnapshotRecord[];
  /** Asked by the engine of operations. */
  readonly calls: OperationCalls;
  /** The backup is sealed: the cluster need not hold their objects any more. Never throws. */
  release(records: readonly SnapshotRecord[], signal: AbortSignal): Promise<void>;
  /** The backup is given up: nothing of them is to stay. Never throws. */
  discard(signal: AbortSignal): Promise<void>;
}

export interface SnapshotStageRun {
  readonly request: Pick<BackupRequest, "name" | "spec" | "annotations">;
  readonly ports: Pick<BackupPorts, "clock" | "snapshots">;
  readonly log: RunLog;
  readonly run: Pick<PlannedRun, "discovery" | "plan">;
  readonly runUid: string;
  /** As {@link ledger}; asked again after a failure. */
  readonly marks: (signal: AbortSignal) => Promise<SnapshotMarks>;
  /** Asked for when a snapshot is begun. */
  readonly ledger: () => OperationLedger;
}

export function openSnapshotStage(options: SnapshotStageRun): SnapshotStage {
  const { request, ports, log, run, runUid, marks, ledger } = options;
  const kinds = snapshotKinds(run.discovery.kinds);
  const cluster = ports.snapshots;
  const obstacle = obstacleOf(options);
  const api =
    kinds === undefined || cluster === undefined ? undefined : createSnapshotApi(cluster, kinds);
  const of = { backup: request.name, runUid };
  let plan: SnapshotPlan = { planned: [], refused: new Map(), classless: new Set(), notes: [] };
  let classes: readonly SnapshotClass[] = [];
  let grouped: ReadonlyMap<string, string> = new Map();
  let work: SnapshotWork | undefined;
  let tellWait: (waitingFor: string) => void = () => undefined;
  const begunAt = ports.clock.now().toISOString();
  const onCut = (snapshot: RunSnapshot): void => ledger().update(operationOf(snapshot, begunAt));
  const onEnd = (snapshot: RunSnapshot, problem: string): void => {
    const operation = operationOf(snapshot, begunAt);
    const updatedAt = ports.clock.now().toISOString();
    ledger().update(
      problem === ""
        ? progressed(operation, { ...progressOf(snapshot, begunAt), completed: true, updatedAt })
        : failed(operation, problem),
    );
  };
  const ready = (): ReadonlyMap<string, RunSnapshot> => work?.ready ?? new Map();
  const isActive = obstacle === undefined && api !== undefined;
  return {
    obstacle,
    holds: (resource, object) =>
      isActive && resource === persistentVolumeClaims && object.bytes.includes(boundMark),
    async plan(input, signal) {
      if (!isActive) return;
      const known = wantsSnapshots(input) ? await knownClasses(api, signal) : [];
      classes = typeof known === "string" ? [] : known;
      plan = planSnapshots({ ...input, classes: known });
      for (const { claim, text } of plan.notes) tellNote(claim, text, log);
      const { planned } = plan;
      const { groups, apart } = await groupsHere(planned, options, api, signal);
      tellApart(apart, log);
      grouped = new Map(groups.flatMap((one) => one.claims.map((key) => [key, one.value])));
      work = createSnapshotWork({
        ...{ planned, groups, run: of, marks, api, clock: ports.clock, log },
        ...limitsOf(request),
        ...{ onWait: (what) => tellWait(what), onCut, onEnd },
      });
    },
    beyondCsi: (key) =>
      kinds === undefined ? notServed : plan.classless.has(key) ? plan.refused.get(key) : undefined,
    work: isActive
      ? async (pods, left, signal) => {
          await work?.ofPods(pods, left, signal);
          await ledger().settle([], signal);
        }
      : undefined,
    async finish(onWait, signal) {
      tellWait = onWait;
      await work?.rest(signal);
      await ledger().settle([], signal);
      await work?.settle(signal);
      await work?.removeFailed(signal);
      await ledger().settle([], signal);
    },
    failureOf: (key) => obstacle ?? plan.refused.get(key) ?? work?.failed.get(key),
    groupOf: (key) => (isCutAlone(ready().get(key)) ? undefined : grouped.get(key)),
    stored: (resource, object) => storedForm(resource, object, request.name, ready()),
    omits: ({ resource, namespace, name }) =>
      [...(work?.failed.keys() ?? [])].length > 0 &&
      ((resource === volumeSnapshots && !isReady(ready(), { namespace, name })) ||
        (resource === volumeSnapshotContents && !hasContent(ready(), name))),
    companions: async (signal) =>
      isActive ? await companionsOf([...ready().values()], classes, api, signal) : [],
    records: () => [...ready().values()].map((one) => recordOf(one, ports.clock.now())),
    calls: callsOf(api, begunAt),
    release: async (records, signal) =>
      api === undefined ? undefined : await releaseAll(records, api, log, signal),
    async discard(signal) {
      if (api === undefined) return;
      await discardRunSnapshots(runUid, { api, clock: ports.clock, log }, signal);
    },
  };
}

/** Undefined: it was not taken yet. */
const isCutAlone = (taken: RunSnapshot | undefined): boolean =>
  taken !== undefined && taken.group === undefined;

/** Which of the planned are cut as groups. Errors: those of the API server. */
async function groupsHere(
  planned: SnapshotPlan["planned"],
  { request, ports, run }: SnapshotStageRun,
  { groups }: SnapshotApi,
  signal: AbortSignal,
): Promise<GroupPlan> {
  const { spec, annotations: backupAnnotations } = request;
  const label = spec.volumeGroupSnapshotLabelKey ?? defaultVolumeGroupLabel;
  if (ports.snapshots === undefined) return { groups: [], apart: [] };
  const where = { cluster: ports.snapshots, kinds: run.discovery.kinds, groups };
  return await findGroups({ planned, label, backupAnnotations, ...where }, signal);
}

async function releaseAll(
  records: readonly SnapshotRecord[],
  api: SnapshotApi,
  log: RunLog,
  signal: AbortSignal,
): Promise<void> {
  const { groups } = api;
  for (const [namespace, group] of groups === undefined ? [] : groupsOfRecords(records)) {
    await quietly(log, "the objects of a group of snapshots could not be removed", async () => {
      const name = { namespace, name: group.name };
      if (groups !== undefined) await releaseGroup(name, group.content, { api, groups }, signal);
    });
  }
  for (const { namespace, snapshot, content } of records) {
    await quietly(log, "the objects of a snapshot could not be removed", () =>
      releaseSnapshot({ namespace, name: snapshot }, content, api, signal),
    );
  }
}

/** A claim that is bound names its volume. */
const boundMark = Buffer.from('"volumeName":"');

const notServed = "the cluster does not serve snapshot.storage.k8s.io/v1";

function obstacleOf({ run, ports }: SnapshotStageRun): string | undefined {
  if (snapshotKinds(run.discovery.kinds) === undefined) {
    return notServed;
  }
  return ports.snapshots === undefined ? "this run may not write to the cluster" : undefined;
}

/** Rights in a namespace do not reach to classes: then only the snapshots are wanting. */
async function knownClasses(
  api: SnapshotApi,
  signal: AbortSignal,
): Promise<readonly SnapshotClass[] | string> {
  try {
    return await api.classes(signal);
  } catch (thrown) {
    if (!(thrown instanceof ApiError) || thrown.api.status !== 403) throw thrown;
    return `its snapshot class cannot be chosen, as this user may not "list" "${volumeSnapshotClasses}"`;
  }
}

function limitsOf({ spec }: Pick<BackupRequest, "spec">): {
  readonly cutLimitMs: number;
  readonly readyLimitMs: number;
} {
  const given = goDurationMs(spec.csiSnapshotTimeout ?? "");
  const cutLimitMs = given === undefined || given <= 0 ? defaultCutLimitMs : given;
  return { cutLimitMs, readyLimitMs: operationTimeout(spec.itemOperationTimeout).timeoutMs };
}

function tellNote(
  { namespace, name }: { readonly namespace: string; readonly name: string },
  text: string,
  log: RunLog,
): void {
  const place = { resource: "persistentvolumeclaims", namespace, name };
  const message = `${text}: another class was looked for, for claim ${namespace}/${name}`;
  log.find({ severity: "warning", code: "ARK_SNAPSHOT_CLASS", message, ...place });
}

/** Velero's form; the time is that of the cut, so that it is the same in each process of a run. */
function operationIdOf({ cut, startedAt }: RunSnapshot): string {
  return `${cut.namespace}/${cut.name}/${seconds(cut.state.cutAt ?? startedAt)}`;
}

function operationOf(snapshot: RunSnapshot, createdAt: string) {
  const { namespace, name, state } = snapshot.cut;
  const item = { resource: volumeSnapshots, namespace, name };
  const content = { resource: volumeSnapshotContents, namespace: "", name: state.content };
  return newOperation({
    action: snapshotAction,
    item,
    operationId: operationIdOf(snapshot),
    itemsToUpdate: [item, content],
    tooLate: [],
    createdAt,
  });
}

function progressOf({ cut }: RunSnapshot, startedAt: string): OperationProgress {
  const { waitsFor } = cut.state;
  return { ...nothing, description: waitsFor, startedAt: cut.state.cutAt ?? startedAt };
}

const nothing = {
  completed: false,
  error: "",
  unitsCompleted: 0,
  unitsTotal: 0,
  units: "",
  description: "",
};

function callsOf(api: SnapshotApi | undefined, startedAt: string): OperationCalls {
  return {
    async progress(operationId, signal) {
      const [namespace = "", name = "", cutAt = startedAt] = operationId.split("/");
      if (api === undefined) return nothing;
      const { state } = await api.look({ namespace, name }, signal);
      const completed = state.step === "ready";
      return { ...nothing, completed, description: state.waitsFor, startedAt: cutAt };
    },
    // Nobody can take back what a driver was asked for; what it makes is removed with the run.
    cancel: async () => undefined,
  };
}

function isReady(
  ready: ReadonlyMap<string, RunSnapshot>,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): boolean {
  return [...ready.values()].some(({ cut }) => cut.namespace === namespace && cut.name === name);
}

function hasContent(ready: ReadonlyMap<string, RunSnapshot>, content: string): boolean {
  return [...ready.values()].some(({ cut }) => cut.state.content === content);
}

/** Classes, and the Secrets that classes and contents name. */
async function companionsOf(
  ready: readonly RunSnapshot[],
  classes: readonly SnapshotClass[],
  api: SnapshotApi,
  signal: AbortSignal,
): Promise<readonly ItemReference[]> {
  const items = new Map<string, ItemReference>();
  const add = (item: ItemReference): void =>
    void items.set(`${item.resource} ${item.namespace}/${item.name}`, item);
  for (const { className, cut } of ready) {
    add({ resource: volumeSnapshotClasses, namespace: "", name: className });
    const { secret } = classes.find(({ name }) => name === className) ?? {};
    if (secret !== undefined) add({ resource: "secrets", ...secret });
    const content = await api.content(cut.state.content, signal);
    const metadata = content?.["metadata"] as
      | { readonly annotations?: Readonly<Record<string, string>> }
      | undefined;
    const {
      [annotationKeys.deletionSecretName]: name,
      [annotationKeys.deletionSecretNamespace]: at,
    } = metadata?.annotations ?? {};
    if (name !== undefined && at !== undefined) add({ resource: "secrets", namespace: at, name });
  }
  return [...items.values()];
}

function recordOf(snapshot: RunSnapshot, endedAt: Date): SnapshotRecord {
  const { claim, volume, driver, cut, startedAt, group } = snapshot;
  return {
    namespace: claim.namespace,
    claim: claim.name,
    volume: volume.name,
    driver,
    snapshot: cut.name,
    content: cut.state.content,
    handle: cut.state.handle,
    sizeBytes: cut.state.restoreSize,
    operationId: operationIdOf(snapshot),
    startedAt: seconds(startedAt),
    completedAt: seconds(endedAt.toISOString()),
    reclaimPolicy: volume.reclaimPolicy,
    volumeLabels: volume.labels,
    ...(group === undefined ? {} : { group: groupRecord(group) }),
  };
}

const groupRecord = ({ name, content, handle, members }: CutGroup): GroupRecord => ({
  ...{ name, content, handle, members },
});

/** Each once, with its namespace. */
function groupsOfRecords(
  records: readonly SnapshotRecord[],
): readonly (readonly [namespace: string, group: GroupRecord])[] {
  const groups = new Map<string, readonly [string, GroupRecord]>();
  for (const { namespace, group } of records) {
    if (group !== undefined) groups.set(`${namespace}/${group.name}`, [namespace, group]);
  }
  return [...groups.values()];
}

const seconds = (time: string): string => time.replace(/\.\d+Z$/, "Z");

async function quietly(log: RunLog, what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    log.write("warn", what, { error: toArkError(thrown).message });
  }
}
