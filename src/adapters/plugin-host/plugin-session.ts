/**
 * Plugins of one program in one process, begun when first needed and again after it has ended.
 * A call during which it ends fails, and is never made again by this: the plugin may have done it.
 */
import { backoffMs } from "../../lib/backoff.ts";
import { ArkError } from "../../lib/errors.ts";
import { graceSignal } from "../../lib/grace-signal.ts";
import { createSemaphore } from "../../lib/semaphore.ts";
import type { GrpcConnection, SentStream } from "../../plugin-wire/grpc-connection.ts";
import { maxSentBytes } from "../../plugin-wire/message.ts";
import type { Method } from "../../plugin-wire/method.ts";
import { displayCommand, type PluginCommand, type PluginHostOptions } from "./host-options.ts";
import { type PluginProcess, startPlugin } from "./plugin-process.ts";

/** As Velero. */
const maxFailures = 10;
const restartBackoff = { baseMs: 500, capMs: 30_000 } as const;

/** How long a plugin may take to see that a stream was broken off. */
const abortGraceMs = 10_000;

/**
 * Done once in each process, one after the other and before all other calls: the table of a
 * plugin's names is written by the first call for each of them, without a lock.
 */
export type WarmUp = (connection: GrpcConnection, signal: AbortSignal) => Promise<void>;

export interface PluginSession {
  readonly display: string;
  /** Errors: ARK_PLUGIN_*. */
  call<Request, Response>(
    method: Method<Request, Response>,
    request: Partial<Request>,
    signal: AbortSignal,
  ): Promise<Response>;
  receive<Request, Response>(
    method: Method<Request, Response, "server stream">,
    request: Partial<Request>,
    signal: AbortSignal,
  ): AsyncIterable<Response>;
  /** Runs `work` with a stream that it must finish or poison. */
  send<Request, Response, Result>(
    method: Method<Request, Response, "client stream">,
    work: (stream: SentStream<Request, Response>) => Promise<Result>,
    signal: AbortSignal,
  ): Promise<Result>;
  /** Begins the process now, where it does not run. */
  warmUp(signal: AbortSignal): Promise<void>;
  /** The process that runs, for tests and for people. */
  pid(): number | undefined;
  /** Final. */
  close(): Promise<void>;
}

export function openPluginSession(
  command: PluginCommand,
  warmUps: readonly WarmUp[],
  options: PluginHostOptions,
): PluginSession {
  return new Session(command, warmUps, options);
}

class Session implements PluginSession {
  readonly display: string;
  readonly #command: PluginCommand;
  readonly #warmUps: readonly WarmUp[];
  readonly #options: PluginHostOptions;
  readonly #starting = createSemaphore(1);
  readonly #closing = new AbortController();
  #process: PluginProcess | undefined;
  /** Since the last call that the plugin answered. */
  #failures = 0;
  #lastFailure: ArkError | undefined;

  constructor(command: PluginCommand, warmUps: readonly WarmUp[], options: PluginHostOptions) {
    this.#command = command;
    this.#warmUps = warmUps;
    this.#options = options;
    this.display = displayCommand(command);
  }

  async call<Request, Response>(
    method: Method<Request, Response>,
    request: Partial<Request>,
    signal: AbortSignal,
  ): Promise<Response> {
    this.#refuseLarge(method.path, method.request.encode(request).length);
    return await this.#during(method.path, signal, async ({ connection }) =>
      connection.call(method, request, signal),
    );
  }

  async *receive<Request, Response>(
    method: Method<Request, Response, "server stream">,
    request: Partial<Request>,
    signal: AbortSignal,
  ): AsyncIterable<Response> {
    const process = await this.#ready(signal);
    try {
      yield* process.connection.receive(method, request, signal);
      this.#failures = 0;
    } catch (thrown) {
      throw this.#noted(thrown);
    }
  }

  async send<Request, Response, Result>(
    method: Method<Request, Response, "client stream">,
    work: (stream: SentStream<Request, Response>) => Promise<Result>,
    signal: AbortSignal,
  ): Promise<Result> {
    return await this.#during(method.path, signal, async (process) => {
      const { clock } = this.#options;
      const grace = graceSignal(signal, abortGraceMs, (ms, end) => clock.sleep(ms, end));
      grace.signal.addEventListener("abort", () => process.kill(), { once: true });
      try {
        return await work(process.connection.send(method));
      } finally {
        grace.stop();
      }
    });
  }

  async warmUp(signal: AbortSignal): Promise<void> {
    await this.#ready(signal);
  }

  pid(): number | undefined {
    return this.#process?.isAlive() ? this.#process.pid : undefined;
  }

  async close(): Promise<void> {
    this.#closing.abort(new ArkError("ARK_CANCELLED", `plugin "${this.display}" was ended`));
    await this.#process?.stop();
  }

  async #during<Result>(
    path: string,
    signal: AbortSignal,
    work: (process: PluginProcess) => Promise<Result>,
  ): Promise<Result> {
    const process = await this.#ready(signal);
    try {
      const result = await this.#limited(path, process, work);
      this.#failures = 0;
      return result;
    } catch (thrown) {
      throw this.#noted(thrown);
    }
  }

  /** The only way to end a call that hangs: plugins do not hear of a cancel. */
  async #limited<Result>(
    path: string,
    process: PluginProcess,
    work: (process: PluginProcess) => Promise<Result>,
  ): Promise<Result> {
    const { clock, callTimeoutMs } = this.#options;
    if (callTimeoutMs === undefined) return await work(process);
    const over = new AbortController();
    let late = false;
    clock.sleep(callTimeoutMs, over.signal).then(
      () => {
        late = true;
        process.kill();
      },
      () => undefined,
    );
    try {
      return await work(process);
    } catch (thrown) {
      if (!late) throw thrown;
      throw new ArkError(
        "ARK_PLUGIN_TIMEOUT",
        `plugin ${JSON.stringify(this.display)} did not answer ${path.split("/").at(-1)} within ${callTimeoutMs / 1_000} s, and was killed; whether it did it is not known`,
        { disposition: "wait" },
      );
    } finally {
      over.abort();
    }
  }

  #noted(thrown: unknown): unknown {
    const ended =
      thrown instanceof ArkError &&
      (thrown.code === "ARK_PLUGIN_ENDED" ||
        thrown.code === "ARK_PLUGIN_TIMEOUT" ||
        thrown.code === "ARK_PLUGIN_START");
    if (ended) {
      this.#failures += 1;
      this.#lastFailure = thrown;
    } else if (thrown instanceof ArkError && thrown.code === "ARK_PLUGIN_FAILED") {
      this.#failures = 0;
    }
    return thrown;
  }

  async #ready(signal: AbortSignal): Promise<PluginProcess> {
    const either = AbortSignal.any([signal, this.#closing.signal]);
    const leave = await this.#starting.enter(either);
    try {
      if (this.#process?.isAlive()) return this.#process;
      await this.#process?.stop();
      this.#process = undefined;
      if (this.#failures > maxFailures) throw this.#disabled();
      if (this.#failures > 1) {
        const { clock } = this.#options;
        await clock.sleep(backoffMs(restartBackoff, this.#failures - 1, clock.random()), either);
      }
      this.#process = await this.#begin(either);
      return this.#process;
    } catch (thrown) {
      throw this.#noted(thrown);
    } finally {
      leave();
    }
  }

  async #begin(signal: AbortSignal): Promise<PluginProcess> {
    const process = await startPlugin(this.#command, this.#options, signal);
    try {
      for (const warmUp of this.#warmUps) {
        await this.#limited("/warm-up", process, () => warmUp(process.connection, signal));
      }
      return process;
    } catch (thrown) {
      process.kill();
      await process.stop();
      throw thrown;
    }
  }

  #disabled(): ArkError {
    return new ArkError(
      "ARK_PLUGIN_DISABLED",
      `plugin ${JSON.stringify(this.display)} is not started again: it ended ${this.#failures} times without an answer in between`,
      {
        ...(this.#lastFailure && {
          answer: `${this.#lastFailure.message}${this.#lastFailure.answer === undefined ? "" : `: ${this.#lastFailure.answer}`}`,
        }),
      },
    );
  }

  #refuseLarge(path: string, bytes: number): void {
    if (bytes <= maxSentBytes) return;
    throw new ArkError(
      "ARK_PLUGIN_TOO_LARGE",
      `${path.split("/").at(-1)} was not asked of plugin ${JSON.stringify(this.display)}: item and backup or restore together have ${bytes} bytes`,
      {
        advice: `plugins take ${maxSentBytes} bytes at most in one call, and none of them can be told otherwise`,
      },
    );
  }
}
