/**
 * A proxy before an HTTP server that loses answers: what was asked is done, and nobody hears of it.
 * Others it changes.
 */
import { once } from "node:events";
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export interface LossyProxy {
  readonly endpoint: string;
  /**
   * The next answer to a request whose body matches is lost, once for each call; `onLost` is told when
   * it is there.
   */
  lose(body: RegExp, onLost?: () => void): void;
  /** The next `times` answers to requests whose body matches are changed. */
  change(body: RegExp, change: (answer: string) => string, times: number): void;
  changeNoMore(): void;
  /** How many requests had a body that matches. */
  count(body: RegExp): number;
  stop(): Promise<void>;
}

interface Loss {
  readonly body: RegExp;
  readonly onLost: (() => void) | undefined;
}

interface Change {
  readonly body: RegExp;
  readonly change: (answer: string) => string;
  left: number;
}

async function passChanged(
  answer: IncomingMessage,
  response: ServerResponse,
  change: Change["change"],
): Promise<void> {
  const changed = Buffer.from(change(await text(answer)));
  const { "transfer-encoding": _chunked, ...headers } = answer.headers;
  response.writeHead(answer.statusCode ?? 502, { ...headers, "content-length": changed.length });
  response.end(changed);
}

export async function startLossyProxy(target: string): Promise<LossyProxy> {
  const bodies: string[] = [];
  const toLose: Loss[] = [];
  const changes: Change[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const asked = body.toString();
    bodies.push(asked);
    const { method = "", url = "/", headers } = request;
    const at = toLose.findIndex((loss) => loss.body.test(asked));
    const [loss] = at < 0 ? [] : toLose.splice(at, 1);
    const onward = httpRequest(new URL(url, target), { method, headers }, (answer) => {
      const changing = changes.find((one) => one.left > 0 && one.body.test(asked));
      if (loss === undefined && changing !== undefined) {
        changing.left -= 1;
        void passChanged(answer, response, changing.change);
        return;
      }
      if (loss === undefined) {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
        return;
      }
      answer.resume().on("end", () => {
        loss.onLost?.();
        request.socket.destroy();
      });
    });
    onward.on("error", () => request.socket.destroy());
    onward.end(body);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    lose: (body, onLost) => void toLose.push({ body, onLost }),
    change: (body, change, times) => void changes.push({ body, change, left: times }),
    changeNoMore: () => void changes.splice(0),
    count: (body) => bodies.filter((asked) => body.test(asked)).length,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
