/** One small request, for asking whether a server is ready. */
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";

/** PEM texts. */
export interface TlsClient {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** For a server whose certificate nobody knows. */
  readonly rejectUnauthorized?: boolean;
}

/** The HTTP status, or 0 if there was no answer within 5 s. */
export function fetchStatus(url: string, tls?: TlsClient): Promise<number> {
  return new Promise((resolve) => {
    const options = { agent: false as const, timeout: 5_000 };
    const request =
      tls === undefined ? httpRequest(url, options) : httpsRequest(url, { ...options, ...tls });
    request.on("response", (response) => {
      response.resume();
      response.on("close", () => resolve(response.statusCode ?? 0));
    });
    request.on("timeout", () => request.destroy());
    request.on("error", () => resolve(0));
    request.end();
  });
}
