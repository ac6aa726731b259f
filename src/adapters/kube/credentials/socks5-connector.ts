import { once } from "node:events";
import { connect as connectTcp, isIPv4, isIPv6, type Socket } from "node:net";
import { buildConnector } from "undici";
import { ArkError } from "../../../lib/errors.ts";
import { parseIpAddress } from "../../../lib/ip-address.ts";
import { proxyForDisplay } from "../../../lib/proxy-url.ts";

const defaultPort = 1080;

/**
 * Connects through a SOCKS5 proxy (RFC 1928, with user and password of RFC 1929). Names are
 * resolved by the proxy, for `socks5` as for `socks5h`, which is what Go programs do.
 */
export function createSocks5Connector(
  proxy: URL,
  tls: buildConnector.BuildOptions & { readonly timeout: number },
): buildConnector.connector {
  const upgrade = buildConnector(tls);
  return (options, callback) => {
    openTunnel(proxy, options.hostname, portOf(options), tls.timeout).then(
      (socket) => {
        if (options.protocol === "https:") upgrade({ ...options, httpSocket: socket }, callback);
        else callback(null, socket);
      },
      (error: Error) => callback(error, null),
    );
  };
}

function portOf(options: buildConnector.Options): number {
  return Number(options.port) || (options.protocol === "https:" ? 443 : 80);
}

async function openTunnel(
  proxy: URL,
  host: string,
  port: number,
  timeoutMs: number,
): Promise<Socket> {
  const signal = AbortSignal.timeout(timeoutMs);
  const socket = connectTcp({
    host: bareHost(proxy.hostname),
    port: Number(proxy.port) || defaultPort,
    keepAlive: true,
  });
  try {
    await once(socket, "connect", { signal });
    const read = reader(proxy, socket, signal);
    await authenticate(proxy, socket, read);
    socket.write(connectRequest(bareHost(host), port));
    await readReply(proxy, read);
    return socket;
  } catch (error) {
    socket.on("error", () => {}).destroy();
    if (!signal.aborted) throw error;
    throw refused(proxy, `it did not answer within ${timeoutMs / 1000} s`);
  }
}

type Read = (byteCount: number) => Promise<Buffer>;

/** Takes exactly so many bytes, and leaves the rest in the socket for TLS. */
function reader(proxy: URL, socket: Socket, signal: AbortSignal): Read {
  return async (byteCount) => {
    for (;;) {
      const bytes = socket.read(byteCount) as Buffer | null;
      if (bytes !== null && bytes.length === byteCount) return bytes;
      if (bytes !== null || socket.readableEnded) throw refused(proxy, "it closed the connection");
      await moreOrEnd(socket, signal);
    }
  };
}

async function moreOrEnd(socket: Socket, signal: AbortSignal): Promise<void> {
  const settled = new AbortController();
  const options = { signal: AbortSignal.any([signal, settled.signal]) };
  try {
    await Promise.race([once(socket, "readable", options), once(socket, "end", options)]);
  } finally {
    settled.abort();
  }
}

const methods = { none: 0, password: 2 } as const;

async function authenticate(proxy: URL, socket: Socket, read: Read): Promise<void> {
  const user = Buffer.from(decodeURIComponent(proxy.username), "utf8");
  const password = Buffer.from(decodeURIComponent(proxy.password), "utf8");
  const offered = user.length > 0 ? [methods.none, methods.password] : [methods.none];
  socket.write(Buffer.from([5, offered.length, ...offered]));
  const [version, method] = await read(2);
  if (version !== 5) throw refused(proxy, "it is not a SOCKS5 proxy");
  if (method === methods.none) return;
  if (method !== methods.password || user.length === 0) {
    throw refused(proxy, "it asks for authentication that proxy-url does not give");
  }
  socket.write(
    Buffer.concat([Buffer.from([1, user.length]), user, Buffer.from([password.length]), password]),
  );
  const [, status] = await read(2);
  if (status !== 0) throw refused(proxy, "it refused the user and password of proxy-url");
}

function connectRequest(host: string, port: number): Buffer {
  const head = Buffer.from([5, 1, 0]);
  const portBytes = Buffer.from([port >> 8, port & 0xff]);
  return Buffer.concat([head, addressBytes(host), portBytes]);
}

const addressTypes = { ipv4: 1, name: 3, ipv6: 4 } as const;

function addressBytes(host: string): Buffer {
  if (isIPv4(host)) return Buffer.from([addressTypes.ipv4, ...host.split(".").map(Number)]);
  if (isIPv6(host)) {
    const value = parseIpAddress(host)?.value ?? 0n;
    const hex = value.toString(16).padStart(32, "0");
    return Buffer.concat([Buffer.from([addressTypes.ipv6]), Buffer.from(hex, "hex")]);
  }
  const name = Buffer.from(host, "utf8");
  return Buffer.concat([Buffer.from([addressTypes.name, name.length]), name]);
}

const replies: Readonly<Record<number, string>> = {
  1: "it failed",
  2: "its rules forbid this connection",
  3: "the network cannot be reached from it",
  4: "the host cannot be reached from it",
  5: "the server refused its connection",
  6: "its connection timed out",
};

async function readReply(proxy: URL, read: Read): Promise<void> {
  const [version, status = 1, , addressType] = await read(4);
  if (version !== 5) throw refused(proxy, "it is not a SOCKS5 proxy");
  if (status !== 0) throw refused(proxy, replies[status] ?? `it answered ${status}`);
  const length = addressType === addressTypes.name ? ((await read(1))[0] ?? 0) : undefined;
  await read((length ?? (addressType === addressTypes.ipv6 ? 16 : 4)) + 2);
}

function bareHost(host: string): string {
  return host.startsWith("[") ? host.slice(1, -1) : host;
}

function refused(proxy: URL, answer: string): ArkError {
  return new ArkError(
    "ARK_API_UNREACHABLE",
    `the proxy "${proxyForDisplay(proxy)}" does not connect to the API server`,
    { answer, advice: "check proxy-url in the kubeconfig, and that the proxy runs" },
  );
}
