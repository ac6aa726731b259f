import { readFile } from "node:fs/promises";
import type { SecureContextOptions } from "node:tls";
import { ArkError } from "../../lib/errors.ts";
import { parseIpAddress } from "../../lib/ip-address.ts";
import { issueCertificate, type KeyPair } from "../../lib/x509/certificates.ts";
import type { Clock } from "../../ports/clock.ts";
import type { ClusterReader } from "../../ports/cluster.ts";
import { readSecretKey } from "../read-secret.ts";
import type { DownloadKeys } from "./download-keys.ts";

/** Where the certificate of the endpoint comes from. */
export type CertificateChoice =
  /** Of the server's own authority. */
  | { readonly kind: "own" }
  /** Of a Secret of type `kubernetes.io/tls` in the server's namespace. */
  | { readonly kind: "secret"; readonly name: string }
  | { readonly kind: "files"; readonly certFile: string; readonly keyFile: string };

/** Answers what the endpoint is to show from now on; undefined: there is none yet. */
export type CertificateSource = (signal: AbortSignal) => Promise<KeyPair | undefined>;

export interface CertificatePorts {
  readonly cluster: Pick<ClusterReader, "get">;
  readonly namespace: string;
  readonly keys: DownloadKeys;
  readonly clock: Clock;
  /** Names and addresses that a certificate of our own is for. */
  readonly hosts: readonly string[];
}

const leafDays = 90;
const renewAfterMs = 30 * 86_400_000;

export function createCertificateSource(
  choice: CertificateChoice,
  ports: CertificatePorts,
): CertificateSource {
  if (choice.kind === "own") return ownCertificates(ports);
  if (choice.kind === "files") return () => readFiles(choice.certFile, choice.keyFile);
  return async (signal) => {
    const read = async (key: string): Promise<string> => {
      const { cluster, namespace } = ports;
      const wanted = { name: choice.name, key };
      const found = await readSecretKey(cluster, namespace, wanted, "--tls-secret", signal);
      return found?.toString() ?? "";
    };
    return { cert: await read("tls.crt"), key: await read("tls.key") };
  };
}

/** Each replica has one of its own, which stands nowhere: the authority alone is shared. */
function ownCertificates({ keys, clock, hosts }: CertificatePorts): CertificateSource {
  let known: { readonly by: string; readonly at: Date; readonly pair: KeyPair } | undefined;
  return async () => {
    const authority = keys.current()?.authority;
    if (authority === undefined) return undefined;
    const now = clock.now();
    const isGood =
      known?.by === authority.cert && now.getTime() - known.at.getTime() < renewAfterMs;
    if (known !== undefined && isGood) return known.pair;
    const isAddress = (host: string): boolean => parseIpAddress(host) !== undefined;
    const request = {
      commonName: "ark-ts",
      usage: "server",
      dnsNames: hosts.filter((host) => !isAddress(host)),
      ipAddresses: hosts.filter(isAddress),
    } as const;
    const pair = issueCertificate(authority, request, { now, days: leafDays });
    known = { by: authority.cert, at: now, pair };
    return pair;
  };
}

async function readFiles(certFile: string, keyFile: string): Promise<KeyPair> {
  return {
    cert: await readPem("--tls-cert-file", certFile),
    key: await readPem("--tls-key-file", keyFile),
  };
}

async function readPem(flag: string, path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new ArkError("ARK_CONFIG_INVALID", `${flag}: the file "${path}" cannot be read`, {
      answer: (cause as Error).message,
      advice: "mend it; it is read again every minute",
      cause,
    });
  }
}

export const toTlsOptions = ({ cert, key }: KeyPair): SecureContextOptions => ({
  cert,
  key,
  minVersion: "TLSv1.2",
});
