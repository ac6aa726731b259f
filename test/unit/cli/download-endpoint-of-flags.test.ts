import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { downloadEndpointOfFlags } from "../../../src/cli/download-endpoint-of-flags.ts";
import { createFlagValues } from "../../../src/cli/flag-values.ts";

const of = (flags: Readonly<Record<string, string>>) =>
  downloadEndpointOfFlags(createFlagValues(new Map(Object.entries(flags))), "/home/me");

describe("the flags of the server's own downloads", () => {
  it("make no endpoint where none is asked for", () => {
    assert.equal(of({}), undefined);
    assert.equal(of({ "download-address": "none" }), undefined);
  });

  it("make one for a public URL alone, with certificates of its own", () => {
    assert.deepEqual(of({ "public-url": "https://ark.example.org/ark/" }), {
      address: ":8443",
      certificate: { kind: "own" },
      publicUrl: "https://ark.example.org/ark",
    });
  });

  it("take certificates of a Secret, or of files from where the command runs", () => {
    const address = { "download-address": ":1" };
    assert.deepEqual(of({ ...address, "tls-secret": "tls" })?.certificate, {
      kind: "secret",
      name: "tls",
    });
    assert.deepEqual(of({ ...address, "tls-cert-file": "c", "tls-key-file": "/k" })?.certificate, {
      kind: "files",
      certFile: "/home/me/c",
      keyFile: "/k",
    });
  });

  it("are refused where they contradict each other, or would have no effect", () => {
    for (const flags of [
      { "download-address": "none", "public-url": "https://a" },
      { "tls-secret": "a" },
      { "download-address": "8443" },
      { "public-url": "http://ark.example.org" },
      { "public-url": "https://ark.example.org/?a" },
      { "public-url": "https://user@ark.example.org" },
      { "download-address": ":1", "tls-cert-file": "c" },
      { "download-address": ":1", "tls-cert-file": "c", "tls-key-file": "k", "tls-secret": "s" },
    ]) {
      assert.throws(() => of(flags), { code: "ARK_USAGE" }, JSON.stringify(flags));
    }
  });
});
