import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { gcsOptionDocs, parseGcsOptions } from "../../../plugins/object-store-gcs/options.ts";
import { ArkError } from "../../../src/lib/errors.ts";

const parse = (config: Record<string, string>, place = {}) =>
  parseGcsOptions({ provider: "gcs", bucket: "bucket", prefix: "", config, ...place });

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

describe("parseGcsOptions()", () => {
  it("has a default for every key", () => {
    assert.deepEqual(parse({}), {
      bucket: "bucket",
      prefix: "",
      endpoint: "https://storage.googleapis.com",
      universeDomain: undefined,
      kmsKeyName: undefined,
      serviceAccount: undefined,
      credentialsFile: undefined,
      caCert: undefined,
    });
  });

  it("takes every key of a location of Velero's plugin", () => {
    const options = parse({
      kmsKeyName: "projects/p/locations/l/keyRings/r/cryptoKeys/k",
      serviceAccount: "sa@p.iam.gserviceaccount.com",
      credentialsFile: "/credentials/cloud",
      storeEndpoint: "https://storage-x.p.googleapis.com/storage/v1/",
      universeDomain: "example.goog",
    });
    assert.equal(options.endpoint, "https://storage-x.p.googleapis.com");
    assert.equal(options.universeDomain, "example.goog");
  });

  it("asks the service of another universe", () => {
    const { endpoint } = parse({ universeDomain: "example.goog" });
    assert.equal(endpoint, "https://storage.example.goog");
  });

  it("takes an endpoint with and without scheme, port and path", () => {
    const cases = {
      "storage-x.p.googleapis.com": "https://storage-x.p.googleapis.com",
      "http://127.0.0.1:4443": "http://127.0.0.1:4443",
      "https://h/storage/v1": "https://h",
      "h:4443": "https://h:4443",
    };
    for (const [text, expected] of Object.entries(cases)) {
      assert.equal(parse({ storeEndpoint: text }).endpoint, expected);
    }
  });

  it("refuses what it cannot mean, all at once", () => {
    const config = {
      storeEndpoint: "https://u:p@h/",
      universeDomain: "https://x",
      region: "eu",
    };
    const fault = faultOf(config, { bucket: "a/b", prefix: "x".repeat(200) });
    for (const part of [
      /storeEndpoint must be/,
      /universeDomain must be/,
      /unknown key "region"/,
      /belongs into prefix/,
      /prefix is longer/,
    ]) {
      assert.match(fault, part);
    }
    assert.match(faultOf({}, { bucket: "" }), /the bucket has no name/);
    assert.match(faultOf({ storeEndpoint: "https://h/other/path" }), /storeEndpoint must be/);
  });

  it("has every key in the README's table", () => {
    const path = new URL("../../../plugins/object-store-gcs/README.md", import.meta.url);
    const readme = readFileSync(path, "utf8");
    for (const { key, meaning } of gcsOptionDocs) {
      assert.ok(readme.includes(`| \`${key}\``), key);
      assert.ok(readme.includes(meaning), meaning);
    }
  });
});
