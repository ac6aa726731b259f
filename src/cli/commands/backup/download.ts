import { createHash, randomUUID } from "node:crypto";
import { link, open, rename, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { backupKeys } from "../../../format/keys.ts";
import { ArkError, hasCode } from "../../../lib/errors.ts";
import type { ObjectStore, StoredBody } from "../../../ports/object-store.ts";
import type { Invocation } from "../../command-spec.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { openChosenLocation } from "../../reading.ts";
import { size } from "../../render/amounts.ts";
import { type Session, withSession } from "../../session.ts";
import { usageError } from "../../usage-error.ts";

/** Fetches the archive, compares its hash where the manifest has one, and only then names it. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  return await withSession(invocation, async (session) => {
    const { args, flags, environment } = invocation;
    const name = args[0] ?? "";
    const { store } = await openChosenLocation(session, "read-store");
    const { readBackupRecord } = await import("../../../catalog/open-backup.ts");
    const { manifest } = await readBackupRecord(store, name, session.signal);
    const stored = await archiveOf(store, name, session.signal);
    const expected = manifest?.archive.sha256;
    const output = flags.text("output") ?? `${name}-data.tar.gz`;
    if (output === "-") {
      await toStdout(session, name, stored, expected);
      return exitStatus.done;
    }
    const path = resolve(environment.cwd, output);
    await toFile(path, flags.boolean("force") === true, (write) =>
      copied(name, stored, expected, write),
    );
    const checked = expected === undefined ? "no manifest to compare with" : "as it was written";
    environment.stdout.write(
      `archive of backup ${name}: ${output}   ${size(stored.sizeBytes)}, ${checked}\n`,
    );
    return exitStatus.done;
  });
}

/** Errors: ARK_BACKUP_DAMAGED where a sealed backup has lost its archive. */
async function archiveOf(
  store: ObjectStore,
  name: string,
  signal: AbortSignal,
): Promise<StoredBody> {
  try {
    return await store.get(backupKeys(name).archive, { signal });
  } catch (thrown) {
    if (!hasCode(thrown, "ARK_STORE_NOT_FOUND")) throw thrown;
    const { damagedBackup } = await import("../../../catalog/damage.ts");
    throw damagedBackup(name, "its archive is missing", thrown);
  }
}

type Write = (chunk: Uint8Array) => Promise<void>;

async function toStdout(
  session: Session,
  name: string,
  stored: StoredBody,
  expected: string | undefined,
): Promise<void> {
  const { stdout } = session.invocation.environment;
  if (stdout.isTerminal) {
    throw usageError(
      "-o -: an archive is no text for a terminal",
      "let it flow into a file or a pipe",
    );
  }
  await copied(name, stored, expected, async (chunk) => {
    stdout.write(chunk);
    await stdout.drained();
  });
}

async function copied(
  name: string,
  stored: StoredBody,
  expected: string | undefined,
  write: Write,
): Promise<void> {
  const digest = createHash("sha256");
  for await (const chunk of stored.body) {
    digest.update(chunk);
    await write(chunk);
  }
  if (expected !== undefined && digest.digest("hex") !== expected) {
    throw new ArkError(
      "ARK_BACKUP_DAMAGED",
      `the archive of backup "${name}" is not what was written`,
      { advice: `ark-ts backup verify ${name} names what is damaged` },
    );
  }
}

/** Whole or not at all, for the user alone (0600); an existing file only with `force`. */
async function toFile(
  path: string,
  force: boolean,
  fill: (write: Write) => Promise<void>,
): Promise<void> {
  const temporary = `${path}.${randomUUID()}.part`;
  try {
    const file = await open(temporary, "wx", 0o600);
    try {
      await fill(async (chunk) => void (await file.write(chunk)));
      await file.sync();
    } finally {
      await file.close();
    }
    if (force) await rename(temporary, path);
    else await link(temporary, path);
  } catch (error) {
    throw fileError(path, error);
  } finally {
    await rm(temporary, { force: true });
  }
}

function fileError(path: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (error instanceof ArkError || code === undefined) return error;
  if (code === "EEXIST")
    return usageError(`the file "${path}" exists already`, "--force replaces it");
  return new ArkError("ARK_USAGE", `the file "${path}" cannot be written`, {
    answer: (error as Error).message,
    cause: error,
  });
}
