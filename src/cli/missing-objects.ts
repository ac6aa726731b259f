import { ArkError } from "../lib/errors.ts";
import { loseMissing } from "./flags/restore-flags.ts";
import { counted } from "./render/amounts.ts";

const namedAtMost = 20;

/** What a command would take away that only the record of a restore has. */
export interface WouldLose {
  /** What the restore did: `was cut off while it deleted objects`. */
  readonly what: string;
  /** `discarding`. */
  readonly doing: string;
  /** How to have the objects back: a clause. */
  readonly back: string;
  /** The command that loses them, without its flag. */
  readonly command: string;
}

/** That objects may be missing from the cluster, of which the record of a restore is the only copy. */
export function wouldLoseMissing(
  restore: string,
  missing: readonly string[],
  { what, doing, back, command }: WouldLose,
): ArkError {
  const left = missing.length - namedAtMost;
  const named = missing.slice(0, namedAtMost).join(", ");
  return new ArkError(
    "ARK_OBJECT_NOT_REMADE",
    `restore "${restore}" ${what}; ${counted(missing.length, "object")} may be missing from the cluster, and ${doing} would lose what was kept of them: ${named}${left > 0 ? `, and ${left} more` : ""}`,
    { advice: `to have them back, ${back}\nto lose them: ${command} --${loseMissing.name}` },
  );
}
