import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { TLSSocket } from "node:tls";
import { listening, type Running } from "../../../../support/loopback-proxies.ts";
import type { KeyPair } from "./certificates.ts";

export interface Arrival {
  readonly path: string;
  readonly headers: NodeJS.Dict<string[]>;
  /** The common name of the client certificate. */
  readonly client: string | undefined;
  readonly serverName: string | false | undefined;
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
