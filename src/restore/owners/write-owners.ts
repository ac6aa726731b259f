import type { OwnerReference } from "../../api/owner-reference.ts";
import type { RawObject } from "../../api/raw-object.ts";
import { withOwners } from "../../domain/restore/owner-references.ts";
import { endsTheRun } from "../../domain/restore/retry.ts";
import { hasCode, toArkError } from "../../lib/errors.ts";
import { encodeObject } from "../apply/apply-decision.ts";
import { readObject } from "../apply/read-object.ts";
import { trySend } from "../apply/send-write.ts";
import { describeTarget, type RestoreRun } from "../restore-run.ts";
import { type NamedObject, readNamed } from "../survey/read-named.ts";
import type { Dependent } from "./owner-table.ts";

/** How often a reference is tried again when others change the object at the same time. */
const maxRaces = 5;

type Given = ReadonlyMap<Dependent, readonly OwnerReference[]>;

/**
 * Writes the references that live objects lack; a controller may have adopted an object before.
 * What cannot be written is an error of the object, and stops nothing.
 */
export async function writeOwners(run: RestoreRun, given: Given, signal: AbortSignal) {
  for (const ofKind of Map.groupBy([...given.keys()], ({ resource }) => resource).values()) {
    const dependents = new Map<NamedObject, Dependent>();
    for (const dependent of ofKind) {
      const { version, namespace, name } = dependent.target;
      const kind = run.target.find(dependent.resource, version);
      if (kind !== undefined) dependents.set({ kind, namespace, name }, dependent);
    }
    const { cluster } = run.ports;
    const options = { limit: run.limits.writers, signal };
    try {
      await readNamed([...dependents.keys()], cluster, options, async (object, of) => {
        const dependent = dependents.get(of) as Dependent;
        await give(run, { dependent, of, owners: given.get(dependent) ?? [] }, object, signal);
      });
    } catch (thrown) {
      signal.throwIfAborted();
      const error = toArkError(thrown);
      if (endsTheRun(error.code)) throw error;
      const [first] = ofKind as [Dependent];
      run.log.find({
        severity: "error",
        code: error.code,
        message: `owner references of ${ofKind.length} ${first.resource} could not be put back, for these could not be read: ${error.message}`,
        resource: first.resource,
      });
    }
  }
}

interface Giving {
  readonly dependent: Dependent;
  readonly of: NamedObject;
  readonly owners: readonly OwnerReference[];
}

async function give(
  run: RestoreRun,
  { dependent, of, owners }: Giving,
  first: RawObject,
  signal: AbortSignal,
): Promise<void> {
  let live: RawObject | undefined = first;
  for (let races = 0; ; races += 1) {
    // It is gone, or another object has its name: nothing is owed to that.
    if (live === undefined || live.uid !== dependent.uid || live.terminating) return;
    const now = readObject(live.bytes, `${describeTarget(dependent.target)} of the cluster`);
    const ownerReferences = withOwners(now, owners);
    if (ownerReferences === undefined) break;
    // The revision makes sure that no reference is lost which somebody else writes meanwhile.
    const { uid, resourceVersion } = live;
    const body = encodeObject({ metadata: { uid, resourceVersion, ownerReferences } });
    try {
      const fieldManager = dependent.manager === "" ? "ark-ts" : dependent.manager;
      const sent = await trySend(run, signal, (sending) =>
        run.ports.cluster.patch(of, "merge", body, { fieldManager, ...sending }),
      );
      if (!sent.isDone) throw sent.thrown;
      break;
    } catch (thrown) {
      signal.throwIfAborted();
      if (hasCode(thrown, "ARK_API_NOT_FOUND")) return;
      if (!hasCode(thrown, "ARK_API_CONFLICT") || races >= maxRaces) {
        return reportUngiven(run, dependent, thrown);
      }
      live = await run.ports.cluster.get(of, { signal });
    }
  }
  run.tally.ownersMapped += 1;
}

function reportUngiven(run: RestoreRun, { resource, target }: Dependent, thrown: unknown): void {
  const error = toArkError(thrown);
  if (endsTheRun(error.code)) throw error;
  run.log.find({
    severity: "error",
    code: error.code,
    message: `the owner references of ${describeTarget(target)} could not be put back: ${error.message}`,
    resource,
    namespace: target.namespace,
    name: target.name,
  });
}
