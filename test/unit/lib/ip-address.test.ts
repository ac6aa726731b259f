import assert from "node:assert/strict";
import { BlockList, isIP } from "node:net";
import { describe, it } from "node:test";
import fc from "fast-check";
import { isInNetwork, isLoopback, parseIpAddress } from "../../../src/lib/ip-address.ts";

describe("parseIpAddress()", () => {
  it("accepts exactly what Node accepts as an address", () => {
    const piece = fc.constantFrom(
      "0",
      "1",
      "255",
      "256",
      "01",
      "f",
      "ffff",
      "fffff",
      ":",
      "::",
      ".",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 16 }), (pieces) => {
        const text = pieces.join("");
        assert.equal(parseIpAddress(text) !== undefined, isIP(text) !== 0, text);
      }),
    );
    fc.assert(fc.property(fc.ipV4(), (text) => parseIpAddress(text)?.bits === 32));
    fc.assert(fc.property(fc.ipV6(), (text) => parseIpAddress(text) !== undefined));
  });

  it("reads an IPv4-mapped address as the IPv4 address", () => {
    assert.deepEqual(parseIpAddress("::ffff:10.0.0.1"), parseIpAddress("10.0.0.1"));
  });
});

describe("isInNetwork()", () => {
  it("agrees with Node's BlockList on IPv4 and IPv6", () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV4(), fc.integer({ min: 0, max: 32 }), (address, base, width) => {
        const list = new BlockList();
        list.addSubnet(base, width, "ipv4");
        const parsed = parseIpAddress(address);
        assert.ok(parsed);
        assert.equal(isInNetwork(parsed, `${base}/${width}`), list.check(address, "ipv4"));
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 128 }), (width) => {
        const parsed = parseIpAddress("fd12:3456:789a:bcde:f012:3456:789a:bcde");
        assert.ok(parsed);
        assert.equal(isInNetwork(parsed, `fd12:3456:789a:bcde:f012:3456:789a:bcde/${width}`), true);
      }),
    );
  });

  it("answers false when the network is malformed", () => {
    const address = parseIpAddress("10.0.0.1");
    assert.ok(address);
    for (const network of ["10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/8/8", "x/8"]) {
      assert.equal(isInNetwork(address, network), false, network);
    }
  });
});

describe("isLoopback()", () => {
  it("knows 127.0.0.0/8 and ::1 only", () => {
    const loopback = (text: string): boolean => {
      const address = parseIpAddress(text);
      assert.ok(address);
      return isLoopback(address);
    };
    assert.equal(loopback("127.3.2.1"), true);
    assert.equal(loopback("::1"), true);
    assert.equal(loopback("128.0.0.1"), false);
    assert.equal(loopback("::2"), false);
  });
});
