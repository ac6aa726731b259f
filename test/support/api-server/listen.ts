/** The front door with sockets: HTTP or HTTPS on 127.0.0.1. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { ApiResponse } from "./api-call.ts";
import type { Connected, FrontDoor } from "./front-door.ts";

export interface TlsFiles {
  /** PEM texts. */
  readonly key: string;
  readonly cert: string;
  /** Asks clients for a certificate of this authority; it is not demanded. */
  readonly clientCa?: string;
}

export interface Listener {
  /** `http://127.0.0.1:PORT` or `https://...`. */
  readonly url: string;
  /** Ends all connections and frees the port. */
  close(): Promise<void>;
}

export async function listen(
  door: FrontDoor,
  connected: Connected,
  tls?: TlsFiles,
): Promise<Listener> {
  const handler = (request: IncomingMessage, response: ServerResponse) => {
    serve(door, request, response).catch(() => response.destroy());
  };
  const server =
    tls === undefined
      ? createServer({ keepAliveTimeout: 60_000 }, handler)
      : createTlsServer(
          {
            key: tls.key,
            cert: tls.cert,
            ...(tls.clientCa && { ca: tls.clientCa, requestCert: true, rejectUnauthorized: false }),
          },
          handler,
        );
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => undefined);
    upgrade(door, connected, request, { socket, head }).catch(() => socket.destroy());
  });
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}`,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

async function serve(
  door: FrontDoor,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort(new Error("the client went away")));
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const answer = await door({
    method: request.method ?? "GET",
    target: request.url ?? "/",
    headers: joined(request),
    body: Buffer.concat(chunks),
    signal: gone.signal,
  });
  await send(answer, response, gone.signal);
}

async function upgrade(
  door: FrontDoor,
  connected: Connected,
  request: IncomingMessage,
  { socket, head }: { readonly socket: Duplex; readonly head: Buffer },
): Promise<void> {
  const gone = new AbortController();
  socket.once("close", () => gone.abort(new Error("the client went away")));
  const target = request.url ?? "/";
  const { method = "GET" } = request;
  const body = Buffer.alloc(0);
  const admitted = await door({
    method,
    target,
    headers: joined(request),
    body,
    signal: gone.signal,
  });
  const { status, headers } = admitted;
  const refusal = Buffer.isBuffer(admitted.body) ? admitted.body : Buffer.alloc(0);
  const fields = status === 101 ? headers : { ...headers, "content-length": `${refusal.length}` };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines.join("")}\r\n`);
  if (status === 101) connected({ target, admitted, socket, head });
  else socket.end(refusal);
}

function joined(request: IncomingMessage): Record<string, string> {
  const entries = Object.entries(request.headersDistinct);
  return Object.fromEntries(entries.map(([name, values]) => [name, (values ?? []).join(",")]));
}

async function send(
  answer: ApiResponse,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const { status, headers, body } = answer;
  if (Buffer.isBuffer(body)) {
    response.writeHead(status, { ...headers, "content-length": body.length });
    response.end(body);
    return;
  }
  response.writeHead(status, headers);
  response.flushHeaders();
  for await (const chunk of body) {
    if (signal.aborted) return;
    if (!response.write(chunk)) await drained(response, signal);
  }
  response.end();
}

async function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  await once(response, "drain", { signal }).catch(() => undefined);
}
