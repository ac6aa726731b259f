import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import { toArkError } from "../../lib/errors.ts";
import type { KeyPair } from "../../lib/x509/certificates.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import type { Life, Runnable } from "../../runtime/life.ts";
import { pause } from "../../runtime/pause.ts";
import { listenOn } from "../http-endpoint.ts";
import { type CertificateSource, toTlsOptions } from "./certificate-source.ts";

export interface EndpointParts {
  /** `:8443`, `127.0.0.1:0`. */
  readonly address: string;
  readonly certificates: CertificateSource;
  /** Reads the keys again. */
  readonly refresh: (signal: AbortSignal) => Promise<void>;
  readonly serve: (
    request: IncomingMessage,
    response: ServerResponse,
    abort: AbortSignal,
  ) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Between two looks for other keys and certificates; while there are none, sooner. */
const everyMs = 60_000;
const soonMs = 1_000;

const limits = {
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  handshakeTimeout: 10_000,
  keepAliveTimeout: 5_000,
  maxHeaderSize: 8_192,
};
const maxConnections = 128;
/** Who does not read for so long has gone. */
const silenceMs = 60_000;

/** HTTPS for downloads, in every replica. What is being read may end after the stop. */
export function createDownloadEndpoint(parts: EndpointParts): Runnable {
  return {
    name: "downloads",
    async run(life, ready) {
      const server = createServer(limits, (request, response) => {
        void parts.serve(request, response, life.abort);
      });
      server.maxConnections = maxConnections;
      server.setTimeout(silenceMs);
      const port = await listenOn(server, parts.address, "--download-address");
      parts.log.write("info", "serving downloads", { port });
      // A pod that counts as ready is asked at once, and cannot answer without a certificate.
      await Promise.all([keepCertificate(server, parts, life, ready), closed(server, life)]);
    },
  };
}

/** `tried` is called after the first attempt, whatever came of it: there may be no keys for long. */
async function keepCertificate(
  server: Server,
  parts: EndpointParts,
  life: Life,
  tried: () => void,
): Promise<void> {
  const { certificates, refresh, clock, log } = parts;
  let shown: KeyPair | undefined;
  while (!life.stop.aborted) {
    try {
      await refresh(life.stop);
      const next = await certificates(life.stop);
      if (next !== undefined && (next.cert !== shown?.cert || next.key !== shown.key)) {
        server.setSecureContext(toTlsOptions(next));
        shown = next;
      }
    } catch (thrown) {
      if (life.stop.aborted) return;
      log.write("warn", "no new certificate for downloads", { error: toArkError(thrown) });
    }
    tried();
    await pause(clock, shown === undefined ? soonMs : everyMs, life.stop);
  }
}

async function closed(server: Server, { stop, abort }: Life): Promise<void> {
  await whenAborted(stop);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
    void whenAborted(abort).then(() => server.closeAllConnections());
  });
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
