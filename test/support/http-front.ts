/** An HTTP server that passes requests on to another, and spoils the answers that a test picks. */
import { once } from "node:events";
import { createServer, type IncomingMessage, request } from "node:http";
import { Agent as TlsAgent, request as tlsRequest } from "node:https";
import type { AddressInfo } from "node:net";

/**
 * `drop`: the request arrives, its answer is lost. `cut`: half of the answer's body comes.
 * `stall`: half of it comes, and then nothing.
 */
export type Spoil = "pass" | "drop" | "cut" | "hang" | "stall";

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
}

/** An answer that the front gives by itself; the target does not hear of the request. */
export interface FrontAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** An answer of the API server that goes on and on: passed on as it comes. */
const watches = /[?&]watch=(?:true|1)(?:&|$)/;

/** An error as S3 writes it. */
export function s3Error(
  status: number,
  code: string,
  headers: Readonly<Record<string, string>> = {},
): FrontAnswer {
  const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}.</Message></Error>`;
  return { status, headers: { "content-type": "application/xml", ...headers }, body };
}

/** A request that the target answered, with both bodies. */
export interface AnsweredRequest extends SeenRequest {
  readonly body: string;
  readonly status: number;
  readonly answer: string;
  /** What became of the answer on the way back. */
  readonly spoil: Spoil;
}

export interface HttpFront {
  readonly endpoint: string;
  readonly seen: readonly SeenRequest[];
  /** Decides on each request; default `pass`. */
  spoil: (request: SeenRequest) => Spoil;
  /** Asked first; default: undefined, pass it on. */
  answer: (request: SeenRequest) => FrontAnswer | undefined;
  /** Told of each answer of the target, before it is passed on; bodies are kept only for this. */
  onAnswer: ((answered: AnsweredRequest) => void) | undefined;
  /** What the target gets to see; default: the headers as they came. */
  rewrite: (headers: IncomingMessage["headers"]) => IncomingMessage["headers"];
  close(): Promise<void>;
}

/** PEM: how the front speaks to a target over TLS, in its own name. */
export interface FrontTls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/**
 * Listens in plain HTTP, by default on 127.0.0.1, which pods of the node do not reach. The Host
 * header is passed on as it came, so that signatures hold.
 */
export async function startHttpFront(
  targetEndpoint: string,
  tls?: FrontTls,
  address = "127.0.0.1",
): Promise<HttpFront> {
  const target = new URL(targetEndpoint);
  const agent = tls === undefined ? undefined : new TlsAgent({ ...tls, keepAlive: true });
  const send = agent === undefined ? request : tlsRequest;
  const seen: SeenRequest[] = [];
  const server = createServer((incoming, outgoing) => {
    const { method = "GET", url = "/", headers } = incoming;
    const one = { method, url, headers };
    seen.push(one);
    const own = front.answer(one);
    if (own !== undefined) {
      const { status, headers: fields = {}, body = "" } = own;
      incoming.resume();
      incoming.on("end", () => {
        outgoing.writeHead(status, { "content-length": Buffer.byteLength(body), ...fields });
        outgoing.end(method === "HEAD" ? undefined : body);
      });
      return;
    }
    const spoil = front.spoil(one);
    const { onAnswer } = front;
    const sent: Buffer[] = [];
    if (onAnswer !== undefined) incoming.on("data", (chunk: Buffer) => sent.push(chunk));
    const onward = send(
      {
        host: target.hostname,
        port: target.port,
        method,
        path: url,
        headers: front.rewrite(headers),
        agent,
      },
      (answer) => {
        if (spoil === "pass" && watches.test(url)) {
          outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
          outgoing.on("close", () => onward.destroy());
          return answer.pipe(outgoing);
        }
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("end", () => {
          const body = Buffer.concat(chunks);
          onAnswer?.({
            ...one,
            body: Buffer.concat(sent).toString(),
            status: answer.statusCode ?? 500,
            answer: body.toString(),
            spoil,
          });
          if (spoil === "hang") return;
          if (spoil === "drop") return outgoing.destroy();
          outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
          if (spoil === "pass") return outgoing.end(body);
          outgoing.write(body.subarray(0, body.length / 2), () => {
            if (spoil === "cut") outgoing.destroy();
          });
        });
      },
    );
    onward.on("error", () => outgoing.destroy());
    incoming.pipe(onward);
  });
  server.listen(0, address);
  await once(server, "listening");
  const front: HttpFront = {
    endpoint: `http://${address}:${(server.address() as AddressInfo).port}`,
    seen,
    spoil: () => "pass",
    answer: () => undefined,
    onAnswer: undefined,
    rewrite: (headers) => headers,
    async close() {
      agent?.destroy();
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
  return front;
}
