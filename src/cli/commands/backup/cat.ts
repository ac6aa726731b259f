import type { OpenedBackup } from "../../../catalog/opened-backup.ts";
import type { IndexLine } from "../../../format/index-line.ts";
import { closestMatch } from "../../../lib/closest-match.ts";
import { ArkError } from "../../../lib/errors.ts";
import {
  isJsonArray,
  isJsonObject,
  isRawNumber,
  type JsonValue,
  parseJson,
} from "../../../lib/json-text.ts";
import type { Invocation } from "../../command-spec.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { objectPath, type TypedObject, typedObject } from "../../object-path.ts";
import { createObjectsMet, learnsKind, type ObjectsMet } from "../../objects-met.ts";
import { openChosenLocation } from "../../reading.ts";
import { toYaml } from "../../render/resource-output.ts";
import { withSession } from "../../session.ts";
import { usageError } from "../../usage-error.ts";

/** Prints one object: its stored bytes and a newline, or YAML made from them. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  return await withSession(invocation, async (session) => {
    const { args, flags, environment } = invocation;
    const { signal } = session;
    const [name = "", typed = ""] = args;
    const wanted = typedObject(typed);
    const { store } = await openChosenLocation(session, "read-store");
    const { openBackup } = await import("../../../catalog/open-backup.ts");
    const backup = await openBackup(store, name, { signal });
    const { recordedKindNames } = await import("../../../catalog/kind-names.ts");
    const met = createObjectsMet(name);
    met.learn(recordedKindNames(backup));
    let lines = await linesOf(wanted, backup, met, signal);
    if (await learnsKind(met, wanted.kind, backup, signal)) {
      lines = await linesOf(wanted, backup, met, signal);
    }
    met.checkKind(wanted.kind);
    const bytes = await backup.read(onlyOne(lines, typed, name), signal);
    if (flags.text("output") === "yaml") {
      environment.stdout.write(await toYaml(exactValue(bytes, typed)));
    } else {
      environment.stdout.write(bytes);
      environment.stdout.write("\n");
    }
    await environment.stdout.drained();
    return exitStatus.done;
  });
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
  backup: OpenedBackup,
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

/** Errors: ARK_USAGE when YAML would change a number. */
function exactValue(bytes: Buffer, typed: string): unknown {
  const text = bytes.toString("utf8");
  if (hasExactNumber(parseJson(text))) {
    throw usageError(
      `${typed} holds a number that YAML would not keep digit by digit`,
      "leave -o yaml out: the stored JSON is exact",
    );
  }
  return JSON.parse(text);
}

function hasExactNumber(value: JsonValue): boolean {
  if (isRawNumber(value)) return true;
  if (isJsonArray(value)) return value.some(hasExactNumber);
  return isJsonObject(value) && Object.values(value).some(hasExactNumber);
}
