import {
  assertListPrefix,
  type LocationSpec,
  maxKeyBytes,
  parseConfig,
} from "../../src/plugin-sdk/object-store.ts";
import { s3OptionDocs } from "./option-docs.ts";

export type ChecksumChoice = "MD5" | "none" | "CRC32" | "CRC32C" | "SHA1" | "SHA256";

export interface S3Options {
  readonly bucket: string;
  /** Ends in `/` unless empty. */
  readonly prefix: string;
  readonly region?: string | undefined;
  readonly endpoint?: string | undefined;
  /** Where clients reach the store; for signed URLs. Default: `endpoint`. */
  readonly publicEndpoint?: string | undefined;
  readonly forcePathStyle: boolean;
  readonly profile?: string | undefined;
  readonly credentialsFile?: string | undefined;
  readonly skipTlsVerify: boolean;
  /** PEM text or the path of a file. */
  readonly caCert?: string | undefined;
  readonly checksum: ChecksumChoice;
  readonly serverSideEncryption?: "AES256" | "aws:kms" | undefined;
  readonly kmsKeyId?: string | undefined;
  readonly customerKeyFile?: string | undefined;
  readonly tagging?: string | undefined;
  readonly conditionalPut: boolean;
  readonly equalParts: boolean;
}

export function parseS3Options(location: LocationSpec): S3Options {
  const config = parseConfig(location, s3OptionDocs);
  const endpoint = config.url("s3Url");
  config.flag("enableSharedConfig", false);
  config.oneOf("signatureVersion", ["4"]);
  const options: S3Options = {
    bucket: location.bucket.replace(/^\/+|\/+$/g, ""),
    prefix: toKeyPrefix(location.prefix),
    region: config.text("region"),
    endpoint,
    publicEndpoint: config.url("publicUrl"),
    forcePathStyle: config.flag("s3ForcePathStyle", false),
    profile: config.text("profile"),
    credentialsFile: config.text("credentialsFile"),
    skipTlsVerify: config.flag("insecureSkipTLSVerify", false),
    caCert: config.text("caCert"),
    checksum: parseChecksum(location, config.oneOf("checksumAlgorithm", checksums)),
    serverSideEncryption: config.oneOf("serverSideEncryption", ["AES256", "aws:kms"]),
    kmsKeyId: config.text("kmsKeyId"),
    customerKeyFile: config.text("customerKeyEncryptionFile"),
    tagging: config.text("tagging"),
    conditionalPut: config.flag("conditionalPut", true),
    equalParts: config.flag("equalParts", isR2(endpoint)),
  };
  for (const rule of rules) {
    const fault = rule(options);
    if (fault !== undefined) config.fault(fault);
  }
  config.done();
  assertListPrefix(options.prefix);
  return options;
}

export const checksums = ["CRC32", "CRC32C", "SHA1", "SHA256"] as const;

/** Absent means the default; present and empty means none, as in Velero's plugin. */
function parseChecksum(
  { config }: LocationSpec,
  chosen: (typeof checksums)[number] | undefined,
): ChecksumChoice {
  if (chosen !== undefined) return chosen;
  return Object.hasOwn(config, "checksumAlgorithm") ? "none" : "MD5";
}

function toKeyPrefix(prefix: string): string {
  const bare = prefix.replace(/^\/+|\/+$/g, "");
  return bare === "" ? "" : `${bare}/`;
}

function isR2(endpoint: string | undefined): boolean {
  return endpoint !== undefined && new URL(endpoint).hostname.endsWith(".r2.cloudflarestorage.com");
}

/** Each says what is wrong, or nothing. */
const rules: readonly ((options: S3Options) => string | undefined)[] = [
  ({ bucket }) => (bucket === "" ? "the bucket has no name" : undefined),
  ({ bucket }) =>
    bucket.includes("/") && !bucket.startsWith("arn:")
      ? `the bucket is ${JSON.stringify(bucket)}: what comes after the / belongs into prefix`
      : undefined,
  ({ prefix }) =>
    Buffer.byteLength(prefix) > 1_024 - maxKeyBytes
      ? `prefix is longer than ${1_024 - maxKeyBytes} bytes`
      : undefined,
  ({ kmsKeyId, customerKeyFile }) =>
    kmsKeyId !== undefined && customerKeyFile !== undefined
      ? "kmsKeyId and customerKeyEncryptionFile exclude each other"
      : undefined,
  ({ kmsKeyId, serverSideEncryption }) =>
    kmsKeyId !== undefined && serverSideEncryption === "AES256"
      ? "kmsKeyId needs serverSideEncryption aws:kms"
      : undefined,
  ({ customerKeyFile, serverSideEncryption }) =>
    customerKeyFile !== undefined && serverSideEncryption !== undefined
      ? "customerKeyEncryptionFile and serverSideEncryption exclude each other"
      : undefined,
  ({ tagging }) => taggingFault(tagging),
];

function taggingFault(tagging: string | undefined): string | undefined {
  if (tagging === undefined) return undefined;
  const pairs = tagging.split("&");
  if (pairs.length > 10) return "tagging has more than 10 tags";
  const wellFormed = pairs.every((pair) => /^[^=]+=[^=]*$/.test(pair));
  return wellFormed ? undefined : "tagging must be written k=v&k2=v2";
}
