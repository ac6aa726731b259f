import { request } from "undici";
import { ArkError } from "../../../lib/errors.ts";
import { type Environment, proxyForDisplay, proxyForUrl } from "../../../lib/proxy-url.ts";
import { createDispatcher } from "../credentials/dispatcher.ts";

export interface UrlTrust {
  /** PEM; trusted beside the system's authorities. */
  readonly ca?: string;
  /** Accepts any certificate. Default false. */
  readonly skipTlsVerify?: boolean;
  /** For the proxy variables. */
  readonly env: Environment;
}

export interface UrlBody {
  /** -1 where the other side does not tell. */
  readonly sizeBytes: number;
  /** Must be consumed to its end or returned early. */
  readonly body: AsyncIterable<Uint8Array>;
}

const shownAnswerChars = 300;

/**
 * A plain GET of a signed URL, as Velero's client does it: no credentials, no redirects. The URL's
 * query is a credential and stands in no message. Errors: ARK_STORE_NOT_FOUND (404),
 * ARK_STORE_DENIED (401, 403), ARK_STORE_FAILED, ARK_STORE_UNREACHABLE; the signal's reason.
 */
export async function getUrl(url: string, trust: UrlTrust, signal: AbortSignal): Promise<UrlBody> {
  const { place, target } = readUrl(url);
  const proxy = proxyForUrl(target, trust.env);
  const way = proxy === undefined ? "" : ` through the proxy ${proxyForDisplay(proxy)}`;
  const { systemAuthorities } = await import("../credentials/tls-material.ts");
  const ca = trust.ca === undefined ? {} : { ca: [trust.ca, ...systemAuthorities()].join("\n") };
  const dispatcher = createDispatcher({
    tls: ca,
    serverName: undefined,
    skipTlsVerify: trust.skipTlsVerify === true,
    proxy,
  });
  try {
    const answer = await request(target, { dispatcher, signal });
    if (answer.statusCode === 200) {
      const length = Number(answer.headers["content-length"] ?? "-1");
      return { sizeBytes: length, body: closing(answer.body, () => dispatcher.destroy()) };
    }
    const said = (await answer.body.text()).slice(0, shownAnswerChars);
    throw refused(place, answer.statusCode, said);
  } catch (thrown) {
    await dispatcher.destroy();
    signal.throwIfAborted();
    if (thrown instanceof ArkError) throw thrown;
    throw unreachable(`${place}${way}`, thrown);
  }
}

function readUrl(url: string): { readonly place: string; readonly target: URL } {
  if (URL.canParse(url) && /^https?:/.test(url)) {
    const target = new URL(url);
    return { place: `${target.origin}${target.pathname}`, target };
  }
  throw new ArkError("ARK_STORE_FAILED", "the server gave something for a download that is no URL");
}

async function* closing(
  body: AsyncIterable<Uint8Array>,
  close: () => Promise<void>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } finally {
    await close();
  }
}

function refused(place: string, status: number, said: string): ArkError {
  const answer = `${status}${said === "" ? "" : `: ${said}`}`;
  if (status === 404) {
    return new ArkError("ARK_STORE_NOT_FOUND", `there is nothing at ${place}`, { answer });
  }
  const isDenied = status === 401 || status === 403;
  return new ArkError(
    isDenied ? "ARK_STORE_DENIED" : "ARK_STORE_FAILED",
    `the download of ${place} failed`,
    {
      tried: "GET of a signed URL",
      answer,
      ...(isDenied && {
        advice:
          "the URL is signed by the server: its credentials need the right to read, and its clock and the store's must agree",
      }),
    },
  );
}

function unreachable(place: string, cause: unknown): ArkError {
  const { message, code } = cause as NodeJS.ErrnoException;
  const isTrust = /^(CERT_|ERR_TLS|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO)/.test(code ?? "");
  return new ArkError("ARK_STORE_UNREACHABLE", `${place} could not be reached from here`, {
    tried: "GET of a signed URL",
    answer: code === undefined || message.includes(code) ? message : `${message} (${code})`,
    advice: isTrust
      ? "name the store's certificates with --cacert FILE, or set them on the location with ark-ts backup-location set NAME --cacert FILE; --insecure-skip-tls-verify accepts any"
      : "the URL is made for where the server is: set publicUrl in the location's config to an address that is reached from here too",
    disposition: "retry",
    cause,
  });
}
