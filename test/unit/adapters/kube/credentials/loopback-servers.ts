import { once } from "node:events";
import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { KeyPair } from "./certificates.ts";

export interface Arrival {
  readonly path: string;
  readonly headers: NodeJS.Dict<string[]>;
  /** The common name of the client certificate. */
  readonly client: string | undefined;
  readonly serverName: string | false | undefined;
}

export interface Running {
  readonly port: number;
  close(): Promise<void>;
}

export interface ApiServer extends Running {
  readonly arrivals: Arrival[];
  /** Which Authorization is refused with 401. */
  refused: string | undefined;
}

/** Answers 200 (or 401) to everything and notes who asked. */
export async function startApiServer(identity: KeyPair | undefined): Promise<ApiServer> {
  const arrivals: Arrival[] = [];
  const state = { refused: undefined as string | undefined };
  const handler: Parameters<typeof createHttpServer>[1] = (request, response) => {
    const socket = request.socket as TLSSocket;
    const subject = identity && socket.getPeerCertificate().subject;
    const client = subject?.CN;
    arrivals.push({
      path: request.url ?? "",
      headers: request.headersDistinct,
      client: Array.isArray(client) ? client[0] : client,
      serverName: identity ? (socket.servername ?? undefined) : undefined,
    });
    response.statusCode = request.headers.authorization === state.refused ? 401 : 200;
    response.end("{}");
  };
  const server = identity
    ? createHttpsServer(
        { cert: identity.cert, key: identity.key, requestCert: true, rejectUnauthorized: false },
        handler,
      )
    : createHttpServer(handler);
  state.refused = "none";
  return Object.assign(state, { arrivals, ...(await listening(server)) });
}

export interface LoopbackProxy extends Running {
  /** `host:port` that were asked for. */
  readonly targets: string[];
  readonly authorizations: (string | undefined)[];
}

/** An HTTP proxy that sends every CONNECT to one port of this machine, whatever was asked. */
export async function startConnectProxy(
  targetPort: number,
  options: { readonly status?: number; readonly identity?: KeyPair } = {},
): Promise<LoopbackProxy> {
  const targets: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const { identity, status = 200 } = options;
  const server = identity
    ? createHttpsServer({ cert: identity.cert, key: identity.key })
    : createHttpServer();
  server.on("connect", (request, client: Socket) => {
    targets.push(request.url ?? "");
    authorizations.push(request.headers["proxy-authorization"]);
    if (status !== 200) client.end(`HTTP/1.1 ${status} No\r\n\r\n`);
    else {
      client.write("HTTP/1.1 200 OK\r\n\r\n");
      join(client, targetPort);
    }
  });
  return { targets, authorizations, ...(await listening(server)) };
}

/** A SOCKS5 proxy of the same kind; with `login` it asks for `user:password`. */
export async function startSocksProxy(targetPort: number, login?: string): Promise<LoopbackProxy> {
  const targets: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const server = createServer((client) => {
    void serve(client).catch(() => client.destroy());
  });
  const serve = async (client: Socket): Promise<void> => {
    const read = async (size: number): Promise<Buffer> => {
      for (;;) {
        const bytes = client.read(size) as Buffer | null;
        if (bytes !== null) return bytes;
        await once(client, "readable");
      }
    };
    const [, methodCount = 0] = await read(2);
    const methods = await read(methodCount);
    const method = login === undefined ? 0 : methods.includes(2) ? 2 : 0xff;
    client.write(Buffer.from([5, method]));
    if (method === 2) {
      const [, userSize = 0] = await read(2);
      const user = (await read(userSize)).toString();
      const password = (await read((await read(1))[0] ?? 0)).toString();
      authorizations.push(`${user}:${password}`);
      client.write(Buffer.from([1, `${user}:${password}` === login ? 0 : 1]));
    }
    const [, , , type] = await read(4);
    const host =
      type === 3
        ? (await read((await read(1))[0] ?? 0)).toString()
        : (await read(type === 4 ? 16 : 4)).join(".");
    targets.push(`${host}:${(await read(2)).readUInt16BE()}`);
    client.write(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 0]));
    join(client, targetPort);
  };
  return { targets, authorizations, ...(await listening(server)) };
}

function join(client: Socket, port: number): void {
  const upstream = connect(port, "127.0.0.1");
  upstream.on("error", () => client.destroy());
  client.on("error", () => upstream.destroy());
  client.pipe(upstream).pipe(client);
}

async function listening(server: Server | HttpServer): Promise<Running> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
