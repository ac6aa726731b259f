import type { Finding } from "../api/results.ts";
import type { BackupEntry } from "../catalog/opened-backup.ts";
import type { RunLog } from "../catalog/run-log.ts";
import { decideRestore, type RestoreDecision } from "../domain/restore/decide.ts";
import { stampObject } from "../domain/restore/restore-labels.ts";
import type { RuleContext } from "../domain/restore/rule.ts";
import { transformItem } from "../domain/restore/transform.ts";
import type { IndexLine } from "../format/index-line.ts";
import type { RestoreOutcome } from "../format/restore-journal.ts";
import { ArkError } from "../lib/errors.ts";
import { textAt } from "../lib/json-edit.ts";
import type { JsonObject } from "../lib/json-text.ts";
import type { ObjectRef } from "../ports/cluster.ts";
import { completeObject, createObject, type ItemInWork, patchObject } from "./apply-decision.ts";
import { attendClaim } from "./attend-claim.ts";
import { ensureNamespace } from "./ensure-namespaces.ts";
import { journalItem } from "./entries-with-intents.ts";
import { explainRefusal } from "./explain-refusal.ts";
import { itemKey } from "./interrupted-restore.ts";
import { kindNotServed } from "./kind-not-served.ts";
import type { LiveTable } from "./live-table.ts";
import { objectKey } from "./object-key.ts";
import { isOwnCreation } from "./own-creation.ts";
import { readBackedUp } from "./read-backed-up.ts";
import { readObject } from "./read-object.ts";
import { describeTarget, type RestoreRun, ruleContext, targetOf } from "./restore-run.ts";
import { keepForLater } from "./settle-failure.ts";
import { labelsOf } from "./survey-references.ts";

interface Deed {
  readonly work: ItemInWork;
  readonly decision: RestoreDecision;
  /** What the decision was made of. */
  readonly live: JsonObject | undefined;
}

/** How often an object that is there, then not, then there again is looked at anew. */
const maxRaces = 3;

/**
 * Brings one object of the backup into the target and writes down what became of it. Failures are
 * kept for a later pass.
 */
export async function restoreItem(
  entry: BackupEntry,
  run: RestoreRun,
  live: LiveTable,
  signal: AbortSignal,
): Promise<void> {
  const findings: Finding[] = [];
  try {
    const watched = { ...run, log: keepFindings(run.log, findings) };
    const settled = await settleItem(entry, watched, live, signal);
    settle(run, entry.line, settled, findings);
  } catch (thrown) {
    const explained = await explainRefusal(thrown, run, entry.line, signal);
    keepForLater(run, entry.line, explained, signal);
  }
}

function keepFindings(log: RunLog, findings: Finding[]): RunLog {
  return {
    ...log,
    find(finding) {
      findings.push(finding);
      log.find(finding);
    },
  };
}

type Settled = Pick<RestoreOutcome, "action" | "uid" | "ownersDropped">;

function settle(
  run: RestoreRun,
  line: IndexLine,
  settled: Settled,
  findings: readonly Finding[],
): void {
  const { version, kind } = line;
  if (settled.action === "unselected") run.tally.unselected += 1;
  else run.tally.record(targetOf(run.plan, line), settled.action);
  if (settled.ownersDropped === true) run.tally.ownersDropped += 1;
  const told = findings.length === 0 ? {} : { findings };
  run.journal.settled({ ...journalItem(line), version, kind, ...settled, ...told });
  run.progress.step();
}

async function settleItem(
  entry: BackupEntry,
  run: RestoreRun,
  live: LiveTable,
  signal: AbortSignal,
): Promise<Settled> {
  const { plan } = run;
  const { line } = entry;
  const target = targetOf(plan, line);
  const backedUp = readBackedUp(entry, run.backup.name);
  const pulledIn = plan.pulledIn.has(objectKey(line.resource, line.namespace ?? "", line.name));
  if (!pulledIn && !plan.selection.includesLabels(labelsOf(backedUp))) {
    return { action: "unselected" };
  }
  const context = ruleContext(plan, run.request)(line.resource);
  const transformed = transformItem({
    backedUp,
    context,
    targetNamespace: target.namespace,
    restoresStatus: plan.selection.restoresStatus(line.resource),
  });
  if (transformed.kind === "left out") {
    return skip(run, line.resource, target, transformed.reason);
  }
  if (target.namespace !== "") await ensureNamespace(run, target.namespace, signal);
  const blocked = run.blockedNamespaces.get(target.namespace);
  if (blocked !== undefined) throw blocked;
  const desired = stamped(transformed.desired, run);
  const ref = refOf(run, line.resource, target);
  const item = { ...transformed, desired };
  const inDoubt = run.before.inDoubt.get(itemKey(journalItem(line)));
  const work: ItemInWork = { line, resource: line.resource, target, ref, item, inDoubt };
  for (let races = 0; races < maxRaces; races += 1) {
    const isAbsent =
      races === 0 &&
      inDoubt === undefined &&
      live.stateOf(line.resource, target.namespace, target.name).state === "absent";
    const present = isAbsent ? undefined : await readLive(run, ref, signal);
    const settled = await act(
      { work, decision: decide(work, present, context, run), live: present },
      run,
      signal,
    );
    if (settled === undefined) continue;
    if (settled.action === "created") await attendClaim(run, line, backedUp, signal);
    return settled;
  }
  throw new ArkError(
    "ARK_API_CONFLICT",
    `${describeTarget(target)} was made and removed by others while it was restored`,
  );
}

function decide(
  { resource, item }: ItemInWork,
  live: JsonObject | undefined,
  context: RuleContext,
  { request }: RestoreRun,
): RestoreDecision {
  const policy = request.spec.existingResourcePolicy === "update" ? "update" : "none";
  return decideRestore({ resource, desired: item.desired, live, policy, context });
}

/** Answers undefined when the world has changed and the decision must be made again. */
async function act(
  { work, decision, live }: Deed,
  run: RestoreRun,
  signal: AbortSignal,
): Promise<Settled | undefined> {
  if (live !== undefined && work.inDoubt === "create") {
    if (isOwnCreation(work.resource, live, work.item, decision)) {
      await completeObject(work, run, signal);
      return created(work, textAt(live, ["metadata", "uid"]), run);
    }
  }
  switch (decision.action) {
    case "create": {
      await run.journal.intend("create", [journalItem(work.line)]);
      const made = await createObject(work, run, signal);
      return made && created(work, made.uid, run);
    }
    case "patch":
      await run.journal.intend("patch", [journalItem(work.line)]);
      await patchObject(work, decision, run, signal);
      run.log.write("info", "object updated", { ...fields(work), reason: decision.reason });
      return { action: "updated" };
    case "skip":
      if (decision.differs) reportDifference(work, run);
      else await restamp(work, run, signal);
      // It differed when a process that died was about to patch it.
      if (work.inDoubt === "patch" && !decision.differs) return { action: "updated" };
      return skip(run, work.resource, work.target, decision.reason);
    case "wait":
      throw new ArkError("ARK_API_CONFLICT", `${describeTarget(work.target)}: ${decision.reason}`, {
        disposition: "wait",
      });
  }
}

function created(work: ItemInWork, uid: string, run: RestoreRun): Settled {
  run.log.write("info", "object created", fields(work));
  if (work.resource === "customresourcedefinitions.apiextensions.k8s.io") {
    run.definitions.add(work.target.name);
  }
  const owners = work.item.ownersDropped ? { ownersDropped: true } : {};
  return { action: "created", uid, ...owners };
}

function reportDifference({ resource, target }: ItemInWork, run: RestoreRun): void {
  run.log.find({
    severity: "warning",
    code: "ARK_OBJECT_DIFFERS",
    message: `${describeTarget(target)} is there and differs from the backup; it was left as it is`,
    resource,
    namespace: target.namespace,
    name: target.name,
    advice: "to bring it back to what the backup has: --existing-resource-policy update",
  });
}

function skip(
  run: RestoreRun,
  resource: string,
  target: ItemInWork["target"],
  reason: string,
): Settled {
  run.log.write("debug", "object skipped", { ...fields({ resource, target }), reason });
  return { action: "skipped" };
}

/** As Velero: with policy update an equal object gets the marks of this restore. */
async function restamp(work: ItemInWork, run: RestoreRun, signal: AbortSignal): Promise<void> {
  if (run.request.stampLabels !== true) return;
  if (run.request.spec.existingResourcePolicy !== "update") return;
  const marks = stamped({}, run);
  await patchObject(work, { action: "patch", reason: "marks", patch: marks }, run, signal);
}

function stamped(object: JsonObject, run: RestoreRun): JsonObject {
  return run.request.stampLabels === true
    ? stampObject(object, run.backup.name, run.request.name)
    : object;
}

function refOf(run: RestoreRun, resource: string, target: ItemInWork["target"]): ObjectRef {
  const kind = run.target.find(resource, target.version);
  if (kind !== undefined) return { kind, namespace: target.namespace, name: target.name };
  throw kindNotServed(run, resource, target);
}

async function readLive(
  run: RestoreRun,
  ref: ObjectRef,
  signal: AbortSignal,
): Promise<JsonObject | undefined> {
  const raw = await run.ports.cluster.get(ref, { signal });
  return raw === undefined
    ? undefined
    : readObject(raw.bytes, `${ref.kind.kind} "${ref.name}" of the cluster`);
}

function fields({
  resource,
  target,
}: Pick<ItemInWork, "resource" | "target">): Readonly<Record<string, unknown>> {
  const { namespace, name } = target;
  return { resource, ...(namespace === "" ? {} : { namespace }), name };
}
