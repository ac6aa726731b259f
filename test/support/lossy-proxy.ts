/** A proxy before an HTTP server that loses answers: what was asked is done, and nobody hears of it. */
import { once } from "node:events";
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";

export interface LossyProxy {
  readonly endpoint: string;
  /** The next answer to a request whose body matches is lost, once for each call. */
  lose(body: RegExp): void;
  /** How many requests had a body that matches. */
  count(body: RegExp): number;
  stop(): Promise<void>;
}

export async function startLossyProxy(target: string): Promise<LossyProxy> {
  const bodies: string[] = [];
  const toLose: RegExp[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const text = body.toString();
    bodies.push(text);
    const { method = "", url = "/", headers } = request;
    const lost = toLose.findIndex((pattern) => pattern.test(text));
    if (lost >= 0) toLose.splice(lost, 1);
    const onward = httpRequest(new URL(url, target), { method, headers }, (answer) => {
      if (lost < 0) {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
        return;
      }
      answer.resume().on("end", () => request.socket.destroy());
    });
    onward.on("error", () => request.socket.destroy());
    onward.end(body);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    lose: (body) => void toLose.push(body),
    count: (body) => bodies.filter((text) => body.test(text)).length,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
