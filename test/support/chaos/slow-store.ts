/**
 * A way to an S3 server that takes its time, as one far away does, and writes down who wrote what
 * and when. Who: the address that a request came from, a pod's own.
 */
import { once } from "node:events";
import { Agent, createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

export interface StoreWrite {
  /** Milliseconds since the epoch when the request arrived. */
  readonly atMs: number;
  /** IPv4 address. */
  readonly from: string;
  readonly method: string;
  /** Path and query, decoded. */
  readonly url: string;
  /** Of the answer; undefined while there is none. */
  status: number | undefined;
}

export interface SlowStore {
  readonly endpoint: string;
  /** Requests that change something, in the order in which they came. */
  readonly writes: readonly StoreWrite[];
  close(): Promise<void>;
}

/** `delayMs`: for how long each request waits before it is passed on. */
export async function startSlowStore(
  targetEndpoint: string,
  address: string,
  delayMs: number,
): Promise<SlowStore> {
  const target = new URL(targetEndpoint);
  const agent = new Agent({ keepAlive: true });
  const writes: StoreWrite[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const { method = "GET", url = "/", headers, socket } = incoming;
    const from = (socket.remoteAddress ?? "").replace(/^::ffff:/, "");
    const write = { atMs: Date.now(), from, method, url: decodeURIComponent(url) };
    const noted: StoreWrite = { ...write, status: undefined };
    if (method !== "GET" && method !== "HEAD") writes.push(noted);
    await sleep(delayMs);
    const place = { host: target.hostname, port: target.port, path: url };
    const onward = request({ ...place, method, headers, agent }, (answer) => {
      noted.status = answer.statusCode;
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    // Who sends is killed in the middle of it at times.
    incoming.on("error", () => onward.destroy());
    outgoing.on("error", () => onward.destroy());
    onward.on("error", () => outgoing.destroy());
    if (incoming.destroyed) onward.destroy();
    else incoming.pipe(onward);
  });
  server.listen(0, address);
  await once(server, "listening");
  return {
    endpoint: `http://${address}:${(server.address() as AddressInfo).port}`,
    writes,
    async close() {
      server.close();
      server.closeAllConnections();
      agent.destroy();
      await once(server, "close");
    },
  };
}
