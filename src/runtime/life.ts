/** How something that runs is told to end. */
export interface Life {
  /** Begin nothing new, finish what is begun, and end. */
  readonly stop: AbortSignal;
  /** Drop what is begun, and end. Never aborts without `stop`. */
  readonly abort: AbortSignal;
}

/** A part of a server: it runs until it is told to end. */
export interface Runnable {
  /** For the log. */
  readonly name: string;
  /** `ready` is to be called once what depends on this may start. To end before `stop` is a failure. */
  run(life: Life, ready: () => void): Promise<void>;
}
