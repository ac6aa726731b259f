import { ArkError } from "../../../lib/errors.ts";
import { decodeJson } from "../../../lib/json-text.ts";
import { isFields } from "./yaml-fields.ts";

/** What a plugin answered. At least one of token and certificate is there. */
export interface ExecCredential {
  readonly token?: string | undefined;
  readonly certificate?: { readonly cert: string; readonly key: string } | undefined;
  readonly expiresAt?: Date | undefined;
}

/**
 * Reads a plugin's stdout. Throws ARK_CREDENTIAL_PLUGIN; neither the output nor the parser's
 * message is quoted, as both may hold the token.
 */
export function parseExecCredential(
  stdout: string,
  expected: { readonly command: string; readonly apiVersion: string },
): ExecCredential {
  const fail = (answer: string): ArkError =>
    new ArkError(
      "ARK_CREDENTIAL_PLUGIN",
      `credential plugin "${expected.command}" answered something that is no credential`,
      {
        answer,
        advice: "run the plugin by hand to see what it prints, and update it if it is old",
      },
    );
  const answer = parseJson(stdout);
  if (!isFields(answer)) throw fail(stdout.trim() === "" ? "it printed nothing" : "it is not JSON");
  if (answer["kind"] !== "ExecCredential") throw fail("its kind is not ExecCredential");
  if (answer["apiVersion"] !== expected.apiVersion) {
    throw fail(`its apiVersion is not ${expected.apiVersion}, which the kubeconfig asks for`);
  }
  const status = answer["status"];
  if (!isFields(status)) throw fail("it has no status");
  const token = optionalText(status["token"]);
  const cert = optionalText(status["clientCertificateData"]);
  const key = optionalText(status["clientKeyData"]);
  if ((cert === undefined) !== (key === undefined)) {
    throw fail("it has a client certificate or key without the other");
  }
  if (token === undefined && cert === undefined) {
    throw fail("it has neither a token nor a client certificate");
  }
  const certificate = cert !== undefined && key !== undefined ? { cert, key } : undefined;
  return { token, certificate, expiresAt: parseExpiry(status["expirationTimestamp"], fail) };
}

/** How long before its end a credential is renewed, at most: a request may wait in a queue. */
const renewBeforeMs = 60_000;

/**
 * When to run the plugin again: a minute before the end, or at half time of a short life.
 * Undefined: never on account of time.
 */
export function renewalTime(receivedAt: Date, expiresAt: Date | undefined): Date | undefined {
  if (expiresAt === undefined) return undefined;
  const lifeMs = expiresAt.getTime() - receivedAt.getTime();
  if (lifeMs <= 0) return receivedAt;
  return new Date(expiresAt.getTime() - Math.min(renewBeforeMs, lifeMs / 2));
}

function parseJson(text: string): unknown {
  try {
    return decodeJson(text);
  } catch {
    return undefined;
  }
}

function optionalText(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function parseExpiry(value: unknown, fail: (answer: string) => ArkError): Date | undefined {
  if (value === undefined || value === null) return undefined;
  const ms = typeof value === "string" ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(ms)) throw fail("its expirationTimestamp is not a time (RFC 3339)");
  return new Date(ms);
}
