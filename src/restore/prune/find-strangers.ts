import type { RawObject } from "../../api/raw-object.ts";
import { apiVersion } from "../../api/resource-kind.ts";
import { reasonNotToPrune } from "../../domain/restore/prune.ts";
import { waveOf } from "../../domain/waves.ts";
import { normalSha256 } from "../../format/normal-form.ts";
import { arrayAt, textAt, valueAt } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import type { LiveIdentity } from "../apply/assess-item.ts";
import { objectKey } from "../apply/object-key.ts";
import type { Planner } from "../plan/assess-all.ts";
import { listTarget } from "../plan/list-target.ts";
import type { TargetName } from "../report/tally.ts";
import { ruleContext, targetOf } from "../restore-run.ts";
import { labelsOf } from "../survey/survey-references.ts";
import { claimsAtStake } from "./claims-at-stake.ts";
import { openPruneScope, type PruneKind, type PruneScope } from "./prune-scope.ts";

/** An object of the target that the backup does not have, where it would have it. */
export interface Stranger {
  readonly resource: string;
  readonly target: TargetName;
  readonly live: LiveIdentity;
  /** Why it stays all the same; undefined: it is removed. */
  readonly kept: string | undefined;
}

export const reasonToPrune = "it is not in the backup";

/**
 * In the order in which they are removed: that of the waves, backwards. `restored`: keys of what
 * the restore brings, by its place in the target. Holds names only. Errors: ARK_NOT_PRUNED, those
 * that end a run.
 */
export async function findStrangers(
  run: Planner,
  restored: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<readonly Stranger[]> {
  const scope = await openPruneScope(run, signal);
  const known = await keysOfBackup(run, scope, signal);
  const places = scope.kinds.some(({ kind }) => !kind.namespaced) ? [""] : [];
  const atStake = await claimsAtStake(run, [...scope.namespaces.keys(), ...places], signal);
  const strangers: Stranger[] = [];
  const owners = createOwnerChains();
  for (const pruned of scope.kinds) {
    const { resource, kind } = pruned;
    const see = (object: JsonObject, raw: RawObject): void => {
      const { namespace = "", name } = raw;
      const key = objectKey(resource, namespace, name);
      const isOfBackup = known.has(key) || restored.has(key);
      owners.see(object, raw.uid, isOfBackup);
      if (isOfBackup) return;
      const terminating = valueAt(object, ["metadata", "deletionTimestamp"]) !== undefined;
      const item = { namespace, name, labels: labelsOf(object), terminating: false };
      if (terminating || !scope.wouldBeThere(resource, item)) return;
      strangers.push({
        resource,
        target: { version: apiVersion(kind), kind: kind.kind, namespace, name },
        live: { ...identityOf(raw), sha256: normalSha256(raw) },
        kept: reasonNotToPrune({
          ...{ resource, live: object, atStake: atStake.reason(raw) },
          context: ruleContext(run.plan, run.request)(resource),
        }),
      });
    };
    await look(run, scope, pruned, see, signal);
  }
  const above = owners.aboveBackup();
  const judged = strangers.map((one) =>
    one.kept === undefined && above.has(one.live.uid) ? { ...one, kept: wouldTake } : one,
  );
  return judged.sort(inOrder);
}

const wouldTake = "what the backup has would be deleted with it";

interface OwnerChains {
  see(object: JsonObject, uid: string, isOfBackup: boolean): void;
  /** uids of what objects of the backup would be deleted with. */
  aboveBackup(): ReadonlySet<string>;
}

/** Owners of what was seen, and the owners of those. */
function createOwnerChains(): OwnerChains {
  const above = new Set<string>();
  const chains = new Map<string, readonly string[]>();
  return {
    see(object, uid, isOfBackup) {
      const references = arrayAt(object, ["metadata", "ownerReferences"]);
      if (references.length === 0) return;
      const uids = references.map((reference) => textAt(reference, ["uid"]));
      if (!isOfBackup) chains.set(uid, uids);
      else for (const one of uids) above.add(one);
    },
    aboveBackup() {
      // What is added while it goes on is met as well.
      for (const uid of above) for (const one of chains.get(uid) ?? []) above.add(one);
      return above;
    },
  };
}

const identityOf = ({ uid, resourceVersion }: RawObject) => ({ uid, resourceVersion });

function inOrder(a: Stranger, b: Stranger): number {
  const byWave = waveOf(b.resource) - waveOf(a.resource);
  if (byWave !== 0) return byWave;
  const [first, second] = [keyOf(a), keyOf(b)];
  return first < second ? -1 : first > second ? 1 : 0;
}

function keyOf({ resource, target }: Stranger): string {
  return objectKey(resource, target.namespace, target.name);
}

/** All that the backup holds of these kinds, selected or not, by its place in the target. */
async function keysOfBackup(
  { backup, plan }: Planner,
  { kinds }: PruneScope,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const resources = new Set(kinds.map(({ resource }) => resource));
  const keys = new Set<string>();
  for await (const line of backup.index(signal)) {
    if (!resources.has(line.resource)) continue;
    const { namespace, name } = targetOf(plan, line);
    keys.add(objectKey(line.resource, namespace, name));
  }
  return keys;
}

/** What cannot be listed whole is not pruned, and that is told. */
async function look(
  run: Planner,
  scope: PruneScope,
  { resource, kind }: PruneKind,
  see: (object: JsonObject, raw: RawObject) => void,
  signal: AbortSignal,
): Promise<void> {
  const places = kind.namespaced ? [...scope.namespaces.keys()] : [undefined];
  for (const namespace of places) {
    if (await listTarget(run, resource, namespace, signal, see, kind)) continue;
    const where = namespace === undefined ? "" : ` of namespace "${namespace}"`;
    run.log.find({
      severity: "warning",
      code: "ARK_NOT_PRUNED",
      message: `${resource}${where} cannot be listed whole: what was not seen is not removed`,
      resource,
      ...(namespace === undefined ? {} : { namespace }),
    });
  }
}
