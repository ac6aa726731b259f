/** The server's side of RFC 6455, as much as an API server needs: no fragments, no extensions. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import type { Duplex } from "node:stream";

export interface WebSocketPeer {
  /** Messages of the client, until it closes or goes away. */
  messages(): AsyncIterable<Buffer>;
  /** Resolves when the client has taken it, or has gone away. */
  send(message: Buffer): Promise<void>;
  /** Closes as the protocol wants it. */
  close(code?: number, reason?: string): void;
  readonly gone: AbortSignal;
}

const opcode = { binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** `Sec-WebSocket-Accept` for a client's key. */
export function acceptOf(key: string): string {
  const text = `${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  return createHash("sha1").update(text).digest("base64");
}

/** Speaks over a connection that has switched protocols; `head` came with the request. */
export function speakWebSocket(socket: Duplex, head: Buffer = Buffer.alloc(0)): WebSocketPeer {
  const gone = new AbortController();
  socket.on("error", () => undefined);
  socket.once("close", () => gone.abort());
  const write = async (kind: number, payload: Buffer): Promise<void> => {
    if (gone.signal.aborted || socket.destroyed) return;
    socket.write(header(kind, payload.length));
    if (socket.write(payload)) return;
    await once(socket, "drain", { signal: gone.signal }).catch(() => undefined);
  };
  const close = (code = 1000, reason = ""): void => {
    const payload = Buffer.alloc(2 + Buffer.byteLength(reason));
    payload.writeUInt16BE(code);
    payload.write(reason, 2);
    void write(opcode.close, payload);
    socket.end();
  };
  return {
    gone: gone.signal,
    send: (message) => write(opcode.binary, message),
    close,
    async *messages() {
      for await (const { kind, payload } of frames(socket, head)) {
        if (kind === opcode.binary) yield payload;
        if (kind === opcode.ping) await write(opcode.pong, payload);
        if (kind === opcode.close) return void close();
      }
      // The client went away without a word.
      socket.destroy();
    },
  };
}

function header(kind: number, length: number): Buffer {
  if (length < 126) return Buffer.from([0x80 | kind, length]);
  const long = length > 0xffff;
  const bytes = Buffer.alloc(long ? 10 : 4);
  bytes[0] = 0x80 | kind;
  bytes[1] = long ? 127 : 126;
  if (long) bytes.writeBigUInt64BE(BigInt(length), 2);
  else bytes.writeUInt16BE(length, 2);
  return bytes;
}

interface Frame {
  readonly kind: number;
  readonly payload: Buffer;
}

async function* frames(socket: Duplex, head: Buffer): AsyncGenerator<Frame> {
  let buffered = head;
  const rest = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  for (;;) {
    for (let frame = parse(buffered); frame !== undefined; frame = parse(buffered)) {
      buffered = buffered.subarray(frame.sizeBytes);
      yield frame;
    }
    const next = await rest.next().catch(() => ({ done: true, value: undefined }) as const);
    if (next.done === true) return;
    buffered = Buffer.concat([buffered, next.value]);
  }
}

/** A client's frame is masked. */
function parse(bytes: Buffer): (Frame & { readonly sizeBytes: number }) | undefined {
  if (bytes.length < 2) return undefined;
  const short = (bytes[1] as number) & 0x7f;
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  const at = 2 + lengthBytes;
  if (bytes.length < at + 4) return undefined;
  const length =
    short === 126
      ? bytes.readUInt16BE(2)
      : short === 127
        ? Number(bytes.readBigUInt64BE(2))
        : short;
  if (bytes.length < at + 4 + length) return undefined;
  const mask = bytes.subarray(at, at + 4);
  const payload = Buffer.from(bytes.subarray(at + 4, at + 4 + length));
  for (let i = 0; i < length; i += 1) payload[i] = (payload[i] as number) ^ (mask[i % 4] as number);
  return { kind: (bytes[0] as number) & 0x0f, payload, sizeBytes: at + 4 + length };
}
