import type { OpenedBackup } from "../catalog/opened-backup.ts";
import type { IndexLine } from "../format/index-line.ts";
import { closestMatch } from "../lib/closest-match.ts";
import { ArkError } from "../lib/errors.ts";
import { objectPath, type TypedObject, typedObject } from "./object-path.ts";
import { createObjectsMet, learnsKind, type ObjectsMet } from "./objects-met.ts";
import { usageError } from "./usage-error.ts";

/**
 * The one object of a backup that KIND/[NAMESPACE/]NAME names, from the index alone; definitions
 * are read where nothing else knows the kind. Errors: ARK_USAGE, ARK_OBJECT_NOT_FOUND.
 */
export async function findObject(
  typed: string,
  backup: OpenedBackup,
  objects: Pick<OpenedBackup, "index">,
  signal: AbortSignal,
): Promise<IndexLine> {
  const wanted = typedObject(typed);
  const { recordedKindNames } = await import("../catalog/kind-names.ts");
  const met = createObjectsMet(backup.name);
  met.learn(recordedKindNames(backup));
  let lines = await linesOf(wanted, objects, met, signal);
  if (await learnsKind(met, wanted.kind, backup, signal)) {
    lines = await linesOf(wanted, objects, met, signal);
  }
  met.checkKind(wanted.kind);
  return onlyOne(lines, typed, backup.name);
}

/** Objects named in a refusal. */
const nearAtMost = 3;

interface FoundLines {
  readonly found: readonly IndexLine[];
  /** Of the kind, and in another namespace or with a name like the typed one. */
  readonly near: readonly IndexLine[];
}

async function linesOf(
  { kind, namespace, name }: TypedObject,
  backup: Pick<OpenedBackup, "index">,
  met: ObjectsMet,
  signal: AbortSignal,
): Promise<FoundLines> {
  const found: IndexLine[] = [];
  const near: IndexLine[] = [];
  for await (const line of backup.index(signal)) {
    met.add(line);
    if (!met.isOfKind(line, kind)) continue;
    if (line.name === name && line.namespace === namespace) found.push(line);
    else if (near.length < nearAtMost && closestMatch(name, [line.name])) near.push(line);
  }
  return { found, near };
}

function onlyOne({ found, near }: FoundLines, typed: string, backup: string): IndexLine {
  const [first, second] = found;
  if (first === undefined) {
    throw new ArkError("ARK_OBJECT_NOT_FOUND", `backup "${backup}" holds no object ${typed}`, {
      advice:
        near.length > 0
          ? `did you mean ${near.map(objectPath).join(" or ")}?`
          : `ark-ts backup ls ${backup} -o name lists what it holds`,
    });
  }
  if (second !== undefined) {
    throw usageError(`${typed} is more than one object: ${found.map(objectPath).join(", ")}`);
  }
  return first;
}
