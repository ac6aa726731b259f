import { stat } from "node:fs/promises";
import { join } from "node:path";
import { ArkError } from "../lib/errors.ts";
import { isDirectory, type NamedLocation } from "./locations.ts";
import type { Session } from "./session.ts";

/**
 * A directory that is not there holds no backups, but that is not what should be said of it: a
 * typing error, or a disk that is not mounted. Of the built-in location it is, before the first
 * backup. Errors: ARK_STORE_BUCKET_MISSING for a path or URL that was typed.
 */
export async function sayIfMissing(session: Session, location: NamedLocation): Promise<void> {
  const { name, display, isTyped, builtIn } = location;
  if (builtIn || !(await isMissingDirectory(location))) return;
  if (isTyped) {
    throw new ArkError("ARK_STORE_BUCKET_MISSING", `the directory "${display}" does not exist`, {
      advice: "check the path, and that its disk is mounted",
    });
  }
  session.note(
    `the directory of location ${name}, ${display}, does not exist: no backup was made there yet, or its disk is not mounted`,
  );
}

/** Whether the location is a directory that is not there. */
export async function isMissingDirectory({ spec }: NamedLocation): Promise<boolean> {
  return isDirectory(spec) && (await isMissing(join(spec.bucket, spec.prefix)));
}

async function isMissing(path: string): Promise<boolean> {
  try {
    await stat(path);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT";
  }
}
