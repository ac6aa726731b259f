import type { RestoreSpec } from "../api/restore.ts";
import { checkRestoreSpec } from "../domain/restore/validate.ts";
import { ArkError } from "../lib/errors.ts";

/** Answers the name of the backup. Errors: ARK_USAGE, with everything that is wrong. */
export function checkSpec(spec: RestoreSpec): string {
  const violations = checkRestoreSpec(spec);
  if (violations.length > 0) {
    throw new ArkError("ARK_USAGE", `the restore cannot be run as asked: ${violations.join("; ")}`);
  }
  return spec.backupName ?? "";
}
