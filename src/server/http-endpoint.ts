import type { Server } from "node:net";
import { ArkError } from "../lib/errors.ts";
import type { Runnable } from "../runtime/life.ts";

const { createServer } = process.getBuiltinModule("node:http");

/** What a GET of a path answers. */
export interface Page {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** Pages by their path; each is made when it is asked for. */
export type Pages = Readonly<Record<string, () => Page>>;

export const textPage = (status: number, body: string): Page => ({
  status,
  contentType: "text/plain; charset=utf-8",
  body: `${body}\n`,
});

/** `:8085`, `127.0.0.1:0`, `[::1]:8085`. Errors: ARK_USAGE. */
export function parseAddress(
  text: string,
  flag: string,
): { readonly host?: string; readonly port: number } {
  const [, host = "", port = ""] = /^(\[[0-9a-fA-F:.]+\]|[^:[\]]*):(\d{1,5})$/.exec(text) ?? [];
  if (port === "" || Number(port) > 65_535) {
    throw new ArkError("ARK_USAGE", `${flag} ${text}: not an address to listen on`, {
      advice: `write it as host:port or :port, for example ${flag} :8085`,
    });
  }
  const bare = host.replace(/^\[|\]$/g, "");
  return { ...(bare !== "" && { host: bare }), port: Number(port) };
}

/** Plain HTTP for probes and Prometheus; `onListening` gets the port. */
export function createHttpEndpoint(
  address: string,
  pages: Pages,
  onListening: (port: number) => void,
): Runnable {
  return {
    name: "metrics",
    async run({ stop }, ready) {
      const server = createServer((request, response) => {
        const path = (request.url ?? "/").split("?")[0] ?? "/";
        const page = Object.hasOwn(pages, path) ? made(pages[path]) : undefined;
        const isRead = request.method === "GET" || request.method === "HEAD";
        const { status, contentType, body } =
          page === undefined
            ? textPage(404, "not found")
            : isRead
              ? page
              : textPage(405, "GET only");
        response.writeHead(status, { "content-type": contentType });
        response.end(request.method === "HEAD" ? undefined : body);
      });
      server.requestTimeout = 10_000;
      onListening(await listenOn(server, address, "--metrics-address"));
      ready();
      await closed(server, stop);
    },
  };
}

/** A page that cannot be made is this request's trouble, not the process's. */
function made(make: (() => Page) | undefined): Page | undefined {
  try {
    return make?.();
  } catch (thrown) {
    return textPage(500, thrown instanceof Error ? thrown.message : String(thrown));
  }
}

/** Answers the port. Errors: ARK_USAGE, which names the flag. */
export async function listenOn(server: Server, address: string, flag: string): Promise<number> {
  const { host, port } = parseAddress(address, flag);
  await new Promise<void>((resolve, reject) => {
    const refused = (cause: NodeJS.ErrnoException): void =>
      reject(
        new ArkError("ARK_USAGE", `${flag} ${address} cannot be listened on`, {
          answer: cause.message,
          advice: "choose another address, or end what uses it",
          cause,
        }),
      );
    server.once("error", refused);
    server.listen({ port, ...(host !== undefined && { host }) }, () => {
      server.off("error", refused);
      resolve();
    });
  });
  const bound = server.address();
  return typeof bound === "object" && bound !== null ? bound.port : 0;
}

async function closed(server: ReturnType<typeof createServer>, stop: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const close = (): void => {
      server.close(() => resolve());
      server.closeAllConnections();
    };
    if (stop.aborted) close();
    else stop.addEventListener("abort", close, { once: true });
  });
}
