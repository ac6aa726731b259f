import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  checkLocation,
  isLocationUrl,
  isSameProvider,
  parseLocationUrl,
} from "../../../plugins/registry.ts";
import { ArkError } from "../../../src/lib/errors.ts";

const directory = (bucket: string) => ({ provider: "directory", bucket, prefix: "", config: {} });

describe("parseLocationUrl()", () => {
  const cases: readonly (readonly [string, unknown])[] = [
    ["file:///srv/backups", directory("/srv/backups")],
    ["file:///srv/my%20backups/", directory("/srv/my backups/")],
    ["file://localhost/srv", directory("/srv")],
    ["/srv/backups", directory("/srv/backups")],
    ["/srv/../data", directory("/data")],
    ["s3://bucket", { provider: "s3", bucket: "bucket", prefix: "", config: {} }],
    ["s3://bucket/", { provider: "s3", bucket: "bucket", prefix: "", config: {} }],
    ["s3://bucket/a/b/", { provider: "s3", bucket: "bucket", prefix: "a/b", config: {} }],
    ["s3://bucket/a%20b", { provider: "s3", bucket: "bucket", prefix: "a b", config: {} }],
    [
      "s3://bucket/p?region=eu-central-1&profile=ci",
      {
        provider: "s3",
        bucket: "bucket",
        prefix: "p",
        config: { region: "eu-central-1", profile: "ci" },
      },
    ],
    [
      "s3://bucket?endpoint=http://127.0.0.1:9000",
      {
        provider: "s3",
        bucket: "bucket",
        prefix: "",
        config: { s3Url: "http://127.0.0.1:9000", s3ForcePathStyle: "true" },
      },
    ],
    [
      "s3://bucket?endpoint=https://s3.example.org&pathStyle=false",
      {
        provider: "s3",
        bucket: "bucket",
        prefix: "",
        config: { s3Url: "https://s3.example.org", s3ForcePathStyle: "false" },
      },
    ],
    ["gs://bucket/a/b/", { provider: "gcs", bucket: "bucket", prefix: "a/b", config: {} }],
    [
      "gs://bucket?endpoint=storage-x.p.googleapis.com&serviceAccount=a@b",
      {
        provider: "gcs",
        bucket: "bucket",
        prefix: "",
        config: { storeEndpoint: "storage-x.p.googleapis.com", serviceAccount: "a@b" },
      },
    ],
  ];
  for (const [text, expected] of cases) {
    it(`reads ${text}`, () => assert.deepEqual(parseLocationUrl(text), expected));
  }

  for (const text of [
    "",
    "backups",
    "ftp://bucket",
    "s3://",
    "gs://",
    "s3:///prefix",
    "s3://bucket:9000/prefix",
    "s3://bucket/p#fragment",
    "s3://bucket?region=a&region=b",
    "s3://bucket?endpoint=http://a&s3Url=http://b",
    "s3://bucket/%zz",
    "file://host/path",
    "file:///path?x=1",
    "file:///a%2Fb",
    "relative/path",
  ]) {
    it(`refuses ${JSON.stringify(text)} as a usage error with advice`, () => {
      const isUsage = (thrown: unknown) =>
        thrown instanceof ArkError && thrown.code === "ARK_USAGE" && thrown.advice !== undefined;
      assert.throws(() => parseLocationUrl(text), isUsage);
    });
  }

  it("refuses credentials in a URL without repeating them", () => {
    const text = "s3://AKIAPLANTED:planted-secret@bucket/prefix";
    assert.throws(
      () => parseLocationUrl(text),
      (thrown) =>
        thrown instanceof ArkError &&
        thrown.code === "ARK_USAGE" &&
        !JSON.stringify([thrown.message, thrown.advice, thrown.answer]).includes("planted"),
    );
  });
});

describe("isLocationUrl()", () => {
  it("tells URLs and paths from names", () => {
    for (const text of ["s3://b", "file:///x", "/x", "./x", "../x", "~/x", "."]) {
      assert.equal(isLocationUrl(text), true, text);
    }
    for (const text of ["default", "my-location", "a/b", "~", "..x", ""]) {
      assert.equal(isLocationUrl(text), false, text);
    }
  });
});

describe("checkLocation()", () => {
  it("knows a provider under Velero's names", () => {
    for (const provider of ["s3", "aws", "velero.io/aws"]) {
      checkLocation({ provider, bucket: "b", prefix: "", config: {} });
    }
    for (const provider of ["gcs", "gcp", "velero.io/gcp"]) {
      checkLocation({ provider, bucket: "b", prefix: "", config: {} });
    }
    assert.equal(isSameProvider("velero.io/aws", "s3"), true);
    assert.equal(isSameProvider("velero.io/gcp", "gcs"), true);
    assert.equal(isSameProvider("directory", "s3"), false);
  });

  it("refuses an unknown provider and names those it has", () => {
    const spec = { provider: "velero.io/unknown", bucket: "b", prefix: "", config: {} };
    assert.throws(
      () => checkLocation(spec),
      (thrown) =>
        thrown instanceof ArkError &&
        thrown.code === "ARK_CONFIG_INVALID" &&
        /s3 or aws.*gcs or gcp/.test(thrown.advice ?? ""),
    );
  });

  it("refuses a relative path and any config of a directory", () => {
    const invalid = { code: "ARK_CONFIG_INVALID" };
    assert.throws(() => checkLocation(directory("backups")), invalid);
    assert.throws(() => checkLocation({ ...directory("/b"), config: { region: "x" } }), invalid);
  });
});
