import type { ResourceKind } from "../../api/resource-kind.ts";
import { diffObjects } from "../../domain/diff/diff-objects.ts";
import { attributeChanges } from "../../domain/restore/attribute-change.ts";
import { recallActed } from "../actions/recall-acted.ts";
import { readRestored, type ShapedObject, shapeObject } from "../apply/assess-item.ts";
import { objectKey } from "../apply/object-key.ts";
import { readObject } from "../apply/read-object.ts";
import { type RestoreRun, targetOf } from "../restore-run.ts";
import { type MutatorsOfCluster, readMutators } from "./mutators-of-cluster.ts";
import type { ReadBackTally } from "./read-back-tally.ts";
import { sidesOf } from "./restored-objects.ts";

/** An object that is not what was noted of it, as it was read back. */
export interface DifferingObject {
  readonly key: string;
  readonly kind: ResourceKind;
  readonly bytes: Buffer;
}

/** Looks at what differs, field by field, with the help of the backup's bytes. */
export interface Examiner {
  /** May wait until what was taken before is looked at. */
  take(object: DifferingObject): Promise<void>;
  finish(): Promise<void>;
}

/** So much of live objects is held; then one pass over their members of the archive is made. */
const batchBytes = 16 * 1024 * 1024;
const batchObjects = 10_000;
/** A foreign archive is read whole in each pass. */
const maxPasses = { own: 64, foreign: 4 };

export function createExaminer(
  run: RestoreRun,
  tally: ReadBackTally,
  signal: AbortSignal,
): Examiner {
  const { cluster } = run.ports;
  const tell = (problem: string): void => run.log.write("info", problem);
  const mutators = readMutators({ cluster, target: run.target, tell }, signal);
  const passes = run.backup.manifest === undefined ? maxPasses.foreign : maxPasses.own;
  let batch = new Map<string, DifferingObject>();
  let heldBytes = 0;
  let passed = 0;
  let turn: Promise<void> = Promise.resolve();
  const pass = (): Promise<void> => {
    const taken = batch;
    [batch, heldBytes] = [new Map(), 0];
    if (taken.size === 0) return turn;
    passed += 1;
    if (passed > passes) tally.unread += taken.size;
    else turn = turn.then(() => examine({ run, tally, mutators }, taken, signal));
    return turn;
  };
  return {
    async take(object) {
      // The bytes are a part of a larger buffer, which would be held with them.
      batch.set(object.key, { ...object, bytes: Buffer.from(object.bytes) });
      heldBytes += object.bytes.length;
      if (heldBytes >= batchBytes || batch.size >= batchObjects) await pass();
    },
    finish: pass,
  };
}

interface Examining {
  readonly run: RestoreRun;
  readonly tally: ReadBackTally;
  readonly mutators: MutatorsOfCluster;
}

async function examine(
  { run, tally, mutators }: Examining,
  batch: ReadonlyMap<string, DifferingObject>,
  signal: AbortSignal,
): Promise<void> {
  const left = new Map(batch);
  const entries = run.backup.entries(
    (line) => {
      const { namespace, name } = targetOf(run.plan, line);
      return left.has(run.restored.nameOf(objectKey(line.resource, namespace, name)));
    },
    signal,
    () => {},
  );
  for await (const entry of entries) {
    const read = readRestored(entry, run);
    if (read.kind !== "object") continue;
    const acted = await recallActed(read.object, run.actions, signal);
    if (acted === undefined) continue;
    const shaped = shapeObject(read.object, run, acted);
    const { resource, target } = shaped;
    const key = objectKey(resource, target.namespace, target.name);
    const found = left.get(key);
    if (found === undefined) continue;
    left.delete(key);
    await examineObject(shaped, found, { run, tally, mutators });
  }
  tally.unread += left.size;
}

async function examineObject(
  { resource, target, item, context }: ShapedObject,
  { kind, bytes }: DifferingObject,
  { tally, mutators }: Examining,
): Promise<void> {
  const live = readObject(bytes, `${kind.kind} "${target.name}" of the cluster`);
  const { wanted, present } = sidesOf({ resource, context, desired: item.desired }, live);
  const changes = diffObjects(resource, wanted, present);
  if (changes.length === 0) {
    tally.asPlanned += 1;
    return;
  }
  const attributions = attributeChanges(changes, {
    live,
    ownManagers: ["ark-ts", item.ownership.fieldManager],
    restored: item.ownership.managedFields ?? [],
    webhooks: await mutators.namesFor(kind, live, target.namespace),
  });
  const place = target.namespace === "" ? target.name : `${target.namespace}/${target.name}`;
  tally.differ(resource, place, changes, attributions);
}
