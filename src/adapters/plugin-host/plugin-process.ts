import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { TextDecoder } from "node:util";
import { ArkError } from "../../lib/errors.ts";
import type { GrpcConnection } from "../../plugin-wire/grpc-connection.ts";
import { statusCode } from "../../plugin-wire/grpc-status.ts";
import { parseHandshake } from "../../plugin-wire/handshake.ts";
import {
  healthCheck,
  shutdown,
  stdioChannel,
  streamStdio,
} from "../../plugin-wire/services/go-plugin.ts";
import { displayCommand, type PluginCommand, type PluginHostOptions } from "./host-options.ts";
import { createLineSplitter } from "./line-splitter.ts";
import { pluginArguments, pluginEnvironment } from "./plugin-environment.ts";
import { endedError, failedError } from "./plugin-errors.ts";
import { createLogReader } from "./plugin-log-lines.ts";
import { makeSocketFolder, removeSocketFolder } from "./socket-folders.ts";
import { type ProcessEnd, startFailure } from "./start-failure.ts";

const stopTimeoutMs = 2_000;
const keptOutputChars = 2_000;

/** A process that listens. It is never connected to again: one that has ended is replaced. */
export interface PluginProcess {
  readonly pid: number;
  /** Calls on it fail with ARK_PLUGIN_FAILED, or ARK_PLUGIN_ENDED when the process went away. */
  readonly connection: GrpcConnection;
  readonly ended: Promise<ProcessEnd>;
  isAlive(): boolean;
  /** Asks it to end, and makes it. Idempotent. */
  stop(): Promise<void>;
  /** Ends it at once; what is under way fails. */
  kill(): void;
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

/** Errors: ARK_PLUGIN_START; the signal's reason. Nothing is left of one that did not start. */
export async function startPlugin(
  command: PluginCommand,
  options: PluginHostOptions,
  signal: AbortSignal,
): Promise<PluginProcess> {
  signal.throwIfAborted();
  const folder = await makeSocketFolder(options);
  const child = spawn(command.path, pluginArguments(command.args, options), {
    env: pluginEnvironment(options, folder),
    stdio: ["ignore", "pipe", "pipe"],
    // Its own process group: Ctrl-C is for ark-ts, which ends its plugins when it is done.
    detached: true,
  });
  const output = readOutput(child, command, options);
  const state = watchEnd(child, folder);
  try {
    const line = await firstLine(child, command, options, { output, state, signal });
    const { target } = readHandshake(line, command);
    return await serve(child, target, command, options, state, output);
  } catch (thrown) {
    killGroup(child);
    await state.ended;
    throw thrown;
  }
}

interface EndState {
  readonly ended: Promise<ProcessEnd>;
  /** The process is gone, or never came to be. */
  over: boolean;
}

function watchEnd(child: Child, folder: string): EndState {
  const state: { over: boolean } = { over: false };
  const ended = new Promise<ProcessEnd>((resolve) => {
    child.once("exit", (code, signal) => {
      // What it started itself must not outlive it.
      killGroup(child);
      resolve({ code, signal });
    });
    child.once("error", () => {
      if (child.pid === undefined) resolve({ code: null, signal: null });
    });
  }).then(async (end) => {
    state.over = true;
    await removeSocketFolder(folder);
    return end;
  });
  return Object.assign(state, { ended });
}

interface Output {
  /** Resolves with the first line on stdout. */
  readonly handshake: Promise<string>;
  /** The end of what it printed. */
  tail(): string;
  /** What it prints on the streams of go-plugin. */
  readonly onStdio: (channel: number, text: string) => void;
}

function readOutput(child: Child, command: PluginCommand, { log }: PluginHostOptions): Output {
  let tail = "";
  const readLog = createLogReader();
  const pluginName = command.path.split("/").at(-1);
  const report = (line: string): void => {
    tail = `${tail}${line}\n`.slice(-keptOutputChars);
    const { level, text, fields } = readLog(line);
    log.write(level, text, { ...fields, pluginName, cmd: command.path });
  };
  let tell: ((line: string) => void) | undefined;
  const handshake = new Promise<string>((resolve) => {
    tell = resolve;
  });
  const stdout = createLineSplitter((line) => {
    if (tell === undefined) return report(line);
    tail = `${line}\n`;
    tell(line);
    tell = undefined;
  });
  const stderr = createLineSplitter(report);
  const remote = { out: createLineSplitter(report), err: createLineSplitter(report) };
  child.stdout.setEncoding("utf8").on("data", stdout.push).on("end", stdout.end);
  child.stderr.setEncoding("utf8").on("data", stderr.push).on("end", stderr.end);
  return {
    handshake,
    tail: () => tail,
    onStdio: (channel, text) =>
      (channel === stdioChannel.stdout ? remote.out : remote.err).push(text),
  };
}

interface Starting {
  readonly output: Output;
  readonly state: EndState;
  readonly signal: AbortSignal;
}

async function firstLine(
  child: Child,
  command: PluginCommand,
  { clock, startTimeoutMs = 60_000 }: PluginHostOptions,
  { output, state, signal }: Starting,
): Promise<string> {
  const over = new AbortController();
  const closed = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
  });
  const failed = new Promise<never>((_resolve, reject) => {
    child.once("error", (thrown) => startFailure(command, { thrown }, "").then(reject, reject));
    // Both streams are read to their ends first, for they say why.
    Promise.all([state.ended, closed]).then(
      ([end]) => startFailure(command, { end }, output.tail()).then(reject, reject),
      reject,
    );
  });
  failed.catch(() => undefined);
  const late = clock
    .sleep(startTimeoutMs, AbortSignal.any([signal, over.signal]))
    .then((): never => {
      throw new ArkError(
        "ARK_PLUGIN_START",
        `plugin ${JSON.stringify(displayCommand(command))} did not listen within ${startTimeoutMs / 1_000} s`,
        { answer: output.tail().trim() === "" ? "it printed nothing" : output.tail().trim() },
      );
    });
  late.catch(() => undefined);
  try {
    return await Promise.race([output.handshake, failed, late]);
  } finally {
    over.abort();
  }
}

function readHandshake(line: string, command: PluginCommand): { readonly target: string } {
  try {
    return parseHandshake(line);
  } catch (thrown) {
    const { message, answer, advice } = thrown as ArkError;
    throw new ArkError(
      "ARK_PLUGIN_START",
      `${JSON.stringify(displayCommand(command))} is no plugin of Velero: ${message}`,
      { ...(answer && { answer: `it printed ${answer}` }), ...(advice && { advice }) },
    );
  }
}

async function serve(
  child: Child,
  target: string,
  command: PluginCommand,
  { clock }: PluginHostOptions,
  state: EndState,
  output: Output,
): Promise<PluginProcess> {
  // Only who has plugins holds gRPC in memory.
  const { openGrpcConnection } = await import("../../plugin-wire/grpc-connection.ts");
  const display = displayCommand(command);
  const kill = (): void => {
    if (!state.over) killGroup(child);
  };
  const connection = openGrpcConnection(target, async (path, status) => {
    const lost = state.over || (status.code === statusCode.unavailable && !(await isServing(path)));
    if (!lost) return failedError(display, path, status);
    kill();
    return endedError(display, path, await state.ended, output.tail());
  });
  const isServing = async (path: string): Promise<boolean> => {
    if (path === healthCheck.path) return false;
    return await connection.call(healthCheck, { service: "plugin" }).then(
      () => true,
      () => false,
    );
  };
  drainStdio(connection, output);
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    const limit = new AbortController();
    const limited = clock.sleep(stopTimeoutMs, limit.signal).then(kill, () => undefined);
    if (!state.over) connection.call(shutdown, {}).catch(() => undefined);
    await state.ended;
    limit.abort();
    await limited;
  };
  void state.ended.then(() => connection.close());
  return {
    pid: child.pid ?? 0,
    connection,
    ended: state.ended,
    isAlive: () => !state.over,
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
    kill,
  };
}

/** For life: a plugin that has printed 64 KiB which nobody reads stands still. */
function drainStdio(connection: GrpcConnection, output: Output): void {
  const drain = async (): Promise<void> => {
    const decoders = new Map<number, TextDecoder>();
    for await (const { channel, data } of connection.receive(streamStdio, {})) {
      const decoder = decoders.get(channel) ?? new TextDecoder();
      decoders.set(channel, decoder);
      output.onStdio(channel, decoder.decode(data, { stream: true }));
    }
  };
  // Plugins of before 2020 have no such stream; all others end it with themselves.
  drain().catch(() => undefined);
}

function killGroup(child: Child): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // All of them have ended.
  }
}
