/** What a caller should do next when an error reaches it. */
export type Disposition = "retry" | "wait" | "stall" | "bug";

export type ErrorCode = `ARK_${string}`;

/** The parts of the sentence a tired person reads; see `docs/errors.md`. */
export interface ErrorStory {
  /** What was attempted: the verb and its object. */
  readonly tried?: string;
  /** What the other side said, in its own words. */
  readonly answer?: string;
  /** What the reader can do about it. */
  readonly advice?: string;
  /** Default `stall`: a human has to act. */
  readonly disposition?: Disposition;
  /** How long the other side asked to be left alone. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/**
 * The one error type that leaves a function. `message` says what could not be done, on what
 * (quoted); `code` is stable and stands in the catalogue `src/api/error-codes.ts`.
 */
export class ArkError extends Error {
  readonly code: ErrorCode;
  readonly tried: string | undefined;
  readonly answer: string | undefined;
  readonly advice: string | undefined;
  readonly disposition: Disposition;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, story: ErrorStory = {}) {
    super(message, story.cause === undefined ? undefined : { cause: story.cause });
    this.code = code;
    this.tried = story.tried;
    this.answer = story.answer;
    this.advice = story.advice;
    this.disposition = story.disposition ?? "stall";
    this.retryAfterMs = story.retryAfterMs;
  }

  override get name(): string {
    return "ArkError";
  }
}

export function hasCode(error: unknown, code: ErrorCode): error is ArkError {
  return error instanceof ArkError && error.code === code;
}

/** The only door from `unknown` to ArkError; keeps the original as `cause`. */
export function toArkError(thrown: unknown): ArkError {
  if (thrown instanceof ArkError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new ArkError("ARK_UNEXPECTED", message, { disposition: "bug", cause: thrown });
}
