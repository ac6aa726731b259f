/** A certificate authority of one's own: P-256, RFC 5280, without openssl. */
import {
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from "node:crypto";
import { ArkError } from "../errors.ts";
import { parseIpAddress } from "../ip-address.ts";
import {
  bitString,
  boolean,
  type Der,
  explicit,
  implicit,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  tlv,
  utcTime,
  utf8String,
} from "./der.ts";

/** PEM texts: the certificate and its PKCS #8 key. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateRequest {
  readonly commonName: string;
  /** In a client certificate these are the user's groups. */
  readonly organizations?: readonly string[];
  readonly usage: "server" | "client";
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
}

/** Valid from a day before `now`, for clocks that go wrong; years until 2049. */
export interface Validity {
  readonly now: Date;
  readonly days: number;
}

const oids = {
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  commonName: "2.5.4.3",
  organization: "2.5.4.10",
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKeyIdentifier: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
  server: "1.3.6.1.5.5.7.3.1",
  client: "1.3.6.1.5.5.7.3.2",
} as const;

const dayMs = 86_400_000;
const algorithm = sequence(objectIdentifier(oids.ecdsaWithSha256));

function toName(commonName: string, organizations: readonly string[] = []): Der {
  const attribute = (oid: string, text: string) =>
    set(sequence(objectIdentifier(oid), utf8String(text)));
  return sequence(
    ...organizations.map((name) => attribute(oids.organization, name)),
    attribute(oids.commonName, commonName),
  );
}

function extension(oid: string, value: Der, critical = false): Der {
  const flag = critical ? [boolean(true)] : [];
  return sequence(objectIdentifier(oid), ...flag, octetString(value));
}

function publicKeyDer(key: KeyObject): Der {
  return key.export({ type: "spki", format: "der" });
}

const keyId = (spki: Der): Uint8Array => createHash("sha1").update(spki).digest();

function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

interface Body {
  readonly issuer: Der;
  readonly subject: Der;
  readonly spki: Der;
  readonly extensions: readonly Der[];
  readonly signer: KeyObject;
  readonly validity: Validity;
}

function signCertificate(body: Body): string {
  const { now, days } = body.validity;
  const nowMs = now.getTime();
  const tbs = sequence(
    explicit(0, integer(Uint8Array.of(2))),
    integer(randomBytes(16)),
    algorithm,
    body.issuer,
    sequence(utcTime(new Date(nowMs - dayMs)), utcTime(new Date(nowMs + days * dayMs))),
    body.subject,
    body.spki,
    explicit(3, sequence(...body.extensions)),
  );
  const signature = sign("sha256", tbs, body.signer);
  return pem("CERTIFICATE", sequence(tbs, algorithm, bitString(signature)));
}

function generateKey(): { publicKey: KeyObject; privateKey: KeyObject } {
  return generateKeyPairSync("ec", { namedCurve: "P-256" });
}

const toPem = (key: KeyObject): string => key.export({ type: "pkcs8", format: "pem" }).toString();

/** Key usage bits from the left: 0 digitalSignature, 5 keyCertSign. */
function keyUsage(bits: number, unused: number): Der {
  return extension(oids.keyUsage, bitString(Uint8Array.of(bits), unused), true);
}

export function createAuthority(commonName: string, validity: Validity): KeyPair {
  const { publicKey, privateKey } = generateKey();
  const spki = publicKeyDer(publicKey);
  const name = toName(commonName);
  const cert = signCertificate({
    issuer: name,
    subject: name,
    spki,
    signer: privateKey,
    validity,
    extensions: [
      extension(oids.basicConstraints, sequence(boolean(true)), true),
      keyUsage(0b1000_0100, 2),
      extension(oids.subjectKeyIdentifier, octetString(keyId(spki))),
    ],
  });
  return { cert, key: toPem(privateKey) };
}

function addressBytes(text: string): Uint8Array {
  const address = parseIpAddress(text);
  if (address === undefined) throw new ArkError("ARK_UNEXPECTED", `not an IP address: ${text}`);
  const digits = address.value.toString(16).padStart(address.bits / 4, "0");
  return Buffer.from(digits, "hex");
}

function alternativeNames(request: CertificateRequest): Der[] {
  const names = [
    ...(request.dnsNames ?? []).map((name) => implicit(2, Buffer.from(name, "ascii"))),
    ...(request.ipAddresses ?? []).map((ip) => implicit(7, addressBytes(ip))),
  ];
  return names.length === 0 ? [] : [extension(oids.subjectAltName, sequence(...names))];
}

/** A certificate for `request`, signed by an authority of `createAuthority`. */
export function issueCertificate(
  authority: KeyPair,
  request: CertificateRequest,
  validity: Validity,
): KeyPair {
  const { publicKey, privateKey } = generateKey();
  const spki = publicKeyDer(publicKey);
  const issuer = new X509Certificate(authority.cert);
  const issuerName = /^CN=(.*)$/m.exec(issuer.subject)?.[1] ?? "";
  const cert = signCertificate({
    issuer: toName(issuerName),
    subject: toName(request.commonName, request.organizations),
    spki,
    signer: createPrivateKey(authority.key),
    validity,
    extensions: [
      extension(oids.basicConstraints, sequence(), true),
      keyUsage(0b1000_0000, 7),
      extension(oids.extendedKeyUsage, sequence(objectIdentifier(oids[request.usage]))),
      extension(oids.subjectKeyIdentifier, octetString(keyId(spki))),
      extension(
        oids.authorityKeyIdentifier,
        sequence(tlv(0x80, keyId(publicKeyDer(issuer.publicKey)))),
      ),
      ...alternativeNames(request),
    ],
  });
  return { cert, key: toPem(privateKey) };
}
