import type { BackupEntry } from "../catalog/opened-backup.ts";
import { decideRestore, type RestoreDecision } from "../domain/restore/decide.ts";
import { stampObject } from "../domain/restore/restore-labels.ts";
import { transformItem } from "../domain/restore/transform.ts";
import { ArkError } from "../lib/errors.ts";
import type { JsonObject } from "../lib/json-text.ts";
import type { ObjectRef } from "../ports/cluster.ts";
import { createObject, type ItemInWork, patchObject } from "./apply-decision.ts";
import { attendClaim } from "./attend-claim.ts";
import { ensureNamespace } from "./ensure-namespaces.ts";
import { explainRefusal } from "./explain-refusal.ts";
import { kindNotServed } from "./kind-not-served.ts";
import type { LiveTable } from "./live-table.ts";
import { objectKey } from "./object-key.ts";
import { readBackedUp } from "./read-backed-up.ts";
import { readObject } from "./read-object.ts";
import { describeTarget, type RestoreRun, ruleContext, targetOf } from "./restore-run.ts";
import { keepForLater } from "./settle-failure.ts";
import { labelsOf } from "./survey-references.ts";

/** How often an object that is there, then not, then there again is looked at anew. */
const maxRaces = 3;

/** Brings one object of the backup into the target. Failures are kept for a later pass. */
export async function restoreItem(
  entry: BackupEntry,
  run: RestoreRun,
  live: LiveTable,
  signal: AbortSignal,
): Promise<void> {
  try {
    await settleItem(entry, run, live, signal);
  } catch (thrown) {
    const explained = await explainRefusal(thrown, run, entry.line, signal);
    keepForLater(run, entry.line, explained, signal);
  }
}

async function settleItem(
  entry: BackupEntry,
  run: RestoreRun,
  live: LiveTable,
  signal: AbortSignal,
): Promise<void> {
  const { plan, request } = run;
  const { line } = entry;
  const target = targetOf(plan, line);
  const backedUp = readBackedUp(entry, run.backup.name);
  const pulledIn = plan.pulledIn.has(objectKey(line.resource, line.namespace ?? "", line.name));
  if (!pulledIn && !plan.selection.includesLabels(labelsOf(backedUp))) {
    run.tally.unselected += 1;
    run.progress.step();
    return;
  }
  const context = ruleContext(plan, request)(line.resource);
  const transformed = transformItem({
    backedUp,
    context,
    targetNamespace: target.namespace,
    restoresStatus: plan.selection.restoresStatus(line.resource),
  });
  if (transformed.kind === "left out") return skip(run, line.resource, target, transformed.reason);
  if (target.namespace !== "") await ensureNamespace(run, target.namespace, signal);
  const blocked = run.blockedNamespaces.get(target.namespace);
  if (blocked !== undefined) throw blocked;
  const desired = stamped(transformed.desired, run);
  const ref = refOf(run, line.resource, target);
  const work: ItemInWork = {
    resource: line.resource,
    target,
    ref,
    item: { ...transformed, desired },
  };
  for (let races = 0; races < maxRaces; races += 1) {
    const known =
      races > 0 ? { state: "unknown" } : live.stateOf(line.resource, target.namespace, target.name);
    const present = known.state === "absent" ? undefined : await readLive(run, ref, signal);
    const decision = decideRestore({
      resource: line.resource,
      desired,
      live: present,
      policy: request.spec.existingResourcePolicy === "update" ? "update" : "none",
      context,
    });
    if (await act(work, decision, run, signal)) {
      if (decision.action === "create") {
        if (transformed.ownersDropped) run.tally.ownersDropped += 1;
        await attendClaim(run, line, backedUp, signal);
      }
      return;
    }
  }
  throw new ArkError(
    "ARK_API_CONFLICT",
    `${describeTarget(target)} was made and removed by others while it was restored`,
  );
}

/** Answers false when the world has changed and the decision must be made again. */
async function act(
  work: ItemInWork,
  decision: RestoreDecision,
  run: RestoreRun,
  signal: AbortSignal,
): Promise<boolean> {
  switch (decision.action) {
    case "create":
      if (!(await createObject(work, run, signal))) return false;
      run.log.write("info", "object created", fields(work));
      if (work.resource === "customresourcedefinitions.apiextensions.k8s.io") {
        run.definitions.add(work.target.name);
      }
      run.tally.record(work.target, "created");
      break;
    case "patch":
      await patchObject(work, decision, run, signal);
      run.log.write("info", "object updated", { ...fields(work), reason: decision.reason });
      run.tally.record(work.target, "updated");
      break;
    case "skip":
      if (decision.differs) reportDifference(work, run);
      else await restamp(work, run, signal);
      skip(run, work.resource, work.target, decision.reason);
      return true;
    case "wait":
      throw new ArkError("ARK_API_CONFLICT", `${describeTarget(work.target)}: ${decision.reason}`, {
        disposition: "wait",
      });
  }
  run.progress.step();
  return true;
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
): void {
  run.log.write("debug", "object skipped", { ...fields({ resource, target }), reason });
  run.tally.record(target, "skipped");
  run.progress.step();
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
