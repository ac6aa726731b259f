import type { OptionDoc } from "../../src/plugin-sdk/object-store.ts";

const ignored = "accepted and without effect, as in Velero's plugin";

/** The keys of Velero's AWS plugin, then our own. README.md shows the same table; a test holds both. */
export const s3OptionDocs: readonly OptionDoc[] = [
  {
    key: "region",
    meaning: "region of the bucket",
    default: "AWS_REGION, the profile's, else asked of the bucket; us-east-1 with s3Url",
  },
  { key: "s3Url", meaning: "endpoint of a store that is not AWS", default: "AWS" },
  {
    key: "publicUrl",
    meaning:
      "endpoint for signed URLs, which `backup-location test` tries; nothing else uses them yet",
    default: "s3Url",
  },
  {
    key: "s3ForcePathStyle",
    meaning: "bucket in the path, not in the host name",
    default: "false; true for s3:// URLs with an endpoint",
  },
  {
    key: "profile",
    meaning: "profile of the credentials file; wins over the environment",
    default: "none",
  },
  {
    key: "credentialsFile",
    meaning: "file of credentials; wins over the environment; read again when it changes",
    default: "the SDK's chain",
  },
  { key: "insecureSkipTLSVerify", meaning: "accept any certificate", default: "false" },
  {
    key: "caCert",
    meaning: "PEM text, or file, of certificates to trust beside the system's",
    default: "AWS_CA_BUNDLE",
  },
  {
    key: "checksumAlgorithm",
    meaning: "CRC32, CRC32C, SHA1 or SHA256 sent with each put and part; empty for none",
    default: "Content-MD5, which every store knows and object lock accepts",
  },
  { key: "serverSideEncryption", meaning: "AES256 or aws:kms", default: "the bucket's" },
  { key: "kmsKeyId", meaning: "KMS key; means aws:kms", default: "none" },
  {
    key: "customerKeyEncryptionFile",
    meaning: "file of the 32 bytes of an SSE-C key",
    default: "none",
  },
  {
    key: "customerKeyEncryptionSecret",
    meaning: "Secret that holds an SSE-C key",
    default: "none",
    refused: "the store does not read Secrets yet; use customerKeyEncryptionFile",
  },
  { key: "tagging", meaning: "tags of each object, k=v&k2=v2, at most 10", default: "none" },
  { key: "enableSharedConfig", meaning: ignored, default: "" },
  { key: "signatureVersion", meaning: "4 only", default: "4" },
  {
    key: "conditionalPut",
    meaning: "whether If-None-Match works; `backup-location test` measures it",
    default: "true",
  },
  {
    key: "equalParts",
    meaning: "whether all parts but the last must have one size",
    default: "false; true for r2.cloudflarestorage.com",
  },
];
