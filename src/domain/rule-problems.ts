import { ArkError, type ErrorCode } from "../lib/errors.ts";

/** A ConfigMap holds no more. */
export const maxRuleChars = 1024 * 1024;

/** Problems named in one error; the rest are counted. */
const maxProblems = 10;

/** Rules that cannot be used: `what` they are, `where` they stand. */
export interface UnusableRules {
  readonly code: ErrorCode;
  readonly what: string;
  readonly where: string;
  readonly cause?: unknown;
}

/** `problems` are sentences that begin with a field. */
export function unusableRules(
  { code, what, where, cause }: UnusableRules,
  problems: readonly string[],
): ArkError {
  const told = problems.slice(0, maxProblems);
  const more = problems.length - told.length;
  return new ArkError(
    code,
    `the ${what} of ${where} cannot be used: ${told.join("; ")}${more > 0 ? `; and ${more} more` : ""}`,
    { advice: "correct them; their fields are those of Velero 1.18.3", cause },
  );
}

/** A field as people write it: `volumePolicies[0].action.type`. */
export function placeOf(path: readonly PropertyKey[]): string {
  const place = path.reduce<string>(
    (at, key) =>
      typeof key === "number" ? `${at}[${key}]` : at === "" ? String(key) : `${at}.${String(key)}`,
    "",
  );
  return place === "" ? "the whole" : place;
}
