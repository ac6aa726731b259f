import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { findOverlap, networkOf } from "../../../testbed/node/network.ts";

const usual = [
  "default via 10.0.0.1 dev eth0",
  "10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.5",
  "local 127.0.0.0/8 dev lo table local proto kernel scope host src 127.0.0.1",
  "broadcast 10.0.0.255 dev eth0 table local proto kernel scope link src 10.0.0.5",
  "fe80::/64 dev eth0 proto kernel metric 256 pref medium",
  "",
].join("\n");

describe("network", () => {
  it("findOverlap() finds nothing among the usual routes", () => {
    assert.equal(findOverlap(networkOf(0), usual), undefined);
  });

  for (const route of [
    "198.18.0.1 dev x scope link",
    "198.18.128.0/24 via 10.0.0.9 dev eth0",
    "198.0.0.0/8 via 10.0.0.9 dev eth0",
    "local 198.19.0.7 dev x table local proto kernel scope host src 198.19.0.7",
    "blackhole 198.19.64.0/18",
  ]) {
    it(`findOverlap() finds "${route}"`, () => {
      assert.equal(findOverlap(networkOf(0), `${usual}${route} \n`), `${route} `);
    });
  }

  it("the networks of both slots lie side by side", () => {
    const { address, podRange, serviceRange } = networkOf(1);
    const routes = [`${address}/30 dev x`, `${podRange} via y`, `${serviceRange} via y`];
    assert.equal(findOverlap(networkOf(0), routes.join("\n")), undefined);
    assert.ok(findOverlap(networkOf(1), routes.join("\n")));
  });
});
