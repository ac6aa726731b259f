import { ArkError } from "../lib/errors.ts";

/** Why a signal is aborted when the person stopped the command. */
export function cancellation(): ArkError {
  return new ArkError("ARK_CANCELLED", "cancelled");
}
