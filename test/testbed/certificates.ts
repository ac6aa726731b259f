/** A certificate authority for throw-away servers; what it signs is valid for ten years. */
import { generateKeyPairSync } from "node:crypto";
import {
  type CertificateRequest,
  issueCertificate as issue,
  type KeyPair,
  createAuthority as make,
} from "../../src/lib/x509/certificates.ts";

export type { CertificateRequest, KeyPair } from "../../src/lib/x509/certificates.ts";

const validity = () => ({ now: new Date(), days: 3650 });

export const createAuthority = (commonName: string): KeyPair => make(commonName, validity());

export const issueCertificate = (authority: KeyPair, request: CertificateRequest): KeyPair =>
  issue(authority, request, validity());

/** A pair for signing service account tokens: private PKCS #8 and public PEM. */
export function createSigningKey(): { readonly privateKey: string; readonly publicKey: string } {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return {
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    publicKey: publicKey.export({ type: "spki", format: "pem" }).toString(),
  };
}
