import type { OpenedBackup } from "../../catalog/opened-backup.ts";
import type { RunLog } from "../../catalog/run-log.ts";
import { matchesObjectTerm, type ResolvedObjectTerm } from "../../domain/restore/object-terms.ts";
import type { RestoreSelection } from "../../domain/restore/selection.ts";
import { closestMatch } from "../../lib/closest-match.ts";
import { ArkError } from "../../lib/errors.ts";
import { isGlob } from "../../lib/glob.ts";
import type { RestoreRequest } from "../restore-request.ts";

/** Objects of the backup named for one that it does not hold. */
const nearAtMost = 3;

/**
 * Terms for single objects, before the first write: one that no object of the backup has is an
 * error as for kinds (see report-terms.ts), thrown where a person typed it: ARK_USAGE. A glob that
 * matches nothing, and one that other filters leave nothing of, are warnings. Reads the index where
 * there are such terms, up to where all are met.
 */
export async function reportNamed(
  { typed }: Pick<RestoreRequest, "typed">,
  backup: OpenedBackup,
  selection: RestoreSelection,
  log: RunLog,
  signal: AbortSignal,
): Promise<ArkError | undefined> {
  const met = await meetTerms(backup, selection, signal);
  const missing = met.filter(({ isHeld, isGlob }) => !isHeld && !isGlob);
  for (const { term, isHeld, isTaken, isGlob } of met) {
    if (isTaken || (!isHeld && !isGlob)) continue;
    const why = isHeld ? "the other filters leave out what it names" : "the backup has none";
    const message = `the object term ${JSON.stringify(term.text)} selects nothing: ${why}`;
    log.find({ severity: "warning", code: "ARK_NOTHING_SELECTED", message });
  }
  if (missing.length === 0) return undefined;
  const message = missing
    .map(({ term }) => `backup "${backup.name}" holds no object ${term.text}`)
    .join("; ");
  const near = [...new Set(missing.flatMap((one) => one.near))];
  const error = new ArkError("ARK_USAGE", message, {
    advice:
      near.length > 0
        ? `did you mean ${near.join(" or ")}?`
        : `ark-ts backup ls ${backup.name} -o name lists what it holds`,
  });
  if (typed) throw error;
  log.find({ severity: "error", code: error.code, message });
  const { objectTerms } = selection;
  const isAll = objectTerms.every((term) => missing.some((one) => one.term === term));
  return objectTerms.length > 0 && isAll ? error : undefined;
}

interface NamingTerm {
  readonly term: ResolvedObjectTerm;
  readonly isGlob: boolean;
  matches(resource: string, namespace: string, name: string): boolean;
  /** Of an object that it matches: the other filters leave it. */
  takes(resource: string, namespace: string, name: string): boolean;
}

interface MetTerm extends NamingTerm {
  isHeld: boolean;
  /** Of terms that select: the other filters leave one of its objects. */
  isTaken: boolean;
  /** `KIND/NAMESPACE/NAME` with a name like its own, or in another namespace. */
  readonly near: string[];
}

async function meetTerms(
  backup: OpenedBackup,
  selection: RestoreSelection,
  signal: AbortSignal,
): Promise<readonly MetTerm[]> {
  const met = namingTerms(selection).map(
    (term): MetTerm => ({ ...term, isHeld: false, isTaken: false, near: [] }),
  );
  const left = new Set(met);
  if (left.size === 0) return met;
  for await (const { resource, namespace = "", name } of backup.index(signal)) {
    for (const one of left) {
      const { term } = one;
      if (!term.resources.includes(resource)) continue;
      if (one.matches(resource, namespace, name)) {
        one.isHeld = true;
        one.isTaken ||= one.takes(resource, namespace, name);
        if (one.isTaken) left.delete(one);
      } else if (one.near.length < nearAtMost && closestMatch(term.name, [name]) !== undefined) {
        const place = namespace === "" ? name : `${namespace}/${name}`;
        one.near.push(`${resource}/${place}`);
      }
    }
    if (left.size === 0) break;
  }
  return met;
}

/** What is to be deleted is named by itself, and may come along with what is selected. */
function namingTerms(selection: RestoreSelection): readonly NamingTerm[] {
  const { objectTerms, recreateTerms, includes, mayPullIn } = selection;
  return [
    ...objectTerms.map((term) => ({
      term,
      isGlob: isGlobTerm(term),
      matches: (resource: string, namespace: string, name: string) =>
        matchesObjectTerm(term, resource, namespace, name),
      takes: includes,
    })),
    ...recreateTerms.map((term) => ({
      term,
      isGlob: false,
      matches: (_resource: string, namespace: string, name: string) =>
        (term.namespace ?? "") === namespace && term.name === name,
      takes: (resource: string, namespace: string, name: string) =>
        includes(resource, namespace, name) || mayPullIn(resource, namespace),
    })),
  ];
}

function isGlobTerm({ namespace = "", name }: ResolvedObjectTerm): boolean {
  return isGlob(namespace) || isGlob(name);
}
