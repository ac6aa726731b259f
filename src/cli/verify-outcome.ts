import type { VerifyReport } from "../catalog/verify-report.ts";
import { hasCode, toArkError } from "../lib/errors.ts";
import type { ClusterAnswers } from "../restore/apply/ask-cluster.ts";

/** What verifying one backup came to; printed as it stands by `-o json` (docs/verify.md). */
export type VerifyOutcome = VerifiedBackup | UnverifiedBackup;

export interface VerifiedBackup extends Omit<VerifyReport, "level"> {
  readonly level: VerifyReport["level"] | "cluster";
  /** Only with level `cluster`. */
  readonly cluster?: ClusterAnswers;
}

/** A backup that could not be looked at; the others are. */
export interface UnverifiedBackup {
  readonly name: string;
  readonly ok: false;
  readonly error: { readonly code: string; readonly message: string };
}

/** Turns what concerns this one backup into an outcome; whatever would end the others is thrown. */
export async function outcomeOf(
  name: string,
  verify: () => Promise<VerifiedBackup>,
): Promise<VerifyOutcome> {
  try {
    return await verify();
  } catch (thrown) {
    const isItsOwn =
      hasCode(thrown, "ARK_BACKUP_FORMAT") ||
      hasCode(thrown, "ARK_BACKUP_NOT_FOUND") ||
      hasCode(thrown, "ARK_NAME_INVALID");
    if (!isItsOwn) throw thrown;
    const { code, message } = toArkError(thrown);
    return { name, ok: false, error: { code, message } };
  }
}

export function isVerified(outcome: VerifyOutcome): outcome is VerifiedBackup {
  return !("error" in outcome);
}
