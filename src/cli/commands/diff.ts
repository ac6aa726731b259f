import type { OpenedBackup } from "../../catalog/opened-backup.ts";
import { ArkError, hasCode, toArkError } from "../../lib/errors.ts";
import type { ObjectStore } from "../../ports/object-store.ts";
import type { Invocation } from "../command-spec.ts";
import { openStore } from "../compose.ts";
import { type ExitStatus, exitStatus, exitStatusOfError } from "../exit-codes.ts";
import { chosenLocation } from "../locations.ts";
import { sayIfMissing } from "../missing-directory.ts";
import { notesOnBackups } from "../notes-on-backups.ts";
import { objectPath, type TypedObject, typedObject } from "../object-path.ts";
import { openChosenLocation } from "../reading.ts";
import { counted } from "../render/amounts.ts";
import { renderError } from "../render/error-text.ts";
import {
  isDifferent,
  type NamedDiff,
  objectDiffJson,
  objectDiffText,
} from "../render/object-diff-text.ts";
import { printResource } from "../render/resource-output.ts";
import { type Session, withSession } from "../session.ts";
import { enterStandalone } from "../standalone.ts";
import { usageError } from "../usage-error.ts";

/** Only what the first backup would have taken can be missing from it. */
const leftOut =
  "what the first one left out does not count as added, what the second one left out counts as removed";

/** Objects told in text; with `--details`, and in json and yaml. */
const few = 200;
const many = 20_000;

/**
 * Compares a backup with the cluster or with another backup. With `--exit-code` the status says
 * whether they differ, so that a failure has status 3.
 */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  const { flags, environment } = invocation;
  if (flags.boolean("exit-code") !== true) return await compare(invocation);
  try {
    return await compare(invocation);
  } catch (thrown) {
    if (environment.signal.aborted) throw thrown;
    const error = toArkError(thrown);
    const status = exitStatusOfError(error);
    if (status !== exitStatus.failed) throw thrown;
    const { createPainter } = await import("../render/painter.ts");
    const painter = createPainter(environment, environment.stderr);
    const debug = flags.boolean("debug") === true;
    environment.stderr.write(renderError(error, { painter, debug, argv: environment.argv }));
    return exitStatus.partiallyFailed;
  }
}

async function compare(invocation: Invocation): Promise<ExitStatus> {
  return await withSession(invocation, async (session) => {
    const { flags, environment } = invocation;
    const { second, object } = readArguments(invocation.args);
    const named = await compareTyped(session, second, object);
    const details = flags.boolean("details") === true;
    await printResource(environment, flags.text("output"), {
      value: objectDiffJson(named),
      table: () => objectDiffText(named, { painter: session.out, details }),
      names: named.diff.objects.map(objectPath),
    });
    const { unread } = named.diff;
    if (unread.size > 0) {
      const kinds = counted(unread.size, "kind");
      session.note(`${kinds} could not be compared: ${[...unread.keys()].join(", ")}`);
      return exitStatus.partiallyFailed;
    }
    const tells = flags.boolean("exit-code") === true && isDifferent(named.diff);
    return tells ? exitStatus.failed : exitStatus.done;
  });
}

interface NamedObject extends TypedObject {
  readonly typed: string;
}

function readArguments([, ...rest]: readonly string[]): {
  readonly second: string | undefined;
  readonly object: NamedObject | undefined;
} {
  const objects = rest.filter((word) => word.includes("/"));
  const backups = rest.filter((word) => !word.includes("/"));
  if (backups.length > 1) {
    throw usageError("a backup is compared with the cluster or with one other backup, not more");
  }
  if (objects.length > 1) {
    throw usageError("one object is compared, or all that the filters select");
  }
  const [typed] = objects;
  return {
    second: backups[0],
    object: typed === undefined ? undefined : { ...typedObject(typed), typed },
  };
}

async function compareTyped(
  session: Session,
  second: string | undefined,
  object: NamedObject | undefined,
): Promise<NamedDiff> {
  const { flags, args } = session.invocation;
  const [from = ""] = args;
  const { store, other, to } = await otherOf(session, second);
  const { openBackup } = await import("../../catalog/open-backup.ts");
  const { diffBackup } = await import("../../catalog/diff/diff-backup.ts");
  const { diffRequestOf } = await import("../diff-request.ts");
  const { signal } = session;
  const backup = await openBackup(store, from, { signal });
  const isText = [undefined, "table"].includes(flags.text("output"));
  const maxObjects = isText && flags.boolean("details") !== true ? few : many;
  const opened = await other();
  const request = await diffRequestOf({ backup, other: opened, flags, object, maxObjects }, signal);
  const notes = "backup" in opened ? notesOnBackups(backup, opened.backup, leftOut) : [];
  const diff = await diffBackup(request, signal);
  if (isDifferent(diff) || diff.unchanged > 0 || diff.unread.size > 0)
    return { from, to, notes, diff };
  if (object !== undefined) await refuseUnknown(object.typed, backup, to, signal);
  const nothing = `nothing was compared: neither ${from} nor ${to} has an object that is selected`;
  return { from, to, notes: [...notes, nothing], diff };
}

/** Errors: ARK_OBJECT_NOT_FOUND, unless the backup holds it and other filters leave it out. */
async function refuseUnknown(
  typed: string,
  backup: OpenedBackup,
  to: string,
  signal: AbortSignal,
): Promise<void> {
  const { findObject } = await import("../find-object.ts");
  try {
    await findObject(typed, backup, backup, signal);
  } catch (thrown) {
    if (!hasCode(thrown, "ARK_OBJECT_NOT_FOUND")) throw thrown;
    const { advice } = thrown;
    throw new ArkError(
      "ARK_OBJECT_NOT_FOUND",
      `${thrown.message}, and ${to} has none that it would have taken: nothing was compared`,
      { ...(advice !== undefined && { advice }), cause: thrown },
    );
  }
}

interface OtherOf {
  readonly store: ObjectStore;
  readonly to: string;
  readonly other: () => Promise<
    | { readonly backup: OpenedBackup }
    | { readonly cluster: NonNullable<Awaited<ReturnType<typeof enterStandalone>>["cluster"]> }
  >;
}

async function otherOf(session: Session, second: string | undefined): Promise<OtherOf> {
  const { flags, environment } = session.invocation;
  if (second !== undefined) {
    const { store } = await openChosenLocation(session, "read-store");
    const { openBackup } = await import("../../catalog/open-backup.ts");
    const { signal } = session;
    return {
      store,
      to: second,
      other: async () => ({ backup: await openBackup(store, second, { signal }) }),
    };
  }
  const typed = flags.text("storage-location");
  const location = await chosenLocation(typed, session.config, environment);
  const { cluster, context } = await enterStandalone(session, "cluster");
  if (cluster === undefined) throw usageError("to compare with a cluster, one is needed");
  await sayIfMissing(session, location);
  const to = context === "" ? "the cluster" : `cluster ${context}`;
  return { store: await openStore(session, location), to, other: async () => ({ cluster }) };
}
