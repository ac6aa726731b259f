import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { s3OptionDocs } from "../../../plugins/object-store-s3/option-docs.ts";
import { parseS3Options } from "../../../plugins/object-store-s3/options.ts";
import { ArkError } from "../../../src/lib/errors.ts";

const parse = (config: Record<string, string>, place = {}) =>
  parseS3Options({ provider: "s3", bucket: "bucket", prefix: "", config, ...place });

function faultOf(config: Record<string, string>, place = {}): string {
  try {
    parse(config, place);
  } catch (thrown) {
    assert.ok(thrown instanceof ArkError);
    assert.equal(thrown.code, "ARK_CONFIG_INVALID");
    return thrown.message;
  }
  return assert.fail("was accepted");
}

describe("parseS3Options()", () => {
  it("has a default for every key", () => {
    assert.deepEqual(parse({}), {
      bucket: "bucket",
      prefix: "",
      region: undefined,
      endpoint: undefined,
      publicEndpoint: undefined,
      forcePathStyle: false,
      profile: undefined,
      credentialsFile: undefined,
      skipTlsVerify: false,
      caCert: undefined,
      checksum: "MD5",
      serverSideEncryption: undefined,
      kmsKeyId: undefined,
      customerKeyFile: undefined,
      tagging: undefined,
      conditionalPut: true,
      equalParts: false,
    });
  });

  it("takes slashes around bucket and prefix as meaning nothing", () => {
    const { bucket, prefix } = parse({}, { bucket: "/bucket/", prefix: "//a/b//" });
    assert.equal(bucket, "bucket");
    assert.equal(prefix, "a/b/");
  });

  it("takes an access point's ARN for a bucket, and no other slash", () => {
    const bucket = "arn:aws:s3:eu-west-1:123456789012:accesspoint/backups";
    assert.equal(parse({}, { bucket }).bucket, bucket);
    assert.match(faultOf({}, { bucket: "bucket/prefix" }), /belongs into prefix/);
    assert.match(faultOf({}, { bucket: "/" }), /no name/);
  });

  it("reads an empty checksumAlgorithm as none, as Velero's plugin does", () => {
    assert.equal(parse({ checksumAlgorithm: "" }).checksum, "none");
    assert.equal(parse({ checksumAlgorithm: "CRC32C" }).checksum, "CRC32C");
    assert.match(faultOf({ checksumAlgorithm: "CRC64NVME" }), /CRC32, CRC32C, SHA1, SHA256/);
  });

  it("names every fault at once", () => {
    const fault = faultOf({ regoin: "x", s3Url: "minio:9000", s3ForcePathStyle: "maybe" });
    assert.match(fault, /unknown key "regoin"/);
    assert.match(fault, /s3Url must be a URL/);
    assert.match(fault, /s3ForcePathStyle must be true or false/);
  });

  it("refuses what is known and not supported, with the way out", () => {
    assert.match(
      faultOf({ customerKeyEncryptionSecret: "secret/key" }),
      /customerKeyEncryptionSecret is not supported: .*customerKeyEncryptionFile/,
    );
    assert.match(faultOf({ signatureVersion: "1" }), /signatureVersion must be one of 4/);
  });

  it("refuses settings that exclude each other", () => {
    assert.match(faultOf({ kmsKeyId: "k", customerKeyEncryptionFile: "/f" }), /exclude each other/);
    assert.match(faultOf({ kmsKeyId: "k", serverSideEncryption: "AES256" }), /aws:kms/);
    assert.match(faultOf({ tagging: "a" }), /k=v&k2=v2/);
    assert.match(
      faultOf({ tagging: Array.from({ length: 11 }, (_, index) => `k${index}=v`).join("&") }),
      /more than 10/,
    );
  });

  it("accepts what Velero's plugin accepts and ignores, and the engine's own keys", () => {
    const config = { enableSharedConfig: "true", signatureVersion: "4", "ark-ts.dev/x": "y" };
    assert.equal(parse(config).bucket, "bucket");
    assert.equal(parse({ publicUrl: "https://public.example.org" }).bucket, "bucket");
    assert.match(faultOf({ publicUrl: "nowhere" }), /publicUrl/);
  });

  it("knows that R2 wants equal parts", () => {
    assert.equal(parse({ s3Url: "https://x.r2.cloudflarestorage.com" }).equalParts, true);
    const told = { s3Url: "https://x.r2.cloudflarestorage.com", equalParts: "false" };
    assert.equal(parse(told).equalParts, false);
  });

  it("is documented key by key in the README", () => {
    const readme = readFileSync("plugins/object-store-s3/README.md", "utf8");
    const rows = readme
      .split("\n")
      .filter((line) => line.startsWith("| `"))
      .map((line) =>
        line
          .split("|")
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );
    const expected = s3OptionDocs.map(({ key, meaning, default: value, refused }) => [
      `\`${key}\``,
      refused === undefined ? meaning : `${meaning}; refused: ${refused}`,
      value,
    ]);
    assert.deepEqual(rows, expected);
  });
});
