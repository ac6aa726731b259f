import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext, getCACertificates } from "node:tls";
import { ArkError } from "../../../lib/errors.ts";
import type { ClusterEntry, UserEntry } from "./kubeconfig-entries.ts";
import { readFailureReason } from "./kubeconfig-files.ts";

/** PEM texts. */
export interface TlsMaterial {
  /** Undefined: the roots of Node and of the system. */
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** Reads what the kubeconfig gives as data or as files; data wins. Checks that it fits together. */
export async function readTlsMaterial(
  cluster: Pick<ClusterEntry, "name" | "caData" | "caFile" | "skipTlsVerify">,
  user: Pick<UserEntry, "name" | "certData" | "certFile" | "keyData" | "keyFile">,
): Promise<TlsMaterial> {
  const clusterName = `cluster "${cluster.name}"`;
  const userName = `user "${user.name}"`;
  const ca = await pem(cluster.caData, cluster.caFile, `certificate-authority of ${clusterName}`);
  const cert = await pem(user.certData, user.certFile, `client-certificate of ${userName}`);
  const key = await pem(user.keyData, user.keyFile, `client-key of ${userName}`);
  if (ca !== undefined && cluster.skipTlsVerify) {
    throw invalid(`${clusterName} has both a certificate authority and insecure-skip-tls-verify`, {
      advice: "remove insecure-skip-tls-verify, so that the server is verified",
    });
  }
  if (ca !== undefined) checkAuthority(ca, clusterName);
  if ((cert === undefined) !== (key === undefined)) {
    throw invalid(
      `${userName} has a client ${cert ? "certificate without a key" : "key without a certificate"}`,
      { advice: "give both client-certificate and client-key" },
    );
  }
  checkPair({ cert, key }, userName);
  return { ca, cert, key };
}

/** Throws ARK_KUBECONFIG_INVALID when certificate and key are unreadable or not of one pair. */
export function checkPair(material: TlsMaterial, owner: string): void {
  if (material.cert === undefined || material.key === undefined) return;
  try {
    createSecureContext({ cert: material.cert, key: material.key });
  } catch (error) {
    throw invalid(`the client certificate of ${owner} cannot be used`, {
      answer: pairFault(error as NodeJS.ErrnoException),
      advice: "give a certificate and its own key, both as PEM, the key without a passphrase",
    });
  }
}

/** The roots to trust beside Node's own when the cluster names no authority, as kubectl does. */
export function systemAuthorities(): string[] {
  return [...new Set([...getCACertificates("default"), ...getCACertificates("system")])];
}

function pairFault(error: NodeJS.ErrnoException): string {
  if (error.code === "ERR_OSSL_X509_KEY_VALUES_MISMATCH")
    return "the key is not that certificate's";
  if (error.code?.includes("BAD_DECRYPT") || /passphrase|password|interrupted/i.test(error.message))
    return "the key has a passphrase";
  return error.code ?? "it is not PEM";
}

async function pem(
  data: string | undefined,
  file: string | undefined,
  what: string,
): Promise<string | undefined> {
  const text = data !== undefined ? decode(data, what) : await readPem(file, what);
  if (text === undefined || text.includes("-----BEGIN ")) return text;
  throw invalid(`the ${what} is not PEM`, {
    advice: data === undefined ? `check "${file}"` : "it must be PEM, encoded once as base64",
  });
}

function decode(data: string, what: string): string {
  const packed = data.replaceAll(/\s/g, "");
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(packed)) {
    throw invalid(`the ${what} is not base64`, {
      advice: "it must be PEM, encoded once as base64",
    });
  }
  return Buffer.from(packed, "base64").toString("utf8");
}

async function readPem(file: string | undefined, what: string): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw invalid(`cannot read the ${what}`, {
      tried: `read "${file}"`,
      answer: readFailureReason(error),
      advice: "make the file readable, or correct its path; relative paths start at the kubeconfig",
      cause: error,
    });
  }
}

const certificateBlock = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** OpenSSL ignores an unreadable authority in silence, and the handshake then fails unexplained. */
function checkAuthority(ca: string, clusterName: string): void {
  const blocks = ca.match(certificateBlock) ?? [];
  const isDamaged = blocks.some((block) => !isCertificate(block));
  if (blocks.length > 0 && !isDamaged) return;
  throw invalid(`the certificate-authority of ${clusterName} cannot be used`, {
    answer: isDamaged ? "a certificate in it is damaged" : "it holds no certificate",
    advice: "put the PEM certificate of the API server's authority there",
  });
}

function isCertificate(block: string): boolean {
  try {
    return new X509Certificate(block).raw.length > 0;
  } catch {
    return false;
  }
}

function invalid(
  message: string,
  story: { tried?: string; answer?: string; advice: string; cause?: unknown },
): ArkError {
  return new ArkError("ARK_KUBECONFIG_INVALID", message, story);
}
