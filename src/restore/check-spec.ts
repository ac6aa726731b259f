import type { RestoreSpec } from "../api/restore.ts";
import { optionProblems } from "../domain/restore/restore-options.ts";
import { checkRestoreSpec } from "../domain/restore/validate.ts";
import { ArkError } from "../lib/errors.ts";

/** Answers the name of the backup. Errors: ARK_USAGE, with everything that is wrong. */
export function checkSpec(request: {
  readonly spec: RestoreSpec;
  readonly annotations?: Readonly<Record<string, string>>;
}): string {
  const { spec } = request;
  const violations = [...checkRestoreSpec(spec), ...optionProblems(request)];
  if (violations.length > 0) {
    throw new ArkError(
      "ARK_USAGE",
      `the restore cannot be run as asked: ${violations.join("; ")}`,
      {
        advice: "ark-ts restore create --help tells what each flag takes",
      },
    );
  }
  return spec.backupName ?? "";
}
