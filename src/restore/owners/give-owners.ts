import type { OwnerReference } from "../../api/owner-reference.ts";
import { admissionWave, waveOf } from "../../domain/waves.ts";
import { describeTarget, type RestoreRun } from "../restore-run.ts";
import { findOwners } from "./find-owners.ts";
import type { Dependent } from "./owner-table.ts";
import { writeOwners } from "./write-owners.ts";

/**
 * Gives created objects back the owners that they had, by the uids that these have now. Nothing is
 * created with an owner: its uid is known only once it is there, and the garbage collector takes
 * away what names a uid that is not. After wave `upTo` those are given that are there by then, with
 * `objects` those of any wave but admission; with `all` what is not there is lost. Each owner and each object is read once more, by LIST where they
 * are many, so the cost is linear in the objects that have owners.
 */
export async function giveOwners(
  run: RestoreRun,
  upTo: number | "objects" | "all",
  signal: AbortSignal,
): Promise<void> {
  const waiting = run.owners.waiting();
  if (waiting.length === 0) return;
  const waves = wavesOfKinds(run);
  const isDue = (owner: OwnerReference): boolean => {
    if (upTo === "all") return true;
    const wave = waves.get(kindKey(owner.apiVersion, owner.kind));
    return upTo === "objects" ? wave !== admissionWave : (wave ?? Infinity) <= upTo;
  };
  const owed = waiting.flatMap((dependent) =>
    dependent.owners.filter(isDue).map((owner) => ({ dependent, owner })),
  );
  if (owed.length === 0) return;
  run.progress.enter("owner references");
  const answerOf = await findOwners(run, owed, signal);
  const given = new Map<Dependent, readonly OwnerReference[]>();
  for (const dependent of new Set(owed.map((one) => one.dependent))) {
    const found: OwnerReference[] = [];
    const left: OwnerReference[] = [];
    for (const owner of dependent.owners) {
      const answer = isDue(owner) ? answerOf({ dependent, owner }) : undefined;
      if (answer?.state === "there") found.push(answer.owner);
      else if (answer === undefined || upTo !== "all") left.push(owner);
      else run.owners.lost.push({ dependent, owner, reason: answer.reason });
    }
    run.owners.keep(dependent, left);
    if (found.length > 0) given.set(dependent, found);
  }
  await writeOwners(run, given, signal);
}

/** Wave of each kind of the restored set. */
function wavesOfKinds({ plan }: RestoreRun): ReadonlyMap<string, number> {
  return new Map(
    [...plan.kinds.values()].map(({ resource, version, kind }) => [
      kindKey(version, kind),
      waveOf(resource),
    ]),
  );
}

/** Without the version: an owner may be named in another one than it was backed up in. */
function kindKey(apiVersion: string, kind: string): string {
  const slash = apiVersion.indexOf("/");
  return `${slash === -1 ? "" : apiVersion.slice(0, slash)}/${kind}`;
}

const namedAtMost = 5;

/** One warning for all: how many objects lost an owner, and which; each is in the log. */
export function reportLostOwners(run: RestoreRun): void {
  const { lost } = run.owners;
  const reason = "the run ended before it was looked up";
  for (const dependent of run.owners.waiting()) {
    for (const owner of dependent.owners) lost.push({ dependent, owner, reason });
  }
  if (lost.length === 0) return;
  const dependents = new Set(lost.map(({ dependent }) => dependent));
  run.tally.ownersDropped = dependents.size;
  for (const { dependent, owner, reason } of lost) {
    const { resource, target } = dependent;
    const { namespace, name } = target;
    const owned = { resource, namespace, name, owner: `${owner.kind}/${owner.name}`, reason };
    run.log.write("warn", "an owner reference was dropped", owned);
  }
  const named = lost.slice(0, namedAtMost).map(({ dependent, owner, reason }) => {
    return `${describeTarget(dependent.target)} of ${owner.kind} "${owner.name}" (${reason})`;
  });
  const more = lost.length - named.length;
  const count = dependents.size === 1 ? "1 object" : `${dependents.size} objects`;
  run.log.find({
    severity: "warning",
    code: "ARK_OWNER_DROPPED",
    message: `${count} lost an owner: ${named.join(", ")}${more > 0 ? `, and ${more} more in the log` : ""}`,
    advice: "it stays when that owner is deleted; restore both together to keep them tied",
  });
}
