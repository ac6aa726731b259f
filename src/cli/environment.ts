import type { Writable } from "node:stream";

/** Where text goes. */
export interface TextSink {
  write(text: string | Uint8Array): void;
  /** Settles when what was written has left memory; for output that may be large. */
  drained(): Promise<void>;
  readonly isTerminal: boolean;
  /** Width of the terminal; undefined where there is none. */
  readonly columns: number | undefined;
}

/** The process as the command line sees it: read once in cmd/, handed down, never looked up again. */
export interface CliEnvironment {
  /** Arguments after the program's name. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly home: string;
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  /** Where a credential plugin may talk to the person; undefined without a terminal. */
  readonly terminal: Writable | undefined;
  readonly pid: number;
  /** True when a person can be asked a question. */
  readonly canAsk: boolean;
  /** Asks on stderr and answers one line; rejects with the signal's reason. */
  ask(question: string, signal: AbortSignal): Promise<string>;
  /** Aborted by the first Ctrl-C (or SIGTERM, SIGHUP) with an ArkError ARK_CANCELLED. */
  readonly signal: AbortSignal;
}
