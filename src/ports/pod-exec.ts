import type { BoundedOutput } from "../lib/bounded-output.ts";
import { ArkError, type ErrorCode, type ErrorStory } from "../lib/errors.ts";

export interface ExecRequest {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** At least one word; no shell reads it. */
  readonly command: readonly string[];
  /** From asking the API server to the command's end. */
  readonly timeoutMs: number;
  /** Sent to the command, then its end; absent: the command has no standard input. */
  readonly stdin?: Uint8Array;
}

export interface ExecOutput {
  readonly stdout: BoundedOutput;
  readonly stderr: BoundedOutput;
}

/** A command that ran to its end; `exitCode` is what the container's runtime reported. */
export interface ExecResult extends ExecOutput {
  readonly exitCode: number;
}

/**
 * Runs commands in containers. A command is never sent twice once it may have begun. Its end is
 * known only from the API server's word: a connection that closes without it is an error.
 */
export interface PodExec {
  /**
   * Rejects with the signal's reason when cancelled; the command may then go on running, as after
   * a timeout. Other errors are {@link ExecError}s: ARK_API_FORBIDDEN, ARK_API_NOT_FOUND (the pod
   * is gone), ARK_EXEC_REFUSED (no such container, no such program), ARK_EXEC_TIMEOUT,
   * ARK_EXEC_LOST, and those of reaching the API server.
   */
  exec(request: ExecRequest, options: { readonly signal: AbortSignal }): Promise<ExecResult>;
}

/** The end of the command is unknown, or it never began. */
export class ExecError extends ArkError {
  /** False only where it is certain that the command did not begin. */
  readonly mayHaveRun: boolean;
  /** What it had printed. */
  readonly output: ExecOutput | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    story: ErrorStory & { readonly mayHaveRun: boolean; readonly output?: ExecOutput },
  ) {
    super(code, message, story);
    this.mayHaveRun = story.mayHaveRun;
    this.output = story.output;
  }
}
