import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { describe, it } from "node:test";
import { integer, objectIdentifier, tlv } from "../../../src/lib/x509/der.ts";
import { createAuthority, issueCertificate } from "../../testbed/certificates.ts";
import { fetchStatus } from "../../testbed/fetch-status.ts";

const authority = createAuthority("ca of a test");

describe("certificates", () => {
  it("issueCertificate() names the user and the groups, signed by the authority", () => {
    const pair = issueCertificate(authority, {
      commonName: "system:serviceaccount:a:b",
      organizations: ["dev:é", "system:masters"],
      usage: "client",
    });
    const cert = new X509Certificate(pair.cert);
    const ca = new X509Certificate(authority.cert);
    assert.equal(cert.subject, "O=dev:é\nO=system:masters\nCN=system:serviceaccount:a:b");
    assert.ok(cert.checkIssued(ca));
    assert.ok(cert.verify(ca.publicKey));
    assert.deepEqual([ca.ca, cert.ca], [true, false]);
  });

  it("issueCertificate() makes a server certificate that a TLS client accepts", async () => {
    const request = { commonName: "s", usage: "server", ipAddresses: ["127.0.0.1"] } as const;
    const server = createServer(issueCertificate(authority, request), (_, answer) => answer.end());
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    assert.equal(await fetchStatus(url, { ca: authority.cert }), 200);
    assert.equal(await fetchStatus(url, { ca: createAuthority("another").cert }), 0);
    server.close();
    await once(server, "close");
  });

  it("der encodes long lengths, positive integers and big arcs as X.690 says", () => {
    assert.equal(Buffer.from(tlv(4, new Uint8Array(300))).toString("hex", 0, 4), "0482012c");
    assert.equal(Buffer.from(tlv(4, new Uint8Array(128))).toString("hex", 0, 3), "048180");
    assert.equal(Buffer.from(integer(Uint8Array.of(0, 0x80))).toString("hex"), "02020080");
    assert.equal(Buffer.from(integer(Uint8Array.of(0, 0))).toString("hex"), "020100");
    const sha256WithRsa = "06092a864886f70d01010b";
    assert.equal(
      Buffer.from(objectIdentifier("1.2.840.113549.1.1.11")).toString("hex"),
      sha256WithRsa,
    );
  });
});
