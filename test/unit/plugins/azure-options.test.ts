import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import {
  decodeBlockId,
  encodeBlockId,
  endNumber,
  noMd5,
} from "../../../plugins/object-store-azure/block-ids.ts";
import { azureOptionDocs } from "../../../plugins/object-store-azure/option-docs.ts";
import { parseAzureOptions } from "../../../plugins/object-store-azure/options.ts";
import {
  fromBlobMetadata,
  toBlobMetadata,
} from "../../../plugins/object-store-azure/user-metadata.ts";
import { checkLocation, isSameProvider, parseLocationUrl } from "../../../plugins/registry.ts";
import { ArkError } from "../../../src/lib/errors.ts";

const parse = (config: Record<string, string>, bucket = "backups", prefix = "prod/") =>
  parseAzureOptions({
    provider: "azure",
    bucket,
    prefix,
    config: { storageAccount: "account1", ...config },
  });

function faultOf(config: Record<string, string>, bucket?: string): string {
  try {
    parse(config, bucket);
  } catch (thrown) {
    assert.ok(thrown instanceof ArkError);
    assert.equal(thrown.code, "ARK_CONFIG_INVALID");
    return thrown.message;
  }
  return "";
}

describe("parseAzureOptions()", () => {
  it("takes a location of Velero's plugin as it is", () => {
    const config = {
      resourceGroup: "group",
      subscriptionId: "sub",
      storageAccountKeyEnvVar: "KEY",
      storageAccountURI: "https://account1.blob.core.windows.net/",
      useAAD: "true",
      activeDirectoryAuthorityURI: "https://login.microsoftonline.us/",
      blockSizeInBytes: "1048576",
      credentialsFile: "/credentials/cloud",
      "ark-ts.dev/x": "y",
    };
    const options = parse(config);
    assert.equal(options.container, "backups");
    assert.equal(options.prefix, "prod/");
    assert.equal(options.endpoint, "https://account1.blob.core.windows.net");
    assert.equal(options.useTokens, true);
    assert.equal(options.blockBytes, 1_048_576);
    assert.equal(options.keyName, "KEY");
  });

  it("names every fault at once", () => {
    const fault = faultOf({
      storageAcount: "x",
      storageAccount: "My-Account",
      blockSizeInBytes: "0",
    });
    assert.match(fault, /unknown key "storageAcount"/);
    assert.match(fault, /storageAccount is "My-Account"/);
    assert.match(fault, /blockSizeInBytes must be a number from 1 to 104857600/);
    assert.match(faultOf({ storageAccount: "" }), /storageAccount is missing/);
    assert.match(faultOf({}, "a/b"), /belongs into prefix/);
    assert.match(faultOf({}, "Upper"), /no name of a container/);
    assert.match(faultOf({}, "two--dashes"), /no name of a container/);
  });

  it("sends tokens over no open line", () => {
    const open = { useAAD: "true", storageAccountURI: "http://127.0.0.1:10000/account1" };
    assert.match(faultOf(open), /needs a storageAccountURI with https/);
  });

  it("is reached by URL and under Velero's name", () => {
    const url = "azblob://backups/deep/prefix?storageAccount=account1&endpoint=http://h/account1";
    const location = parseLocationUrl(url);
    assert.deepEqual(location, {
      provider: "azure",
      bucket: "backups",
      prefix: "deep/prefix",
      config: { storageAccount: "account1", storageAccountURI: "http://h/account1" },
    });
    checkLocation(location);
    assert.ok(isSameProvider("velero.io/azure", "azure"));
  });

  it("is documented key by key in the README", () => {
    const rows = readFileSync("plugins/object-store-azure/README.md", "utf8")
      .split("\n")
      .filter((line) => line.startsWith("| `"))
      .map((line) =>
        line
          .split("|")
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );
    const expected = azureOptionDocs.map(({ key, meaning, default: value }) => [
      `\`${key}\``,
      meaning,
      value,
    ]);
    assert.deepEqual(rows, expected);
  });
});

describe("block ids", () => {
  it("come back as they were, all of one length, and none that others have given", () => {
    const mark = "0f8fad5b-d9cb-469f-a165-70867728950e";
    const md5 = "900150983cd24fb0d6963f7d28e17f72";
    const ids = [
      { mark, number: 0, md5: noMd5 },
      { mark, number: 50_000, md5 },
      { mark, number: endNumber, md5: noMd5 },
    ];
    const names = ids.map(encodeBlockId);
    assert.deepEqual(names.map(decodeBlockId), ids);
    assert.equal(new Set(names.map(({ length }) => length)).size, 1);
    // Azure takes 64 bytes before they are encoded.
    assert.ok(names.every((name) => Buffer.from(name, "base64").length <= 64));
    assert.equal(decodeBlockId(Buffer.from("00000001").toString("base64")), undefined);
  });
});

describe("toBlobMetadata()", () => {
  it("makes identifiers of C# that come back from lower case", () => {
    const metadata = { "ark-run": "1", Upper_Case: "2", "9lives": "3", "a.b~": "4", plain0: "5" };
    const stored = toBlobMetadata(metadata);
    for (const name of Object.keys(stored)) assert.match(name, /^[a-z_][a-z0-9_]*$/);
    assert.equal(stored["ark_2drun"], "1");
    const sent = Object.entries(stored).map(([name, value]) => [name.toLowerCase(), value]);
    assert.deepEqual(fromBlobMetadata(Object.fromEntries(sent)), metadata);
  });

  it("leaves names that others have given", () => {
    assert.deepEqual(fromBlobMetadata({ hdi_isfolder: "true" }), { hdi_isfolder: "true" });
    assert.deepEqual(fromBlobMetadata(undefined), {});
  });
});
