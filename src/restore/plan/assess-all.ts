import type { BackupEntry, DamagedLine } from "../../catalog/opened-backup.ts";
import type { PlannedAct } from "../../domain/restore/planned-item.ts";
import { endsTheRun } from "../../domain/restore/retry.ts";
import { restoreWaves, waveOf } from "../../domain/waves.ts";
import type { IndexLine } from "../../format/index-line.ts";
import { type ArkError, toArkError } from "../../lib/errors.ts";
import { mapInOrder } from "../../lib/map-in-order.ts";
import { createActionSight, hasActions } from "../actions/action-sight.ts";
import { type AskedItem, foreseeActions } from "../actions/foresee-actions.ts";
import {
  type Assessment,
  type Assessor,
  assessItem,
  readItem,
  type ShapedObject,
  shapeObject,
} from "../apply/assess-item.ts";
import { isPlanned } from "../plan-restore.ts";
import { journalItem } from "../record/entries-with-intents.ts";
import { itemKey } from "../record/interrupted-restore.ts";
import { isEqualByHash } from "../survey/equal-by-hash.ts";
import {
  type LiveTable,
  nothingSurveyed,
  readLiveObjects,
  type Surveyor,
} from "../survey/live-table.ts";
import { type AskedItems, collectAsked } from "./collect-asked.ts";

export type PlanLine = Omit<DamagedLine, "namespace"> &
  Pick<IndexLine, "version" | "kind"> & {
    readonly namespace?: string;
  };

/** What would become of one object. Those that labels do not select are left out. */
export type AssessedItem =
  | (Acted & {
      readonly outcome: "decided";
      readonly line: IndexLine;
      readonly assessment: Assessment;
    })
  | (Acted & { readonly outcome: "left out"; readonly line: IndexLine; readonly reason: string })
  /** Its bytes are there already. */
  | { readonly outcome: "equal"; readonly line: IndexLine; readonly sha256: string }
  /** It cannot be had from the backup, or its place in the target cannot be looked at. */
  | (Acted & {
      readonly outcome: "failed";
      readonly line: PlanLine;
      readonly object: ShapedObject | undefined;
      readonly error: ArkError;
    });

interface Acted {
  /** What item actions would do with it. */
  readonly acts: readonly PlannedAct[];
}

export type Planner = Assessor & Surveyor;

export interface AssessVisitor<T> {
  /** Runs concurrently; its results come to `take` in the order of the backup. */
  readonly examine: (item: AssessedItem, signal: AbortSignal) => Promise<T>;
  readonly take: (result: T) => void;
  /** Before the first object of each wave. */
  readonly enter: (wave: string, signal: AbortSignal) => Promise<void>;
  /** An object that is there already, told at once. */
  readonly equal: (line: IndexLine, sha256: string) => void;
  /** What an item action asks for and the backup does not have. */
  readonly missing?: (asked: AskedItem) => void;
}

/**
 * Goes over a backup as a restore does, wave by wave, and writes nothing. What earlier processes of
 * a run have settled is passed over. Errors: what ends a run; those of the reads of the backup.
 */
export async function assessAll<T>(
  given: Planner,
  visitor: AssessVisitor<T>,
  signal: AbortSignal,
): Promise<void> {
  const sight = hasActions(given.ports) ? createActionSight(given, "") : undefined;
  const run = { ...given, actions: sight };
  const asked = sight && collectAsked(run);
  for (const [at, wave] of restoreWaves.entries()) {
    signal.throwIfAborted();
    const kinds = [...run.plan.kinds.values()].filter((kind) => waveOf(kind.resource) === at);
    const isNamespaces = wave.resources.includes("namespaces");
    if (kinds.length === 0 && !isNamespaces) continue;
    await visitor.enter(wave.name, signal);
    if (isNamespaces) continue;
    const live = await readLiveObjects(kinds, run, signal);
    const isOfWave = (line: IndexLine): boolean =>
      waveOf(line.resource) === at && isPlanned(run.plan, line);
    await assessLines(run, { isWanted: isOfWave, live, visitor, asked }, signal);
  }
  for (;;) {
    const more = await asked?.next(visitor.missing, signal);
    if (more === undefined) return;
    const isMore = (line: IndexLine): boolean => more.has(itemKey(journalItem(line)));
    await visitor.enter("what item actions ask for", signal);
    await assessLines(run, { isWanted: isMore, live: nothingSurveyed, visitor, asked }, signal);
  }
}

interface LinesOfPlan<T> {
  readonly isWanted: (line: IndexLine) => boolean;
  readonly live: LiveTable;
  readonly visitor: AssessVisitor<T>;
  readonly asked: AskedItems | undefined;
}

async function assessLines<T>(
  run: Planner,
  { isWanted, live, visitor, asked }: LinesOfPlan<T>,
  signal: AbortSignal,
): Promise<void> {
  const damaged: AssessedItem[] = [];
  const wanted = (line: IndexLine): boolean => {
    if (!isWanted(line) || run.before.outcomes.has(itemKey(journalItem(line)))) return false;
    if (!isEqualByHash(run, live, line)) return true;
    asked?.see(line);
    visitor.equal(line, line.normalSha256);
    return false;
  };
  const entries = run.backup.entries(wanted, signal, (line, error) => {
    const { version = "", kind = "" } = run.plan.kinds.get(line.resource) ?? {};
    const failed = { line: { ...line, version, kind }, object: undefined, error };
    damaged.push({ outcome: "failed", ...failed, acts: [] });
  });
  const examine = async (entry: BackupEntry): Promise<T | undefined> => {
    const item = await assessEntry(entry, { run, live, asked }, signal);
    return item && (await visitor.examine(item, signal));
  };
  for await (const result of mapInOrder(entries, run.limits.writers, examine)) {
    if (result !== undefined) visitor.take(result);
  }
  for (const item of damaged) visitor.take(await visitor.examine(item, signal));
}

async function assessEntry(
  entry: BackupEntry,
  { run, live, asked }: Pick<LinesOfPlan<never>, "live" | "asked"> & { readonly run: Planner },
  signal: AbortSignal,
): Promise<AssessedItem | undefined> {
  const { line } = entry;
  let object: ShapedObject | undefined;
  let acts: readonly PlannedAct[] = [];
  try {
    const read = readItem(entry, run);
    if (read.kind === "unselected") return undefined;
    asked?.see(line);
    if (read.kind === "left out") return { outcome: "left out", line, reason: read.reason, acts };
    const foreseen = run.actions && (await foreseeActions(read.object, run.actions, signal));
    for (const one of foreseen?.asked ?? []) asked?.add(one);
    acts = foreseen?.acts ?? [];
    const acted = foreseen?.acted ?? { kind: "object", object: undefined };
    if (acted.kind === "left out") return { outcome: "left out", line, reason: acted.reason, acts };
    object = shapeObject(read.object, run, acted.object);
    const assessment = await assessItem(object, run, live, signal);
    return { outcome: "decided", line, assessment, acts };
  } catch (thrown) {
    signal.throwIfAborted();
    const error = toArkError(thrown);
    if (endsTheRun(error.code)) throw error;
    asked?.see(line);
    return { outcome: "failed", line, object, error, acts };
  }
}
