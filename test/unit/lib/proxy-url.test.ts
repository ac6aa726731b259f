import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ArkError } from "../../../src/lib/errors.ts";
import { parseProxyUrl, proxyForDisplay, proxyForUrl } from "../../../src/lib/proxy-url.ts";

const proxied = { HTTPS_PROXY: "http://proxy.example:3128" };

function goesDirect(target: string, noProxy: string): boolean {
  return proxyForUrl(target, { ...proxied, NO_PROXY: noProxy }) === undefined;
}

describe("proxyForUrl()", () => {
  it("goes direct when the environment names no proxy", () => {
    assert.equal(proxyForUrl("https://api.example", {}), undefined);
    assert.equal(proxyForUrl("https://api.example", { HTTPS_PROXY: "" }), undefined);
  });

  it("chooses the variable by the target's scheme", () => {
    const env = { HTTPS_PROXY: "http://a:1", HTTP_PROXY: "http://b:2" };
    assert.equal(proxyForUrl("https://api.example", env)?.host, "a:1");
    assert.equal(proxyForUrl("http://api.example", env)?.host, "b:2");
    assert.equal(proxyForUrl("http://api.example", proxied), undefined);
  });

  it("takes capitals before small letters, and small letters when they are alone", () => {
    const both = { HTTPS_PROXY: "http://big:1", https_proxy: "http://small:2" };
    assert.equal(proxyForUrl("https://api.example", both)?.hostname, "big");
    assert.equal(proxyForUrl("https://api.example", { https_proxy: "small:2" })?.hostname, "small");
  });

  it("never uses a proxy for localhost and loopback addresses", () => {
    for (const host of ["localhost", "127.0.0.1", "127.8.9.1", "[::1]", "[::ffff:127.0.0.1]"]) {
      assert.equal(proxyForUrl(`https://${host}:6443`, proxied), undefined, host);
    }
  });

  const cases: readonly [target: string, noProxy: string, direct: boolean][] = [
    ["https://api.example.com", "*", true],
    ["https://api.example.com", "example.com", true],
    ["https://example.com", "example.com", true],
    ["https://notexample.com", "example.com", false],
    ["https://example.com", ".example.com", false],
    ["https://api.example.com", ".example.com", true],
    ["https://api.example.com", "*.example.com", true],
    ["https://example.com", "*.example.com", false],
    ["https://API.example.com", "Api.Example.Com", true],
    ["https://api.example.com", "other.org, api.example.com ,x", true],
    ["https://api.example.com:6443", "api.example.com:6443", true],
    ["https://api.example.com:6443", "api.example.com:443", false],
    ["https://api.example.com", "api.example.com:443", true],
    ["https://10.1.2.3:6443", "10.0.0.0/8", true],
    ["https://10.1.2.3:6443", "10.1.2.3", true],
    ["https://10.1.2.3:6443", "10.1.2.3:6443", true],
    ["https://10.1.2.3:6443", "10.1.2.3:443", false],
    ["https://11.1.2.3", "10.0.0.0/8", false],
    ["https://10.1.2.3", "10.0.0.0/33", false],
    ["https://[fd00::12]:6443", "fd00::/8", true],
    ["https://[fd00::12]:6443", "fd00:0:0::12", true],
    ["https://[fd00::12]:6443", "[fd00::12]:6443", true],
    ["https://[fd00::12]:6443", "[fd00::12]:1", false],
    ["https://[2001:db8::1]", "fd00::/8", false],
    ["https://10.1.2.3", "fd00::/8", false],
    ["https://api.example.com", "10.0.0.0/8", false],
    ["https://api.example.com", " , ,", false],
    ["https://api.example.com", ".", false],
  ];
  for (const [target, noProxy, direct] of cases) {
    it(`goes ${direct ? "direct" : "through the proxy"} to ${target} with NO_PROXY "${noProxy}"`, () => {
      assert.equal(goesDirect(target, noProxy), direct);
    });
  }

  it("throws without printing the value when the variable holds no URL", () => {
    assert.throws(
      () => proxyForUrl("https://api.example", { HTTPS_PROXY: "http://u:s3cret@:80:80" }),
      (error: ArkError) =>
        error.code === "ARK_USAGE" &&
        /HTTPS_PROXY/.test(error.message) &&
        !/s3cret/.test(error.message),
    );
  });
});

describe("parseProxyUrl()", () => {
  it("reads a bare host and port as http", () => {
    assert.equal(parseProxyUrl("proxy.example:3128")?.href, "http://proxy.example:3128/");
  });

  it("keeps a socks5 scheme", () => {
    assert.equal(parseProxyUrl("socks5://proxy.example:1080")?.protocol, "socks5:");
  });

  it("refuses what is no URL", () => {
    assert.equal(parseProxyUrl("http://"), undefined);
    assert.equal(parseProxyUrl("http://a b"), undefined);
  });
});

describe("proxyForDisplay()", () => {
  it("leaves user and password out", () => {
    const shown = proxyForDisplay(new URL("http://user:s3cret@proxy.example:3128"));
    assert.equal(shown, "http://proxy.example:3128");
  });
});
