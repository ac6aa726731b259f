import { setImmediate as nextTurn } from "node:timers/promises";
import { WebSocket } from "undici";
import { createOutputCollector, type OutputCollector } from "../../../lib/bounded-output.ts";
import type { ExecOutput } from "../../../ports/pod-exec.ts";
import { type CommandStatus, readCommandStatus } from "./command-status.ts";
import type { Handshake } from "./handshake.ts";

/** v5 can end standard input; v4 is what API servers before 1.30 speak. */
const protocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"];
const protocolsWithStdin = ["v5.channel.k8s.io"];

/** First byte of each message. */
const channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, close: 255 } as const;

const maxStatusBytes = 64 * 1024;
const stdinChunkBytes = 32 * 1024;

/** What became of a connection. */
export interface StreamEnd extends ExecOutput {
  /** The server had switched protocols: the command may have begun. */
  readonly opened: boolean;
  /** Undefined: the connection ended without it. */
  readonly status: CommandStatus | undefined;
  /** What the WebSocket said of its close. */
  readonly reason: string;
}

export interface CommandStream {
  /** Resolves when the connection has ended, however it did. */
  readonly ended: Promise<StreamEnd>;
  /** Resolves when the end of the command was told; the rest of its output may still come. */
  readonly told: Promise<void>;
  output(): ExecOutput;
  /** As if the connection ended now. */
  now(): StreamEnd;
  /** Ends the connection at once, whatever the server does. */
  drop(): void;
}

/** Runs the command that `url` names; what it prints is kept within bounds. */
export function openCommandStream(
  url: string,
  handshake: Handshake,
  stdin: Uint8Array | undefined,
): CommandStream {
  const stdout = createOutputCollector();
  const stderr = createOutputCollector();
  const sinks = new Map<number, OutputCollector>([
    [channel.stdout, stdout],
    [channel.stderr, stderr],
  ]);
  const socket = new WebSocket(url, {
    protocols: stdin === undefined ? protocols : protocolsWithStdin,
    dispatcher: handshake.dispatcher,
  });
  socket.binaryType = "arraybuffer";
  let opened = false;
  let statusText = "";
  let status: CommandStatus | undefined;
  const told = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<StreamEnd>();
  const output = (): ExecOutput => ({ stdout: stdout.finish(), stderr: stderr.finish() });
  const drop = (): void => {
    handshake.socket()?.destroy();
    socket.close();
  };
  socket.addEventListener("open", () => {
    opened = true;
    if (stdin !== undefined) void sendStdin(socket, stdin);
  });
  socket.addEventListener("message", ({ data }) => {
    if (!(data instanceof ArrayBuffer) || data.byteLength === 0) return;
    const message = new Uint8Array(data);
    const [kind = 0] = message;
    const payload = message.subarray(1);
    if (kind !== channel.error) return sinks.get(kind)?.add(payload);
    if (statusText.length < maxStatusBytes) statusText += Buffer.from(payload).toString();
    status = readCommandStatus(statusText);
    if (status !== undefined) told.resolve();
  });
  socket.addEventListener("error", () => undefined);
  const now = (reason = ""): StreamEnd => ({ opened, status, reason, ...output() });
  socket.addEventListener("close", ({ reason }) => ended.resolve(now(reason)));
  return { ended: ended.promise, told: told.promise, output, now: () => now(), drop };
}

/** All of it, then its end; no faster than the connection takes it. */
async function sendStdin(socket: WebSocket, stdin: Uint8Array): Promise<void> {
  for (let at = 0; at < stdin.length; at += stdinChunkBytes) {
    const chunk = stdin.subarray(at, at + stdinChunkBytes);
    socket.send(Buffer.concat([Buffer.of(channel.stdin), chunk]));
    while (socket.bufferedAmount > 0 && socket.readyState === WebSocket.OPEN) await nextTurn();
  }
  socket.send(Buffer.of(channel.close, channel.stdin));
}
