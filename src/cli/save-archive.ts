import { createHash, randomUUID } from "node:crypto";
import { link, open, rename, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { ArkError } from "../lib/errors.ts";
import type { StoredBody } from "../ports/object-store.ts";
import { size } from "./render/amounts.ts";
import type { Session } from "./session.ts";
import { usageError } from "./usage-error.ts";

/** An archive as it arrives. */
export interface Fetched {
  readonly name: string;
  readonly stored: StoredBody;
  /** SHA-256 in hex; undefined where no manifest says it. */
  readonly expected: string | undefined;
  /** Takes what is damaged; undefined: damage is an error. */
  readonly damages: string[] | undefined;
}

/**
 * Writes an archive to `--output`: a file, whole or not at all, or standard output. Errors:
 * ARK_USAGE, ARK_BACKUP_DAMAGED.
 */
export async function saveArchive(session: Session, fetched: Fetched): Promise<void> {
  const { flags, environment } = session.invocation;
  const { name, expected, damages } = fetched;
  const output = flags.text("output") ?? `${name}-data.tar.gz`;
  if (output === "-") {
    await toStdout(session, fetched);
    return;
  }
  const path = resolve(environment.cwd, output);
  let bytes = 0;
  await toFile(path, flags.boolean("force") === true, (write) =>
    copied(fetched, async (chunk) => {
      bytes += chunk.length;
      await write(chunk);
    }),
  );
  const unknown = "no manifest to compare with";
  const intact = expected === undefined ? unknown : "as it was written";
  const checked = (damages?.length ?? 0) > 0 ? "DAMAGED" : intact;
  environment.stdout.write(`archive of backup ${name}: ${output}   ${size(bytes)}, ${checked}\n`);
}

type Write = (chunk: Uint8Array) => Promise<void>;

async function toStdout(session: Session, fetched: Fetched): Promise<void> {
  const { stdout } = session.invocation.environment;
  if (stdout.isTerminal) {
    throw usageError(
      "-o -: an archive is no text for a terminal",
      "let it flow into a file or a pipe",
    );
  }
  await copied(fetched, async (chunk) => {
    stdout.write(chunk);
    await stdout.drained();
  });
}

async function copied({ name, stored, expected, damages }: Fetched, write: Write): Promise<void> {
  const digest = createHash("sha256");
  for await (const chunk of stored.body) {
    digest.update(chunk);
    await write(chunk);
  }
  if (expected === undefined || digest.digest("hex") === expected) return;
  const message = `the archive of backup "${name}" is not what was written`;
  if (damages !== undefined) {
    damages.push(message);
    return;
  }
  throw new ArkError("ARK_BACKUP_DAMAGED", message, {
    advice: `ark-ts backup verify ${name} names what is damaged; --allow-damaged fetches it as it is`,
  });
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
      await fill((chunk) => file.appendFile(chunk));
      await file.sync();
    } finally {
      await file.close();
    }
    if (force) await rename(temporary, path);
    else await link(temporary, path);
  } catch (error) {
    throw fileError(path, error);
  } finally {
    // Where nothing could be written there is nothing to remove, and the first error counts.
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}

function fileError(path: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (error instanceof ArkError || code === undefined) return error;
  if (code === "EEXIST")
    return usageError(`the file "${path}" exists already`, "--force replaces it");
  // Node adds the name of the temporary file, which nobody knows.
  const [answer = code] = (error as Error).message.split(", ");
  return new ArkError("ARK_USAGE", `the file "${path}" cannot be written`, {
    answer,
    advice: "name another place with --output",
    cause: error,
  });
}
