import { createHash, createPrivateKey, type KeyObject, sign, X509Certificate } from "node:crypto";
import { ArkError, type Clock } from "../../src/plugin-sdk/object-store.ts";

export interface AssertionRequest {
  /** PEM of the private key and of the certificate, in any order; more certificates: the chain. */
  readonly pem: string;
  readonly password: string | undefined;
  readonly sendsChain: boolean;
  readonly client: string;
  /** The address that the token is asked of. */
  readonly audience: string;
}

const lifetimeSeconds = 600;

/**
 * By which an application proves that it has the certificate's key: a JWT signed PS256, as Entra
 * asks for. Errors: ARK_CONFIG_INVALID for a certificate that cannot be used.
 */
export function createClientAssertion(
  { pem, password, sendsChain, client, audience }: AssertionRequest,
  clock: Clock,
): string {
  const chain = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  const own = ownCertificate(pem, password, chain);
  const certificates = [own.certificate, ...chain.map(decodeCertificate)].filter(
    (one, at, all) => all.findIndex((other) => other.raw.equals(one.raw)) === at,
  );
  const digest = createHash("sha256").update(own.certificate.raw).digest("base64url");
  const header = {
    alg: "PS256",
    typ: "JWT",
    "x5t#S256": digest,
    ...(sendsChain ? { x5c: certificates.map(({ raw }) => raw.toString("base64")) } : {}),
  };
  const now = Math.floor(clock.now().getTime() / 1_000);
  const claims = {
    aud: audience,
    iss: client,
    sub: client,
    jti: clock.uuid(),
    nbf: now - 60,
    exp: now + lifetimeSeconds,
  };
  const signed = `${encode(header)}.${encode(claims)}`;
  const key = { key: own.key, padding: 6 /* RSA_PKCS1_PSS_PADDING */, saltLength: 32 };
  return `${signed}.${sign("sha256", Buffer.from(signed), key).toString("base64url")}`;
}

function ownCertificate(
  pem: string,
  password: string | undefined,
  chain: readonly string[],
): { readonly key: KeyObject; readonly certificate: X509Certificate } {
  const block =
    /-----BEGIN (?:RSA |ENCRYPTED )?PRIVATE KEY-----[\s\S]+?-----END (?:RSA |ENCRYPTED )?PRIVATE KEY-----/.exec(
      pem,
    )?.[0];
  if (block === undefined) throw unusable("it holds no private key in PEM");
  const key = decodeKey(block, password);
  if (key.asymmetricKeyType !== "rsa") throw unusable("its key is not of RSA, which Entra wants");
  const certificate = chain.map(decodeCertificate).find((one) => one.checkPrivateKey(key));
  if (certificate === undefined) throw unusable("it holds no certificate of its private key");
  return { key, certificate };
}

function decodeKey(block: string, password: string | undefined): KeyObject {
  try {
    return createPrivateKey({
      key: block,
      ...(password === undefined ? {} : { passphrase: password }),
    });
  } catch (thrown) {
    throw unusable(thrown instanceof Error ? thrown.message : String(thrown));
  }
}

function decodeCertificate(block: string): X509Certificate {
  try {
    return new X509Certificate(block);
  } catch (thrown) {
    throw unusable(thrown instanceof Error ? thrown.message : String(thrown));
  }
}

function unusable(answer: string): ArkError {
  return new ArkError("ARK_CONFIG_INVALID", "the client certificate cannot be used", {
    answer,
    advice:
      "give key and certificate as PEM; of a PKCS#12 file: openssl pkcs12 -in FILE -out FILE.pem -nodes",
  });
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
