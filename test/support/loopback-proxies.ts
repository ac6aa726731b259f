/** Proxies on 127.0.0.1 that lead to one port of this machine, whatever they are asked for. */
import { once } from "node:events";
import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

export interface Running {
  readonly port: number;
  close(): Promise<void>;
}

/** PEM. */
export interface ServerIdentity {
  readonly cert: string;
  readonly key: string;
}

export interface LoopbackProxy extends Running {
  /** `host:port` that were asked for. */
  readonly targets: string[];
  readonly authorizations: (string | undefined)[];
}

/** An HTTP proxy for CONNECT; with `identity` it speaks TLS, with `status` it refuses. */
export async function startConnectProxy(
  targetPort: number,
  options: { readonly status?: number; readonly identity?: ServerIdentity } = {},
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

/** Starts on a free port of 127.0.0.1; `close` also ends what is connected. */
export async function listening(server: Server | HttpServer): Promise<Running> {
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
