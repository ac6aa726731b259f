import { annotations } from "../../../api/labels.ts";
import { restoreKind } from "../../../api/restore.ts";
import { ArkError } from "../../../lib/errors.ts";
import { confirmed } from "../../confirmation.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { loseMissing } from "../../flags/restore-flags.ts";
import { parsePositiveDuration } from "../../go-duration.ts";
import { checkOneChoice } from "../../one-choice.ts";
import { counted, span } from "../../render/amounts.ts";
import type { Session } from "../../session.ts";
import { chosenResources } from "../chosen-resources.ts";
import { lastEventAbout } from "../events.ts";
import { follow } from "../follow.ts";
import { placeOf, resourcesOf } from "../resources.ts";
import type { ServerAccess } from "../server-access.ts";

const defaultLimitMs = 600_000;

/** Deletes Restores, and waits until the server has deleted their files; the restored objects stay. */
export async function deleteRestores(session: Session, server: ServerAccess): Promise<ExitStatus> {
  const { args, flags, environment } = session.invocation;
  const choice = { names: args, selector: flags.text("selector") };
  checkOneChoice(session.invocation, "restores");
  const typed = flags.text("timeout");
  const limitMs = typed === undefined ? defaultLimitMs : parsePositiveDuration(typed, "--timeout");
  const restores = resourcesOf(restoreKind, server, session.signal);
  const chosen = await chosenResources(restores, choice);
  const names = chosen.map(({ metadata }) => metadata.name);
  if (names.length === 0) {
    environment.stdout.write(`no restore of ${placeOf(server)} is chosen; nothing was done\n`);
    return exitStatus.done;
  }
  const question = `Delete ${counted(names.length, "restore")} of ${placeOf(server)} with their logs (what they restored stays): ${names.join(", ")}?`;
  if (!(await confirmed(session, question))) return exitStatus.failed;
  const mayLose = flags.boolean(loseMissing.name) === true;
  for (const { metadata } of chosen) {
    const { name, uid } = metadata;
    const note = { metadata: { uid, annotations: { [annotations.loseMissing]: "true" } } };
    if (mayLose) await restores.patch(name, note);
    await restores.remove(name, uid);
  }
  const waits = flags.boolean("wait") !== false;
  for (const { metadata } of chosen) {
    const { name, uid } = metadata;
    if (waits && !(await isGone(session, restores, { name, uid, limitMs }))) {
      throw new ArkError(
        "ARK_API_FAILED",
        `restore "${name}" is not deleted ${span(limitMs)} after the server was asked to: its finalizer is still there`,
        { advice: "see whether the server is alive: ark-ts version" },
      );
    }
    const done = waits ? "deleted" : "the server is asked to delete it";
    environment.stdout.write(`restore ${name}: ${done}\n`);
    if (waits) await tellKept(session, server, name);
  }
  return exitStatus.done;
}

/** Its files stay where only they have objects of the cluster; the server says so in an Event. */
async function tellKept(session: Session, server: ServerAccess, name: string): Promise<void> {
  const last = await lastEventAbout(server, { kind: "Restore", name }, session.signal);
  if (last?.startsWith("FilesKept: ") === true) {
    session.note(`restore ${name}: ${last.slice("FilesKept: ".length)}`);
  }
}

interface Found {
  readonly metadata: { readonly uid?: string };
}

async function isGone(
  { clock, signal }: Session,
  restores: { readonly find: (name: string) => Promise<Found | undefined> },
  {
    name,
    uid,
    limitMs,
  }: { readonly name: string; readonly uid?: string | undefined; readonly limitMs: number },
): Promise<boolean> {
  const { ended } = await follow<Found>({
    clock,
    signal,
    limitMs,
    read: () => restores.find(name),
    isEnd: (found) => found === undefined || found.metadata.uid !== uid,
  });
  return ended;
}
