import { type Backup, backupKind } from "../../../api/backup.ts";
import {
  type DeleteBackupRequest,
  deleteBackupRequestKind,
} from "../../../api/delete-backup-request.ts";
import { labels } from "../../../api/labels.ts";
import { labelValue } from "../../../domain/label-value.ts";
import { ArkError } from "../../../lib/errors.ts";
import { confirmed } from "../../confirmation.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { parsePositiveDuration } from "../../go-duration.ts";
import { checkOneChoice } from "../../one-choice.ts";
import { counted, span } from "../../render/amounts.ts";
import type { Session } from "../../session.ts";
import { chosenResources } from "../chosen-resources.ts";
import { follow } from "../follow.ts";
import { placeOf, resourcesOf } from "../resources.ts";
import type { ServerAccess } from "../server-access.ts";

const defaultLimitMs = 600_000;

type ChosenBackup = Pick<Backup, "metadata">;

/**
 * Asks the server to delete backups with all that belongs to them, and waits until they are gone,
 * or it is said what could not be deleted.
 */
export async function deleteBackups(session: Session, server: ServerAccess): Promise<ExitStatus> {
  const { args, flags, environment } = session.invocation;
  const choice = { names: args, selector: flags.text("selector") };
  checkOneChoice(session.invocation, "backups");
  const typed = flags.text("timeout");
  const limitMs = typed === undefined ? defaultLimitMs : parsePositiveDuration(typed, "--timeout");
  const backups = resourcesOf(backupKind, server, session.signal);
  const chosen: readonly ChosenBackup[] = await chosenResources(backups, choice);
  if (chosen.length === 0) {
    environment.stdout.write(`no backup of ${placeOf(server)} is chosen; nothing was done\n`);
    return exitStatus.done;
  }
  const names = chosen.map(({ metadata }) => metadata.name);
  const question = `Delete ${counted(names.length, "backup")} of ${placeOf(server)}, with what the bucket holds of them: ${names.join(", ")}?`;
  if (!(await confirmed(session, question))) return exitStatus.failed;
  const asked: Asked[] = [];
  for (const backup of chosen) asked.push(await ask(session, server, backup));
  if (flags.boolean("wait") === false) {
    for (const { name } of asked) {
      environment.stdout.write(`backup ${name}: the server is asked to delete it\n`);
    }
    return exitStatus.done;
  }
  try {
    return await concluded(session, server, asked, limitMs);
  } catch (thrown) {
    if (!session.signal.aborted) throw thrown;
    session.note("no longer waiting: the server goes on deleting what it was asked to");
    return exitStatus.cancelled;
  }
}

interface Asked {
  /** Of the backup. */
  readonly name: string;
  readonly uid: string | undefined;
  /** Name of the DeleteBackupRequest. */
  readonly request: string;
}

async function ask(
  { clock, signal }: Session,
  server: ServerAccess,
  { metadata }: ChosenBackup,
): Promise<Asked> {
  const { name, uid } = metadata;
  const base = name.slice(0, 240).replace(/[-.]+$/, "");
  const request = await resourcesOf(deleteBackupRequestKind, server, signal).create({
    name: `${base}-${clock.uuid().slice(0, 8)}`,
    labels: {
      [labels.backupName]: labelValue(name),
      ...(uid === undefined ? {} : { [labels.backupUid]: uid }),
    },
    spec: { backupName: name },
  });
  return { name, uid, request: request.metadata.name };
}

async function concluded(
  session: Session,
  server: ServerAccess,
  asked: readonly Asked[],
  limitMs: number,
): Promise<ExitStatus> {
  const { environment } = session.invocation;
  let failures = 0;
  for (const one of asked) {
    const errors = await whatWasLeft(session, server, one, limitMs);
    if (errors.length === 0) {
      environment.stdout.write(`backup ${one.name}: deleted\n`);
      continue;
    }
    failures += 1;
    environment.stdout.write(`backup ${one.name}: not deleted\n`);
    for (const text of errors) environment.stdout.write(`  error   ${text}\n`);
  }
  return failures === 0 ? exitStatus.done : exitStatus.failed;
}

interface Look {
  readonly isGone: boolean;
  readonly request: DeleteBackupRequest | undefined;
}

/** Empty where the backup is gone. Errors: ARK_API_FAILED at the limit. */
async function whatWasLeft(
  session: Session,
  server: ServerAccess,
  { name, uid, request }: Asked,
  limitMs: number,
): Promise<readonly string[]> {
  const { clock, signal } = session;
  const backups = resourcesOf(backupKind, server, signal);
  const requests = resourcesOf(deleteBackupRequestKind, server, signal);
  const { ended, state } = await follow<Look>({
    clock,
    signal,
    limitMs,
    read: async () => {
      const found = await requests.find(request);
      const backup = await backups.find(name);
      return { request: found, isGone: backup === undefined || backup.metadata.uid !== uid };
    },
    isEnd: (look) =>
      look?.isGone === true ||
      look?.request?.status?.phase === "Processed" ||
      look?.request === undefined,
  });
  if (!ended) {
    throw new ArkError(
      "ARK_API_FAILED",
      `backup "${name}" is not deleted ${span(limitMs)} after the server was asked to`,
      {
        advice: `the request stays (DeleteBackupRequest ${request}); see whether the server is alive: ark-ts version`,
      },
    );
  }
  if (state?.isGone === true) return [];
  const errors = state?.request?.status?.errors ?? [];
  if (errors.length > 0) return errors;
  return [
    state?.request === undefined
      ? "its request is gone and it is still there: another request has taken its place"
      : "the server has ended its request without a reason, and it is still there",
  ];
}
