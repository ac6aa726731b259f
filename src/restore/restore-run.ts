import type { RawObject } from "../api/raw-object.ts";
import type { GroupResource } from "../api/resource-kind.ts";
import type { OpenedBackup } from "../catalog/opened-backup.ts";
import type { RunLog } from "../catalog/run-log.ts";
import type { ChosenVersion } from "../domain/restore/choose-version.ts";
import type { RuleContext } from "../domain/restore/rule.ts";
import type { RestoreMarks } from "../domain/volumes/csi/restored-snapshot.ts";
import type { IndexLine } from "../format/index-line.ts";
import type { RestoreIntent } from "../format/restore-journal.ts";
import type { ArkError } from "../lib/errors.ts";
import type { JsonObject } from "../lib/json-text.ts";
import type { Semaphore } from "../lib/semaphore.ts";
import type { RestoreActions } from "./actions/restore-actions.ts";
import type { Removals } from "./apply/removals.ts";
import type { ReplacementChecks } from "./apply/replacement-checks.ts";
import type { UnansweredWrite } from "./apply/unanswered-write.ts";
import type { HookLedger } from "./hooks/hook-ledger.ts";
import type { NativeVolumes } from "./natives/native-volumes.ts";
import type { OwnerLookup } from "./owners/owner-lookup.ts";
import type { OwnerTable } from "./owners/owner-table.ts";
import type { RestorePlan } from "./plan-restore.ts";
import type { RestoredObjects } from "./read-back/restored-objects.ts";
import type { FormerKeeper } from "./record/former-keeper.ts";
import type { InterruptedRestore } from "./record/interrupted-restore.ts";
import type { PerhapsPatched } from "./record/perhaps-patched.ts";
import type { RestoreJournal } from "./record/restore-journal.ts";
import type { EffectList } from "./report/effect-list.ts";
import type { Progress } from "./report/progress.ts";
import type { Tally, TargetName } from "./report/tally.ts";
import type { RestoreLimits, RestorePorts, RestoreRequest } from "./restore-request.ts";
import type { PortHolders } from "./survey/port-holders.ts";
import type { TargetKinds } from "./survey/target-kinds.ts";
import type { LateApis } from "./waits/late-apis.ts";
import type { NamespaceOutcome } from "./waits/namespace-outcome.ts";
import type { Waits } from "./waits/waits.ts";

/** What the stages of one run share. */
export interface RestoreRun {
  readonly request: RestoreRequest;
  readonly ports: RestorePorts;
  readonly limits: RestoreLimits;
  readonly backup: OpenedBackup;
  readonly versions: readonly ChosenVersion[];
  readonly plan: RestorePlan;
  readonly target: TargetKinds;
  readonly log: RunLog;
  readonly tally: Tally;
  /** By target namespace; see namespace-gate.ts. */
  readonly namespaceOutcomes: Map<string, Promise<NamespaceOutcome>>;
  /** The backed-up Namespace behind each target namespace, where there is one. */
  readonly namespaceObjects: Map<string, JsonObject>;
  /** Namespaces that this run has made: nothing of the backup can be there yet. */
  readonly freshNamespaces: Set<string>;
  /** The same, as the API server answered. */
  readonly madeNamespaces: Map<string, RawObject>;
  /** Namespaces that were there already, as they were seen. */
  readonly foundNamespaces: Map<string, JsonObject>;
  /** Target namespaces that cannot be written to, with why. */
  readonly blockedNamespaces: Map<string, ArkError>;
  /** Objects for a later pass. */
  readonly failures: FailedItem[];
  /** Definitions written by this run. */
  readonly definitions: Set<string>;
  /** Aggregated APIs that did not come in time. */
  readonly lateApis: LateApis;
  readonly lookup: OwnerLookup;
  /** What owners are owed to created objects. */
  readonly owners: OwnerTable;
  /** Commands that created pods have to run. */
  readonly hooks: HookLedger;
  readonly progress: Progress;
  readonly waits: Waits;
  /** What processes of this run have done that died. */
  readonly before: InterruptedRestore;
  /** By key of the item: writes of this process that got no answer. */
  readonly doubts: Map<string, RestoreIntent>;
  readonly perhapsPatched: PerhapsPatched;
  readonly journal: RestoreJournal;
  readonly portHolders: PortHolders;
  /** What this run has written, to be read back at its end. */
  readonly restored: RestoredObjects;
  /** What stood in the cluster before this run changes it. */
  readonly former: FormerKeeper;
  /** What this run deletes to make it anew, until it has. */
  readonly removals: Removals;
  readonly replacements: ReplacementChecks;
  /** Bounds how many objects are deleted and not yet made anew, but for those that are waited for. */
  readonly recreating: Semaphore;
  /** By place: what was sent and not answered, and was not seen since. */
  readonly unanswered: Map<string, UnansweredWrite>;
  /** Aborts some time after the run is cancelled: until then what is begun is brought to its end. */
  readonly late: AbortSignal;
  /** What this run has changed. */
  readonly effects: EffectList;
  /** By uid of an object that is being deleted: until when it is waited for, monotonic. */
  readonly goneBy: Map<string, number>;
  /** Whether the cluster has the storage classes that mappings gave. */
  readonly storageClasses: Map<string, boolean>;
  /** Undefined: no item action is there, and no operation of one. */
  readonly actions: RestoreActions | undefined;
  /** Volumes that providers make of native snapshots. */
  readonly natives: NativeVolumes;
  /**
   * Claims that this process made of CSI snapshots, by `namespace/name` in the backup, and those of
   * earlier ones that it looked after: the volumes that they are bound to, or empty.
   */
  readonly snapshotClaims: Map<string, string>;
  /** What the objects of those snapshots are marked with. */
  readonly snapshotMarks: (signal: AbortSignal) => Promise<RestoreMarks>;
  /** What is told once in a run. */
  readonly told: Set<string>;
}

export interface FailedItem {
  readonly line: IndexLine;
  readonly error: ArkError;
}

export function ruleContext(plan: RestorePlan, request: RestoreRequest) {
  const { selection, volumes, restoredJobs } = plan;
  return (resource: GroupResource): RuleContext => ({
    resource,
    mapNamespace: selection.mapNamespace,
    preserveNodePorts: request.spec.preserveNodePorts === true,
    volumes,
    restoredJobs,
  });
}

/** Of a plan: as what a namespace of the backup stands in the target. */
export interface NamesOfTarget {
  readonly selection: Pick<RestorePlan["selection"], "mapNamespace">;
}

/** Where an object of the backup goes. */
export function targetOf(
  plan: NamesOfTarget,
  line: Pick<IndexLine, "resource" | "version" | "kind" | "namespace" | "name">,
): TargetName {
  const { mapNamespace } = plan.selection;
  const name = line.resource === "namespaces" ? mapNamespace(line.name) : line.name;
  const { namespace: source = "" } = line;
  const namespace = source === "" ? "" : mapNamespace(source);
  return { version: line.version, kind: line.kind, namespace, name };
}

/** `Kind "namespace/name"`, as sentences name it. */
export function describeTarget({ kind, namespace, name }: TargetName): string {
  return `${kind} "${namespace === "" ? name : `${namespace}/${name}`}"`;
}
