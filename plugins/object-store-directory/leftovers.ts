import { lstat, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { removeFile } from "./durable-files.ts";
import { isAbsent } from "./errors.ts";
import type { Layout } from "./layout.ts";
import { mayBeAlive, parseTemporaryName, type Writer } from "./writer-identity.ts";

/**
 * A temporary file lives for one put. A process in another container shares our boot id but
 * not our process numbers, so that "gone" alone is no proof; hence the ages.
 */
const deadWriterAgeMs = 10 * 60_000;
const anyWriterAgeMs = 24 * 3_600_000;
/** As long as a lifecycle rule for incomplete uploads usually gives in a bucket. */
const uploadAgeMs = 7 * 24 * 3_600_000;

/** Removes what dead writers left: temporary files, and uploads without a write for a week. */
export async function removeLeftovers(
  layout: Layout,
  here: Writer,
  now: Date,
  signal: AbortSignal,
): Promise<void> {
  for (const name of await namesIn(layout.temporary)) {
    signal.throwIfAborted();
    const writer = parseTemporaryName(name);
    if (writer === undefined) continue;
    const path = join(layout.temporary, name);
    const limitMs = mayBeAlive(writer, here) ? anyWriterAgeMs : deadWriterAgeMs;
    if (await isOlder(path, now, limitMs)) await removeFile(path);
  }
  for (const name of await namesIn(layout.uploads)) {
    signal.throwIfAborted();
    const folder = join(layout.uploads, name);
    const lastWrite = [folder, join(folder, "parts.ndjson"), join(folder, "data")];
    const old = await Promise.all(lastWrite.map((path) => isOlder(path, now, uploadAgeMs)));
    if (old.every(Boolean)) await rm(folder, { recursive: true, force: true });
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (thrown) {
    if (isAbsent(thrown)) return [];
    throw thrown;
  }
}

/** True also for what is not there. */
async function isOlder(path: string, now: Date, limitMs: number): Promise<boolean> {
  try {
    const { mtimeMs } = await lstat(path);
    return now.getTime() - mtimeMs > limitMs;
  } catch (thrown) {
    if (isAbsent(thrown)) return true;
    throw thrown;
  }
}
