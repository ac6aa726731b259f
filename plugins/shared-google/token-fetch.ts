import { fetch } from "undici";
import type { Connections } from "./connection.ts";

/** One exchange for a token; the package tries a failed one again a few times. */
const limitMs = 20_000;

/** Where the package asks whatever the key file says. */
const fixedTokenUrl = "https://oauth2.googleapis.com/token";

/**
 * How the package fetches tokens: by our connections, with a limit, and from the `token_uri` of
 * the key file, as Google's other libraries do.
 */
export function createTokenFetch(
  connections: Connections,
  tokenUri: string | undefined,
): typeof globalThis.fetch {
  const send = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const asked = new URL(input instanceof Request ? input.url : input);
    const url = tokenUri !== undefined && asked.href === fixedTokenUrl ? new URL(tokenUri) : asked;
    const limit = AbortSignal.timeout(limitMs);
    const { method, headers, body } = init ?? {};
    const response = await fetch(url, {
      dispatcher: connections.dispatcherFor(url),
      signal: init?.signal ? AbortSignal.any([init.signal, limit]) : limit,
      ...(method === undefined ? {} : { method }),
      headers: [...new Headers(headers)],
      ...(body === undefined || body === null ? {} : { body: bodyText(body) }),
    });
    return response as unknown as Response;
  };
  return send as typeof globalThis.fetch;
}

/** The package sends forms and JSON. */
function bodyText(body: NonNullable<RequestInit["body"]>): string {
  return body instanceof URLSearchParams ? body.toString() : String(body);
}
