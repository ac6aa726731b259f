/** Downloads from a store with a certificate of its own authority. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { downloadRequestKind } from "../../src/api/download-request.ts";
import { type CommandWorld, commandWorld } from "../support/command-world.ts";
import { createAuthority, issueCertificate } from "../testbed/certificates.ts";

describe("a store whose certificate the system does not know", () => {
  const authority = createAuthority("store authority");
  const pair = issueCertificate(authority, {
    commonName: "store",
    usage: "server",
    ipAddresses: ["127.0.0.1"],
  });
  let store: Server;
  let world: CommandWorld;
  before(async () => {
    store = createServer(pair, (_request, response) => response.end(gzipSync("the log\n")));
    await new Promise<void>((resolve) => store.listen(0, "127.0.0.1", resolve));
  });
  after(() => store.close());
  beforeEach(async () => {
    world = await commandWorld();
    world.seed("Backup", "b", {
      spec: { storageLocation: "default" },
      status: { phase: "Completed" },
    });
    const { port } = store.address() as AddressInfo;
    await world.serve(downloadRequestKind, ({ status }) =>
      status === undefined
        ? { status: { phase: "Processed", downloadURL: `https://127.0.0.1:${port}/log?sig=x` } }
        : undefined,
    );
  });
  afterEach(() => world.close());

  const location = (objectStorage: object) =>
    world.seed("BackupStorageLocation", "default", {
      spec: { provider: "aws", objectStorage: { bucket: "b", ...objectStorage } },
    });
  const reads = async (...flags: readonly string[]) => {
    const { status, out, err } = await world.ark(["backup", "logs", "b", ...flags]);
    assert.deepEqual([status, out], [0, "the log\n"], err);
  };

  it("is refused, and --cacert named", async () => {
    const { status, err } = await world.ark(["backup", "logs", "b"]);
    assert.equal(status, 1);
    assert.match(err, /could not be reached from here[\s\S]*--cacert FILE/);
  });

  it("is trusted by --cacert", async () => {
    writeFileSync(join(world.home, "ca.pem"), authority.cert);
    await reads("--cacert", "ca.pem");
  });

  it("is trusted by the certificates of the location", async () => {
    location({ caCert: Buffer.from(authority.cert).toString("base64") });
    await reads();
  });

  it("is trusted by the certificates of a Secret that the location names", async () => {
    location({ caCertRef: { name: "ca", key: "ca.pem" } });
    world.api.seed({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "ca", namespace: "ark-ts" },
      data: { "ca.pem": Buffer.from(authority.cert).toString("base64") },
    });
    await reads();
  });

  it("is trusted unseen with --insecure-skip-tls-verify", async () => {
    await reads("--insecure-skip-tls-verify");
  });
});
