import { mayPass } from "../catalog/continuation.ts";
import type { ArkError } from "../lib/errors.ts";

/** Whether a run that failed so is tried again: also one whose name another process has just taken. */
export function mayGoOn(error: ArkError): boolean {
  return mayPass(error) || error.code === "ARK_NAME_LOST";
}

/** An error in one sentence, for `failureReason`. */
export function reasonOf({ message, answer, advice, code }: ArkError): string {
  const said = answer === undefined ? "" : `: ${answer}`;
  const next = advice === undefined ? "" : `; ${advice}`;
  return `${message}${said}${next} [${code}]`;
}
