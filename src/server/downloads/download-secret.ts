import { X509Certificate } from "node:crypto";
import type { SigningKey } from "../../domain/downloads/signed-path.ts";
import { commonLabels } from "../../install/manifests/manifest.ts";
import { decodeJson } from "../../lib/json-text.ts";
import { createAuthority, type KeyPair } from "../../lib/x509/certificates.ts";
import type { Clock } from "../../ports/clock.ts";

/** Secret with the keys; only the server needs to read it. */
export const downloadSecretName = "ark-ts-downloads";
/** Secret with the certificate to trust, for whoever downloads (`objectStorage.caCertRef`). */
export const downloadAuthorityName = "ark-ts-downloads-ca";
export const authorityKey = "ca.crt";

/** What all replicas sign with, and prove who they are with. */
export interface DownloadSecret {
  /** The first one signs; the second one is what was signed with before. */
  readonly keys: readonly SigningKey[];
  /** When the first key was made. */
  readonly since: Date;
  /** Of the server's own certificates. */
  readonly authority: KeyPair;
}

/** Of a key that signs; a URL lives ten minutes, so the one before it has long been enough. */
const rotateAfterMs = 86_400_000;
const authorityDays = 3650;
const dayMs = 86_400_000;

export function createDownloadSecret(clock: Clock, random: () => Uint8Array): DownloadSecret {
  const now = clock.now();
  return {
    keys: [{ id: clock.uuid(), secret: random() }],
    since: now,
    authority: newAuthority(now),
  };
}

/** Undefined: nothing is due. */
export function renewDownloadSecret(
  secret: DownloadSecret,
  clock: Clock,
  random: () => Uint8Array,
): DownloadSecret | undefined {
  const now = clock.now();
  const ends = Date.parse(new X509Certificate(secret.authority.cert).validTo);
  const authority = ends - now.getTime() < 365 * dayMs ? newAuthority(now) : secret.authority;
  const ageMs = now.getTime() - secret.since.getTime();
  if (authority === secret.authority && ageMs < rotateAfterMs) return undefined;
  const [current] = secret.keys;
  const keys = [{ id: clock.uuid(), secret: random() }, ...(current ? [current] : [])];
  return { keys, since: now, authority };
}

const newAuthority = (now: Date): KeyPair =>
  createAuthority("ark-ts downloads", { now, days: authorityDays });

interface StoredKey {
  readonly id: string;
  readonly secret: string;
}

const base64 = (text: string | Uint8Array): string => Buffer.from(text).toString("base64");

/** As a Secret of core/v1. Backups leave it out: another cluster is to have keys of its own. */
export function toSecret(
  { keys, since, authority }: DownloadSecret,
  place: { readonly namespace: string; readonly version: string; readonly resourceVersion: string },
): object {
  const stored = keys.map(({ id, secret }): StoredKey => ({ id, secret: base64(secret) }));
  const data = {
    "keys.json": base64(JSON.stringify({ since: since.toISOString(), keys: stored })),
    [authorityKey]: base64(authority.cert),
    "ca.key": base64(authority.key),
  };
  return secretObject(downloadSecretName, place, data);
}

/** The public part of it. */
export function toAuthoritySecret(
  { authority }: Pick<DownloadSecret, "authority">,
  place: { readonly namespace: string; readonly version: string; readonly resourceVersion: string },
): object {
  return secretObject(downloadAuthorityName, place, { [authorityKey]: base64(authority.cert) });
}

function secretObject(
  name: string,
  {
    namespace,
    version,
    resourceVersion,
  }: { readonly namespace: string; readonly version: string; readonly resourceVersion: string },
  data: Readonly<Record<string, string>>,
): object {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name,
      namespace,
      labels: { ...commonLabels(version), "velero.io/exclude-from-backup": "true" },
      ...(resourceVersion !== "" && { resourceVersion }),
    },
    type: "Opaque",
    data,
  };
}

/** Undefined for what is none, or damaged. */
export function parseDownloadSecret(bytes: Uint8Array): DownloadSecret | undefined {
  const data = dataOf(bytes);
  const cert = textOf(data[authorityKey]);
  const key = textOf(data["ca.key"]);
  try {
    const { since, keys } = decodeJson(textOf(data["keys.json"])) as {
      readonly since: string;
      readonly keys: readonly StoredKey[];
    };
    const read = keys.map(({ id, secret }) => ({ id, secret: Buffer.from(secret, "base64") }));
    const isWhole = read.length > 0 && read.every((one) => one.secret.length >= 32);
    const certificate = new X509Certificate(cert);
    const made = new Date(since);
    if (!isWhole || !certificate.ca || key === "" || Number.isNaN(made.getTime())) return undefined;
    return { keys: read, since: made, authority: { cert, key } };
  } catch {
    return undefined;
  }
}

export function authorityOf(bytes: Uint8Array): string {
  return textOf(dataOf(bytes)[authorityKey]);
}

function dataOf(bytes: Uint8Array): Readonly<Record<string, string>> {
  const { data } = decodeJson(Buffer.from(bytes).toString()) as {
    readonly data?: Readonly<Record<string, string>> | null;
  };
  return data ?? {};
}

const textOf = (value: string | undefined): string => Buffer.from(value ?? "", "base64").toString();
