import { annotations } from "../../api/labels.ts";
import { restoreOptions } from "../../domain/restore/restore-options.ts";
import { isEditedSince } from "../../domain/restore/without-patch.ts";
import { compareClusters } from "../../domain/same-cluster.ts";
import { ArkError } from "../../lib/errors.ts";
import type { Assessment } from "../apply/assess-item.ts";
import { objectKey } from "../apply/object-key.ts";
import { isUntouched } from "../apply/recreate-object.ts";
import type { Standing } from "../apply/standing.ts";
import { findStrangers } from "../prune/find-strangers.ts";
import { journalItem } from "../record/entries-with-intents.ts";
import { itemKey } from "../record/interrupted-restore.ts";
import { standingOfOutcome } from "../record/replay-outcomes.ts";
import type { TargetName } from "../report/tally.ts";
import { describeTarget, type RestoreRun, targetOf } from "../restore-run.ts";
import { type AssessedItem, assessAll, type Planner } from "./assess-all.ts";
import { patchSha256 } from "./describe-item.ts";
import { type ActualStep, driftOf } from "./drift-of.ts";
import type { PlannedRun } from "./plan-expectation.ts";
import { planNamespaces } from "./plan-namespaces.ts";
import { plannedFrom } from "./planned-from.ts";

/** Objects that the refusal names. */
const named = 10;
/** Findings of drift that is allowed; the rest is counted. */
const mostFindings = 200;

/**
 * Looks before the first write whether backup, cluster and every object are as the plan has them.
 * With `allowDrift` what is not becomes a warning each. Errors: ARK_PLAN_DRIFTED.
 */
export async function refuseDrift(
  run: Planner,
  planned: PlannedRun,
  signal: AbortSignal,
): Promise<void> {
  const identity = await run.ports.cluster.identity({ signal });
  const others = [...backupDrift(run, planned)];
  const sameness = compareClusters(planned.cluster, identity);
  if (sameness === "other") others.push("it was made for another cluster");
  const given = run.request.annotations ?? {};
  const modifiers = given[annotations.resourceModifiersSha256] ?? "";
  if (modifiers !== planned.modifiersSha256) others.push("the resource modifiers were changed");
  const policies = given[annotations.resourcePoliciesSha256] ?? "";
  if (policies !== planned.policiesSha256) others.push("the resource policies were changed");
  const actions = (run.ports.actions ?? []).map(({ name }) => name).join(", ");
  if (actions !== planned.itemActions.join(", ")) {
    const before = planned.itemActions.join(", ") || "none";
    others.push(`it was made with the item actions ${before}; now there are ${actions || "none"}`);
  }
  const drifted: string[] = sameness === "unknown" ? [unknownCluster] : [];
  let count = drifted.length;
  const tell = (target: TargetName, problem: string | undefined): void => {
    if (problem === undefined) return;
    count += 1;
    if (drifted.length < mostFindings) drifted.push(`${describeTarget(target)}: ${problem}`);
  };
  const restored = placesOfBefore(run);
  await compareNamespaces(run, planned, tell, signal);
  await assessAll(
    run,
    {
      examine: async (item) => item,
      take(item) {
        const { resource, target } = standingOfItem(run, item);
        restored.add(objectKey(resource, target.namespace, target.name));
        tell(target, driftOfItem(run, planned, item));
      },
      enter: async () => {},
      equal: (line) => {
        const target = targetOf(run.plan, line);
        tell(target, driftOfStep(planned, { ...target, ...line, ...equalStep }));
      },
    },
    signal,
  );
  await compareStrangers(run, planned, restored, tell, signal);
  const problems = [...others, ...drifted];
  if (problems.length === 0) return;
  if (!planned.allowDrift || others.length > 0) {
    const all = others.length + count;
    throw refusal(planned, { problems, count: all, isOther: others.length > 0 }, run);
  }
  for (const problem of problems) {
    run.log.find({
      severity: "warning",
      code: "ARK_PLAN_DRIFTED",
      message:
        problem === unknownCluster ? `of the plan: ${problem}` : `since the plan, ${problem}`,
    });
  }
  const left = count - drifted.length;
  if (left > 0) {
    const message = `since the plan, ${left} more objects have changed`;
    run.log.find({ severity: "warning", code: "ARK_PLAN_DRIFTED", message });
  }
}

/** Allowed drift: what the plan says of each object is compared all the same. */
const unknownCluster =
  "whether it was made for this cluster is not known, for only one of its user and this one may read namespace kube-system, and their kubeconfigs name the API server in different ways";

/** What processes that died have settled is not assessed again; it stands by its own name. */
function placesOfBefore(run: Planner): Set<string> {
  const places = new Set<string>();
  for (const outcome of run.before.outcomes.values()) {
    const { resource, target } = standingOfOutcome(run, outcome);
    places.add(objectKey(resource, target.namespace, target.name));
  }
  return places;
}

const equalStep = { action: "skip", live: undefined, patchSha256: "", isDone: true } as const;

function* backupDrift(run: Planner, { backup }: PlannedRun): Generator<string> {
  const now = plannedFrom(run.backup);
  const isSame =
    now.name === backup.name &&
    now.uid === backup.uid &&
    now.manifestSha256 === backup.manifestSha256 &&
    now.completedAt === backup.completedAt;
  if (!isSame) yield `backup "${backup.name}" is another one than that of the plan`;
}

async function compareNamespaces(
  run: Planner,
  planned: PlannedRun,
  tell: (target: TargetName, problem: string | undefined) => void,
  signal: AbortSignal,
): Promise<void> {
  for (const { name, state } of (await planNamespaces(run, signal)).values()) {
    if (state === "absent" || state === "terminating") run.freshNamespaces.add(name);
    const key = { resource: "namespaces", namespace: "", name };
    const expected = planned.expected("namespaces", "", name);
    const wasMade = run.before.outcomes.has(itemKey(key)) || run.before.inDoubt.has(itemKey(key));
    if (expected === undefined || wasMade) continue;
    const action = { absent: "create", terminating: "wait", there: "skip", unknown: "skip" }[state];
    const target = { version: "v1", kind: "Namespace", namespace: "", name };
    tell(
      target,
      driftOf(expected, { ...key, ...equalStep, version: "v1", action, isDone: action === "skip" }),
    );
  }
}

/** What the plan does not remove is never removed; what it does, only as it was. */
async function compareStrangers(
  run: Planner,
  planned: PlannedRun,
  restored: ReadonlySet<string>,
  tell: (target: TargetName, problem: string | undefined) => void,
  signal: AbortSignal,
): Promise<void> {
  if (!restoreOptions(run.request).prune) return;
  for (const { resource, target, live, kept } of await findStrangers(run, restored, signal)) {
    const expected = planned.expected(resource, target.namespace, target.name);
    const isMeant = expected?.action === "delete";
    const key = itemKey({ resource, namespace: target.namespace, name: target.name });
    if (run.before.inDoubt.has(key) || run.before.outcomes.has(key)) continue;
    if (!isMeant) {
      const what =
        expected === undefined
          ? "it is neither in the backup nor in the plan"
          : "it is not in the backup, and what the plan kept it for is no more";
      tell(target, kept === undefined ? what : undefined);
    } else if (kept !== undefined) {
      planned.spared.set(key, kept);
      tell(target, `the plan removes it, but ${kept}`);
    } else if (live.uid !== expected.liveUid) tell(target, "it was deleted and made again");
    else if (live.sha256 !== expected.liveSha256) tell(target, "it was changed in the cluster");
  }
}

/** A modifier or an item action may give another name, kind and version. */
function standingOfItem(run: Planner, item: AssessedItem): Standing {
  if (item.outcome === "decided") return item.assessment.work;
  return { resource: item.line.resource, target: targetOf(run.plan, item.line) };
}

/** What cannot be assessed fails in the run by itself. */
function driftOfItem(run: Planner, planned: PlannedRun, item: AssessedItem): string | undefined {
  if (item.outcome === "failed") return undefined;
  const { resource, target } = standingOfItem(run, item);
  const { version, namespace, name } = target;
  const place = { resource, version, namespace, name };
  if (item.outcome !== "decided") return driftOfStep(planned, { ...place, ...equalStep });
  // A process of this run may have written it already.
  if (mayBeWritten(item.assessment, run)) return undefined;
  return driftOfStep(planned, { ...place, ...stepOf(item.assessment) });
}

/** By a process of this run that was cut off, and by nobody since. */
function mayBeWritten(
  { work, live, liveIdentity }: Assessment,
  { perhapsPatched }: Pick<Planner, "perhapsPatched">,
): boolean {
  const { inDoubt } = work;
  if (inDoubt === undefined || live === undefined) return inDoubt !== undefined;
  const { uid = "" } = liveIdentity ?? {};
  if (inDoubt.write !== "patch") return !isUntouched(work, uid);
  const before = perhapsPatched?.get(uid);
  if (before === undefined) return [undefined, uid].includes(inDoubt.uid);
  return !isEditedSince(before, live);
}

function driftOfStep(
  planned: PlannedRun,
  step: ActualStep & { readonly namespace: string },
): string | undefined {
  return driftOf(planned.expected(step.resource, step.namespace, step.name), step);
}

function stepOf({
  decision,
  liveIdentity,
}: Assessment): Omit<ActualStep, "resource" | "version" | "name"> {
  return {
    action: decision.action,
    live: liveIdentity,
    isDone: decision.action === "skip" && !decision.differs,
    patchSha256: decision.action === "patch" ? patchSha256(decision) : "",
  };
}

interface Problems {
  readonly problems: readonly string[];
  /** With those that are not among them. */
  readonly count: number;
  /** It is not only objects that have changed: no flag goes on. */
  readonly isOther: boolean;
}

function refusal(
  { id, plannedAt, backup }: PlannedRun,
  { problems, count, isOther }: Problems,
  { before }: Planner,
): ArkError {
  const left = count - Math.min(problems.length, named);
  const shown = problems.slice(0, named).join("; ");
  const isOnlyUnknown = problems.every((problem) => problem === unknownCluster);
  const isBegun = before.planned !== undefined;
  const again = `make a new plan, with the flags of this one: ark-ts restore plan --from-backup ${backup.name}`;
  const allow = "go on by what is there now, with --allow-drift";
  const either = isBegun ? allow : `${again}; or ${allow}`;
  return new ArkError(
    "ARK_PLAN_DRIFTED",
    `plan ${id} of ${plannedAt} ${isOnlyUnknown ? "may be of another cluster" : "no longer holds"}; nothing ${isBegun ? "more " : ""}was restored`,
    {
      answer: left > 0 ? `${shown}; and ${left} more` : shown,
      advice: isOther ? again : either,
    },
  );
}

/**
 * Stops a write that the plan does not have: something changed after the look before the first
 * write. Errors: ARK_PLAN_DRIFTED.
 */
export function checkPlanned(assessment: Assessment, run: RestoreRun): void {
  const { planned } = run.request;
  const { work, decision } = assessment;
  const { resource, target, line } = work;
  if (planned === undefined || planned.allowDrift || mayBeWritten(assessment, run)) return;
  // A snapshotter may give a volume another name, which no plan can tell.
  if (work.volumeId !== undefined) return;
  if (run.actions?.unforeseen.has(itemKey(journalItem(line)))) return;
  if (decision.action === "skip" || run.freshNamespaces.has(target.namespace)) return;
  const step = stepOf(assessment);
  const there = planned.expected(line.resource, target.namespace, line.name);
  // An action that was not asked may have given it another kind or name.
  const expected = there?.isOpen
    ? there
    : planned.expected(resource, target.namespace, target.name);
  if (expected?.action === "wait") return;
  const drift = driftOf(expected, {
    resource,
    version: target.version,
    name: target.name,
    ...step,
  });
  if (drift === undefined || decision.action === "wait") return;
  throw new ArkError(
    "ARK_PLAN_DRIFTED",
    `${describeTarget(target)} changed while plan ${planned.id} was carried out: ${drift}`,
    {
      advice: `make a new plan (ark-ts restore plan --from-backup ${planned.backup.name}), or use --allow-drift`,
    },
  );
}
