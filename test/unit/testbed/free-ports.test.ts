import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { claimPort, isFree } from "../../testbed/free-ports.ts";

const folder = mkdtempSync(join(tmpdir(), "ark-ports-test-"));
after(() => rmSync(folder, { recursive: true }));

describe("free-ports", () => {
  it("isFree() sees a listener", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    assert.equal(await isFree(port), false);
    server.close();
    await once(server, "close");
    assert.equal(await isFree(port), true);
  });

  it("claimPort() gives every claimant another port, below those of outgoing connections", async () => {
    const claims = await Promise.all(Array.from({ length: 30 }, () => claimPort(folder)));
    const ports = new Set(claims.map((claim) => claim.port));
    assert.equal(ports.size, 30);
    assert.ok([...ports].every((port) => port >= 20_000 && port < 61_000));
    assert.equal(readdirSync(folder).length, 30);
    for (const claim of claims) claim.release();
    assert.deepEqual(readdirSync(folder), []);
  });
});
