import { decodeJson } from "../../../lib/json-text.ts";
import { asList, asRecord, textOf } from "../json-record.ts";

/** How a command ended, by the Status on the error channel (channel protocols v4 and v5). */
export type CommandStatus =
  | { readonly state: "ended"; readonly exitCode: number }
  /** The container's runtime could not run it, or lost it. */
  | { readonly state: "failed"; readonly message: string };

/** Undefined: it is no Status, so nothing is known. */
export function readCommandStatus(text: string): CommandStatus | undefined {
  const status = parsed(text);
  if (status["status"] === "Success") return { state: "ended", exitCode: 0 };
  if (status["status"] !== "Failure") return undefined;
  const exitCode = status["reason"] === "NonZeroExitCode" ? exitCodeOf(status) : undefined;
  if (exitCode !== undefined) return { state: "ended", exitCode };
  return { state: "failed", message: textOf(status["message"]) };
}

function exitCodeOf(status: ReturnType<typeof asRecord>): number | undefined {
  const causes = asList(asRecord(status["details"])["causes"]);
  const cause = causes.find((one) => one["reason"] === "ExitCode");
  const code = Number(textOf(cause?.["message"]));
  // A failure with code 0 would pass for success.
  return Number.isInteger(code) && code !== 0 ? code : undefined;
}

function parsed(text: string): ReturnType<typeof asRecord> {
  try {
    return asRecord(decodeJson(text));
  } catch {
    return asRecord(undefined);
  }
}
