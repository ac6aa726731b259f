import type { RawObject } from "../../api/raw-object.ts";
import type { Finding } from "../../api/results.ts";
import type { BackupEntry } from "../../catalog/opened-backup.ts";
import type { RunLog } from "../../catalog/run-log.ts";
import { restoreOptions } from "../../domain/restore/restore-options.ts";
import type { IndexLine } from "../../format/index-line.ts";
import type { RestoreOutcome } from "../../format/restore-journal.ts";
import { ArkError } from "../../lib/errors.ts";
import { actOnItem } from "../actions/act-on-item.ts";
import { hasHooks, noteHooks, noteSelecting } from "../hooks/note-hooks.ts";
import { makeItsVolume, standingForIts } from "../natives/make-its-volume.ts";
import { sourceOf } from "../natives/source-of.ts";
import { noteOwners, noteRenamed, owedOwners } from "../owners/note-owners.ts";
import { checkPlanned } from "../plan/refuse-drift.ts";
import { isPlanned } from "../plan-restore.ts";
import { noteRestored } from "../read-back/as-backed-up.ts";
import { journalItem } from "../record/entries-with-intents.ts";
import { itemKey } from "../record/interrupted-restore.ts";
import { isOwnCreation } from "../record/own-creation.ts";
import { describeTarget, type RestoreRun, targetOf } from "../restore-run.ts";
import { prepareClaim } from "../snapshots/prepare-claim.ts";
import { type LiveTable, nothingSurveyed } from "../survey/live-table.ts";
import { awaitGone } from "../waits/await-gone.ts";
import { type NamespacePair, openItsNamespace } from "../waits/ensure-namespaces.ts";
import { completeObject, createObject, patchObject } from "./apply-decision.ts";
import {
  type Assessment,
  assessItem,
  type ItemInWork,
  readItem,
  type ShapedObject,
  shapeObject,
  stamped,
} from "./assess-item.ts";
import { attendRestored } from "./attend-restored.ts";
import type { CleanedObject } from "./cleaned-object.ts";
import { explainRefusal } from "./explain-refusal.ts";
import { notePassive } from "./note-passive.ts";
import { keepBeforePatch, patchKept } from "./patch-kept.ts";
import { finishRecreation, type Recreated, recreateObject } from "./recreate-object.ts";
import { rememberDoubt } from "./remember-doubt.ts";
import { removalKey } from "./removals.ts";
import { keepForLater } from "./settle-failure.ts";
import { standingOf, standsAsOf } from "./standing.ts";
import { unmodified } from "./unmodified.ts";
import { writtenForm } from "./written-form.ts";

/** How often an object that is there, then not, then there again is looked at anew. */
const maxRaces = 3;

/**
 * Brings one object of the backup into the target and writes down what became of it. Failures are
 * kept for a later pass. What an action asked for, and got, before its turn is passed over.
 */
export async function restoreItem(
  entry: BackupEntry,
  run: RestoreRun,
  live: LiveTable,
  signal: AbortSignal,
): Promise<void> {
  const { actions } = run;
  if (actions === undefined) {
    await restoreOnce(entry, run, live, signal);
    return;
  }
  const key = itemKey(journalItem(entry.line));
  await actions.visits.visit(key, () => restoreOnce(entry, run, live, signal));
}

/** Answers whether the object is in the target; undefined: it may come again. */
async function restoreOnce(
  entry: BackupEntry,
  run: RestoreRun,
  live: LiveTable,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  const findings: Finding[] = [];
  try {
    const watched = { ...run, log: keepFindings(run, findings) };
    const settled = await settleItem(entry, watched, live, signal);
    settle(run, entry.line, settled.outcome, findings);
    return settled.isThere;
  } catch (thrown) {
    const explained = signal.aborted ? thrown : await explainRefusal(thrown, run, entry, signal);
    keepForLater(run, entry.line, explained, signal);
    return undefined;
  }
}

/** What an action asked for: read by itself, and looked up in the target by itself. */
async function bringItem(line: IndexLine, run: RestoreRun, signal: AbortSignal): Promise<void> {
  let bytes: Buffer;
  try {
    bytes = await run.backup.read(line, signal);
  } catch (thrown) {
    keepForLater(run, line, thrown, signal);
    return;
  }
  await restoreItem({ line, bytes }, run, nothingSurveyed, signal);
}

function keepFindings({ log, told }: RestoreRun, findings: Finding[]): RunLog {
  return {
    ...log,
    find(finding) {
      findings.push(finding);
      // A later pass asks actions again.
      const said = finding.code === "ARK_ITEM_ACTION" ? finding.message : "";
      if (told.has(said)) return;
      if (said !== "") told.add(said);
      log.find(finding);
    },
  };
}

/** `raw`: as the API server answered the write. */
type Written = Settled & { readonly raw?: RawObject };

type Settled = Pick<
  RestoreOutcome,
  | "action"
  | "uid"
  | "written"
  | "owners"
  | "ownersManager"
  | "changedBy"
  | "passive"
  | "hooks"
  | "standsAs"
>;

function settle(
  run: RestoreRun,
  line: IndexLine,
  settled: Settled,
  findings: readonly Finding[],
): void {
  const { version, kind } = line;
  const outcome = { ...journalItem(line), version, kind, ...settled };
  const { resource, target } = standingOf(run, outcome);
  noteRenamed(run, outcome);
  if (settled.standsAs !== undefined) run.actions?.places.add(itemKey({ resource, ...target }));
  run.removals.delete(removalKey({ resource, target }));
  run.unanswered.delete(removalKey({ resource, target }));
  run.doubts.delete(itemKey(outcome));
  if (settled.action === "unselected") run.tally.unselected += 1;
  else run.tally.record(target, settled.action);
  notePassive(run, outcome);
  run.effects.record(target, { ...settled, resource });
  const told = findings.length === 0 ? {} : { findings };
  const extra = isPlanned(run.plan, line) ? {} : { additional: true };
  run.journal.settled({ ...outcome, ...extra, ...told });
  run.progress.step();
}

interface SettledItem {
  readonly outcome: Settled;
  /** Undefined: it may still be asked for. */
  readonly isThere: boolean | undefined;
}

async function settleItem(
  entry: BackupEntry,
  run: RestoreRun,
  live: LiveTable,
  signal: AbortSignal,
): Promise<SettledItem> {
  const { line } = entry;
  const read = readItem(entry, run);
  if (read.kind === "unselected") return { outcome: { action: "unselected" }, isThere: undefined };
  const target = targetOf(run.plan, line);
  const leftOut = (reason: string): SettledItem => ({
    outcome: skip(run, line.resource, target, reason),
    isThere: false,
  });
  if (read.kind === "left out") return leftOut(read.reason);
  const names = { target: target.namespace, source: line.namespace };
  if (names.target !== "") await openItsNamespace(run, names, signal);
  const blocked = run.blockedNamespaces.get(target.namespace);
  if (blocked !== undefined) throw blocked;
  const acted = await act(read.object, run, signal);
  if (acted.kind === "left out") return leftOut(acted.reason);
  const shaped = await standingForIts(shapeObject(read.object, run, acted.object), run, signal);
  return { outcome: await bringAbout(shaped, run, live, signal), isThere: true };
}

async function act(given: CleanedObject, run: RestoreRun, signal: AbortSignal) {
  const work = {
    ...{ given, run },
    bring: (line: IndexLine, bringing: AbortSignal) => bringItem(line, run, bringing),
    bringNamespace: (names: NamespacePair, bringing: AbortSignal) =>
      openItsNamespace(run, names, bringing),
  };
  return await actOnItem(work, signal);
}

/** Until it is as it is to be, or an error says why not. */
async function bringAbout(
  shaped: ShapedObject,
  run: RestoreRun,
  live: LiveTable,
  signal: AbortSignal,
): Promise<Settled> {
  const { line, target } = shaped;
  let object = shaped;
  const { changedBy, problems } = object.item;
  for (const title of changedBy) run.tally.changesUsed.add(title);
  for (let races = 0; races < maxRaces; races += 1) {
    const known = races === 0 ? live : undefined;
    const assessment = await assessItem(object, run, known, signal);
    checkPlanned(assessment, run);
    const backed = await makeItsVolume(assessment, run, signal);
    if (backed !== undefined) {
      object = backed;
      continue;
    }
    noteSelecting(assessment.work, run);
    const done = await carryOut(assessment, run, signal);
    if (done === undefined) continue;
    if ("formerUid" in done) {
      const { formerUid: uid } = done;
      object = { ...object, inDoubt: { ...journalItem(line), write: "recreate", uid } };
      continue;
    }
    const { raw, ...settled } = done;
    for (const problem of problems) run.log.find(unmodified(object, problem, run.plan));
    noteRestored(run, object, settled, raw);
    await attendRestored(object, settled.action, run, signal);
    const standsAs = standsAsOf(object, run);
    return {
      ...settled,
      ...(changedBy.length === 0 ? {} : { changedBy }),
      ...(standsAs === undefined ? {} : { standsAs }),
    };
  }
  throw new ArkError(
    "ARK_API_CONFLICT",
    `${describeTarget(target)} was made and removed by others while it was restored`,
    {
      advice:
        "kubectl get it with --show-managed-fields to see who writes it; stop that, or leave it out, and restore again",
    },
  );
}

/** What an object was deleted for; another of its name has been made by others. */
interface Replaced {
  readonly formerUid: string;
}

/** Answers undefined when the world has changed and the decision must be made again. */
async function carryOut(
  assessment: Assessment,
  run: RestoreRun,
  signal: AbortSignal,
): Promise<Written | Replaced | undefined> {
  const { work, decision, live, raw, findings } = assessment;
  const own = raw && (await finishOwn(assessment, raw, run));
  if (own !== undefined) return own;
  switch (decision.action) {
    case "create": {
      if (work.inDoubt?.write === "recreate") {
        const { uid = "" } = work.inDoubt;
        signal.throwIfAborted();
        const done = finishRecreation(work, uid, run);
        return recreated(work, await rememberDoubt(work, run, done), run);
      }
      await run.journal.intend("create", [journalItem(work.line)]);
      await prepareClaim(work, run, signal);
      const made = await rememberDoubt(work, run, createObject(work, run, signal));
      return made && created(work, made, run, "created");
    }
    case "patch": {
      if (live === undefined || raw === undefined) return undefined;
      const patched = await patchKept(work, decision, { live, raw }, run, signal);
      for (const finding of findings) run.log.find(finding);
      run.log.write("info", "object updated", { ...fields(work), reason: decision.reason });
      const owed = owedOwners(decision.owners, work.item);
      const settled: Settled = { action: "updated", ...formOf(patched), ...owed };
      noteOwners(run, work.resource, work.target, settled);
      return { ...settled, raw: patched };
    }
    case "recreate": {
      if (live === undefined) return undefined;
      await prepareClaim(work, run, signal);
      return recreated(work, await recreateObject(work, live, decision, run, signal), run);
    }
    case "skip":
      for (const finding of findings) run.log.find(finding);
      if (!decision.differs && live !== undefined) await restamp(work, run, signal);
      return skip(run, work.resource, work.target, decision.reason);
    case "wait":
      if (raw !== undefined && isWorthWaiting(assessment, run, raw)) {
        await awaitGone({ ref: work.ref, target: work.target, uid: raw.uid }, run, signal);
        return undefined;
      }
      throw new ArkError("ARK_API_CONFLICT", `${describeTarget(work.target)}: ${decision.reason}`, {
        disposition: "wait",
      });
  }
}

function recreated(
  work: ItemInWork,
  done: Recreated,
  run: RestoreRun,
): Settled | Replaced | undefined {
  if (done.state === "changed") return undefined;
  return done.state === "taken" ? done : created(work, done.raw, run, "recreated");
}

/** What a process of this run had begun that died: what is left to be done to what is there. */
async function finishOwn(
  { work, decision, live }: Assessment,
  raw: RawObject,
  run: RestoreRun,
): Promise<Written | undefined> {
  const { inDoubt, resource, item } = work;
  if (inDoubt === undefined || live === undefined) return undefined;
  const isEqual = decision.action === "skip" && !decision.differs;
  if (inDoubt.write === "patch") {
    // It differed when it was to be patched; another object by now is none of this run.
    if (!isEqual || raw.uid !== (inDoubt.uid ?? raw.uid)) return undefined;
    if (run.perhapsPatched.has(raw.uid)) await keepBeforePatch(work, live, run);
    return { action: "updated", ...formOf(raw) };
  }
  const isReplaced = inDoubt.write === "recreate" && inDoubt.uid !== raw.uid;
  if (isReplaced && isEqual) return created(work, raw, run, "recreated");
  if (inDoubt.write !== "create" && !isReplaced) return undefined;
  if (!isOwnCreation(resource, live, item, decision)) return undefined;
  await completeObject(work, run, run.late);
  return created(work, raw, run, isReplaced ? "recreated" : "created");
}

/** It goes because this restore said so, or would have. */
function isWorthWaiting({ work }: Assessment, run: RestoreRun, { uid }: RawObject) {
  const { inDoubt } = work;
  if (sourceOf(work, run) !== undefined) return true;
  if (inDoubt?.write === "recreate" && inDoubt.uid === uid) return true;
  return restoreOptions(run.request).policy === "recreate";
}

function created(
  work: ItemInWork,
  raw: RawObject,
  run: RestoreRun,
  action: "created" | "recreated",
): Written {
  run.log.write("info", `object ${action}`, fields(work));
  if (work.resource === "customresourcedefinitions.apiextensions.k8s.io") {
    run.definitions.add(work.target.name);
  }
  const settled: Settled = {
    action,
    ...formOf(raw),
    ...owedOwners(work.item.owners, work.item),
    ...(work.item.awake === undefined ? {} : { passive: true }),
    ...(hasHooks(work, run) ? { hooks: true } : {}),
  };
  noteOwners(run, work.resource, work.target, settled);
  noteHooks(run, work.target, settled);
  return { ...settled, raw };
}

function formOf(raw: RawObject): Pick<Settled, "uid" | "written"> {
  return { uid: raw.uid, written: writtenForm(raw) };
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

function fields({
  resource,
  target,
}: Pick<ItemInWork, "resource" | "target">): Readonly<Record<string, unknown>> {
  const { namespace, name } = target;
  return { resource, ...(namespace === "" ? {} : { namespace }), name };
}
