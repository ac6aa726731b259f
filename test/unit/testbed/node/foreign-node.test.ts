import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { findProxyChain, hasListener } from "../../../testbed/node/foreign-node.ts";

const header =
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
const line = (local: string, remote: string, state: string): string =>
  `   0: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000     0        0 1 1 0\n`;

describe("foreign-node", () => {
  for (const { title, table, expected } of [
    {
      title: "a listener on any address",
      table: line("00000000:280A", "00000000:0000", "0A"),
      expected: true,
    },
    {
      title: "a listener on IPv6",
      table: line(`${"0".repeat(32)}:280A`, `${"0".repeat(32)}:0000`, "0A"),
      expected: true,
    },
    {
      title: "a connection to a kubelet elsewhere",
      table: line("0100007F:9C40", "0200000A:280A", "01"),
      expected: false,
    },
    {
      title: "a connection from that port",
      table: line("0100007F:280A", "0200000A:01BB", "01"),
      expected: false,
    },
    {
      title: "a listener on another port",
      table: line("00000000:280B", "00000000:0000", "0A"),
      expected: false,
    },
    { title: "an empty table", table: "", expected: false },
  ]) {
    it(`hasListener() says ${expected} of ${title}`, () => {
      assert.equal(hasListener(header + table, 10_250), expected);
    });
  }

  it("findProxyChain() names what kube-proxy makes in nftables and in iptables mode", () => {
    const nftables = "table ip kube-proxy {\n\tchain services {\n\t}\n}\n";
    assert.equal(findProxyChain(nftables), "table ip kube-proxy {");
    const iptables = "table ip nat {\n\tchain KUBE-SERVICES {\n\t}\n}\n";
    assert.equal(findProxyChain(iptables), "chain KUBE-SERVICES {");
    assert.equal(findProxyChain("table inet filter {\n\tchain input {\n\t}\n}\n"), undefined);
    assert.equal(findProxyChain(""), undefined);
  });
});
