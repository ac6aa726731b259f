import type { GroupResource } from "../api/resource-kind.ts";
import type { OpenedBackup } from "../catalog/opened-backup.ts";
import type { RunLog } from "../catalog/run-log.ts";
import type { RuleContext } from "../domain/restore/rule.ts";
import type { IndexLine } from "../format/index-line.ts";
import type { ArkError } from "../lib/errors.ts";
import type { JsonObject } from "../lib/json-text.ts";
import type { InterruptedRestore } from "./interrupted-restore.ts";
import type { NamespaceOutcome } from "./namespace-outcome.ts";
import type { RestorePlan } from "./plan-restore.ts";
import type { PortHolders } from "./port-holders.ts";
import type { Progress } from "./progress.ts";
import type { RestoreJournal } from "./restore-journal.ts";
import type { RestoreLimits, RestorePorts, RestoreRequest } from "./restore-request.ts";
import type { Tally, TargetName } from "./tally.ts";
import type { TargetKinds } from "./target-kinds.ts";

/** What the stages of one run share. */
export interface RestoreRun {
  readonly request: RestoreRequest;
  readonly ports: RestorePorts;
  readonly limits: RestoreLimits;
  readonly backup: OpenedBackup;
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
  /** Target namespaces that cannot be written to, with why. */
  readonly blockedNamespaces: Map<string, ArkError>;
  /** Objects for a later pass. */
  readonly failures: FailedItem[];
  /** Definitions written by this run. */
  readonly definitions: Set<string>;
  readonly progress: Progress;
  /** What processes of this run have done that died. */
  readonly before: InterruptedRestore;
  readonly journal: RestoreJournal;
  readonly portHolders: PortHolders;
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

/** Where an object of the backup goes. */
export function targetOf(
  plan: Pick<RestorePlan, "selection">,
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
