import { ArkError } from "../lib/errors.ts";

/** A flag or argument that cannot be meant: exit status 2. */
export function usageError(message: string, advice?: string): ArkError {
  return new ArkError("ARK_USAGE", message, advice === undefined ? {} : { advice });
}
