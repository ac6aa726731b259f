/** Downloads from a location that signs no URLs, by the unmodified velero command and by ours. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Ark, createArk } from "../support/ark.ts";
import { type ArkServer, startArkServer } from "../support/ark-server.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import { whyNoTestbed } from "../support/shared-testbed.ts";
import { createVeleroCommand, type VeleroCommand } from "../support/velero-command.ts";
import { ensureBinary } from "../testbed/binaries.ts";
import { type ControlPlane, startControlPlane } from "../testbed/control-plane.ts";
import { type ClaimedPort, claimPort } from "../testbed/free-ports.ts";
import { waitFor } from "../testbed/wait.ts";

const velerosKinds = "/apis/velero.io/v1/namespaces/ark-ts";
const secrets = "/api/v1/namespaces/ark-ts/secrets";

describe("downloads that the server hands out itself", { skip: await whyNoTestbed() }, () => {
  let plane: ControlPlane;
  let client: KubeClient;
  let ark: Ark;
  let velero: VeleroCommand;
  let publicUrl: string;
  let standbyPort = 0;
  const claims: ClaimedPort[] = [];
  const servers: ArkServer[] = [];

  before(async () => {
    plane = await startControlPlane();
    client = connectKube(plane.kubeconfig);
    ark = createArk(plane.kubeconfig);
    velero = createVeleroCommand(await ensureBinary("velero"), plane.kubeconfig, ark);
    await ark.ok("install", "--crds-only");
    for (const name of ["ark-ts", "shop"]) await post("/api/v1/namespaces", { metadata: { name } });
    await post("/api/v1/namespaces/shop/configmaps", { metadata: { name: "one" } });
    const folder = join(ark.home, "backups");
    mkdirSync(folder);
    await post(`${velerosKinds}/backupstoragelocations`, {
      apiVersion: "velero.io/v1",
      kind: "BackupStorageLocation",
      metadata: { name: "default" },
      spec: {
        provider: "directory",
        default: true,
        objectStorage: {
          bucket: folder,
          caCertRef: { name: "ark-ts-downloads-ca", key: "ca.crt" },
        },
      },
    });
    claims.push(await claimPort(), await claimPort());
    const [first = 0, second = 0] = claims.map(({ port }) => port);
    publicUrl = `https://localhost:${first}`;
    standbyPort = second;
    await start(first).ready("leading");
    // On a busy machine the Lease may pass to it at once.
    await start(second).ready("ready");
    // Commands that only read look for 3 s.
    await ark.ok("mode", "set", "server");
  });
  after(async () => {
    for (const { release } of claims) release();
    for (const server of servers) server.kill("SIGKILL");
    await Promise.all(servers.map(({ ended }) => ended));
    ark?.remove();
    await client?.close();
    await plane?.stop();
  });

  const start = (port: number): ArkServer => {
    const address = ["--download-address", `127.0.0.1:${port}`, "--public-url", publicUrl];
    const server = startArkServer(ark, plane.kubeconfig, ...address);
    servers.push(server);
    return server;
  };
  const post = (path: string, object: object) =>
    client.demand("POST", path, JSON.stringify(object));
  const read = async (path: string) => JSON.parse((await client.demand("GET", path)).toString());
  const authority = async (): Promise<string> =>
    Buffer.from((await read(`${secrets}/ark-ts-downloads-ca`)).data["ca.crt"], "base64").toString();
  const get = async (url: string, method = "GET") => {
    const ca = await authority();
    return await new Promise<{ status: number; body: Buffer }>((resolve, reject) => {
      const asked = request(url, { ca, method }, (answer) => {
        const parts: Buffer[] = [];
        answer.on("data", (part: Buffer) => parts.push(part));
        answer.on("end", () =>
          resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(parts) }),
        );
      });
      asked.once("error", reject);
      asked.end();
    });
  };
  const signedUrl = async (name: string): Promise<string> => {
    await post(`${velerosKinds}/downloadrequests`, {
      apiVersion: "velero.io/v1",
      kind: "DownloadRequest",
      metadata: { name },
      spec: { target: { kind: "BackupContents", name: "b1" } },
    });
    const found = async () =>
      (await read(`${velerosKinds}/downloadrequests/${name}`)).status?.downloadURL;
    return await waitFor("a URL", found, { timeoutMs: 240_000 });
  };

  it("velero backs up, describes, reads the log and downloads, trusting the location's certificates", async () => {
    await velero.says("backup", "create", "b1", "--include-namespaces", "shop", "--wait");
    assert.match(await velero.says("backup", "describe", "b1", "--details"), /- shop\/one/);
    const log = await velero.says("backup", "logs", "b1");
    assert.match(log, /level=info/);
    const file = join(ark.home, "b1.tar.gz");
    await velero.says("backup", "download", "b1", "-o", file);
    const stored = join(ark.home, "backups/backups/b1/b1.tar.gz");
    assert.deepEqual(readFileSync(file), readFileSync(stored));
  });

  it("velero restores, and reads what became of it", async () => {
    const mapping = ["--namespace-mappings", "shop:copy"];
    await velero.says("restore", "create", "r1", "--from-backup", "b1", ...mapping, "--wait");
    assert.match(await velero.says("restore", "logs", "r1"), /level=info/);
    assert.match(await velero.says("restore", "describe", "r1", "--details"), /copy\/one/);
  });

  it("ark-ts reads the same log, and describes what only our manifest knows", async () => {
    assert.equal(await ark.ok("backup", "logs", "b1"), await velero.says("backup", "logs", "b1"));
    const described = await ark.ok("backup", "describe", "b1");
    assert.match(described, /^Archive: .* in 1 part and \d+ member.*\n +sha256 [0-9a-f]{64}$/m);
    assert.match(described, /^Coverage: +\d+ objects? of /m);
  });

  it("who stands by serves the same URL, and HEAD of it", async () => {
    const url = await signedUrl("by-hand");
    const other = url.replace(publicUrl, `https://localhost:${standbyPort}`);
    const [leader, standby] = [await get(url), await get(other)];
    assert.deepEqual([leader.status, standby.status], [200, 200]);
    assert.deepEqual(standby.body, leader.body);
    const head = await get(other, "HEAD");
    assert.deepEqual([head.status, head.body.length], [200, 0]);
  });

  it("nothing else is served: no other file, no other method, no folder, no later date", async () => {
    const url = await signedUrl("to-be-bent");
    for (const [bent, method] of [
      [url.replace("b1.tar.gz", "b1-logs.gz"), "GET"],
      [url.replace(/expires=\d+/, "expires=99999999999"), "GET"],
      [
        url.replace(/signature=./, (text) => (text.endsWith("0") ? "signature=1" : "signature=0")),
        "GET",
      ],
      [url.replace(/\?.*/, ""), "GET"],
      [`${publicUrl}/`, "GET"],
    ] as const) {
      assert.equal((await get(bent, method)).status, 403, bent);
    }
    assert.equal((await get(url, "PUT")).status, 405);
  });

  it("a key that somebody has removed is made again, and voids what it signed", async () => {
    const url = await signedUrl("of-old");
    await client.demand("DELETE", `${secrets}/ark-ts-downloads`);
    for (const server of servers.splice(0)) {
      server.kill("SIGTERM");
      await server.ended;
    }
    await start(Number(new URL(publicUrl).port)).ready("leading");
    await waitFor(
      "the log to be read again",
      async () => (await velero.run("backup", "logs", "b1")).status === 0,
      { timeoutMs: 240_000 },
    );
    assert.equal((await get(url)).status, 403);
  });

  it("a certificate of one's own is shown in place of the server's, and named with --cacert", async () => {
    const { createAuthority, issueCertificate } = await import("../testbed/certificates.ts");
    const mine = createAuthority("mine");
    const request = { commonName: "x", usage: "server", dnsNames: ["localhost"] } as const;
    const pair = issueCertificate(mine, request);
    const file = (name: string, text: string): string => {
      writeFileSync(join(ark.home, name), text);
      return join(ark.home, name);
    };
    for (const server of servers.splice(0)) {
      server.kill("SIGTERM");
      await server.ended;
    }
    const tls = [
      "--tls-cert-file",
      file("tls.crt", pair.cert),
      "--tls-key-file",
      file("k", pair.key),
    ];
    const address = `127.0.0.1:${new URL(publicUrl).port}`;
    const flags = ["--download-address", address, "--public-url", publicUrl];
    const server = startArkServer(ark, plane.kubeconfig, ...flags, ...tls);
    servers.push(server);
    await server.ready("leading");
    const log = ["backup", "logs", "b1"];
    assert.match((await velero.run(...log)).stderr, /unknown authority/);
    assert.match(await velero.says(...log, "--cacert", file("mine.crt", mine.cert)), /level=info/);
  });

  it("ark-ts goes through the API server where the URL leads nowhere from here", async (test) => {
    const outer = outerAddress();
    if (outer === undefined) return test.skip("this machine has no address but loopback");
    for (const server of servers.splice(0)) {
      server.kill("SIGTERM");
      await server.ended;
    }
    const port = Number(new URL(publicUrl).port);
    const flags = ["--download-address", `${outer}:${port}`];
    servers.push(startArkServer(ark, plane.kubeconfig, ...flags));
    await servers[0]?.ready("leading");
    const log = ["backup", "logs", "b1"];
    const alone = await ark.run(...log);
    assert.equal(alone.status, 1);
    assert.match(
      alone.stderr,
      /ark-ts\.ark-ts\.svc.* could not be reached[\s\S]*through the API server/,
    );
    const ports = [{ name: "downloads", port }];
    const metadata = { name: "ark-ts" };
    await post("/api/v1/namespaces/ark-ts/services", { metadata, spec: { ports } });
    // The API server passes on to addresses of pods in the namespace only.
    const containers = [{ name: "c", image: "none" }];
    await post("/api/v1/namespaces/ark-ts/pods", { metadata, spec: { containers } });
    const status = { status: { podIP: outer, podIPs: [{ ip: outer }] } };
    const pod = "/api/v1/namespaces/ark-ts/pods/ark-ts/status";
    await client.demand("PATCH", pod, JSON.stringify(status), "application/merge-patch+json");
    const targetRef = { kind: "Pod", name: "ark-ts", namespace: "ark-ts" };
    const addresses = [{ ip: outer, targetRef }];
    const endpoints = { metadata, subsets: [{ addresses, ports }] };
    await post("/api/v1/namespaces/ark-ts/endpoints", endpoints);
    const read = await ark.run(...log);
    assert.equal(read.status, 0, read.stderr);
    assert.match(read.stdout, /level=info/);
    assert.match(read.stderr, /fetched through the API server instead/);
    const file = join(ark.home, "through.tar.gz");
    await ark.ok("backup", "download", "b1", "-o", file);
    const stored = join(ark.home, "backups/backups/b1/b1.tar.gz");
    assert.deepEqual(readFileSync(file), readFileSync(stored));
    const described = await ark.run("backup", "describe", "b1", "--details");
    assert.match(described.stdout, /- shop\/one/);
    assert.equal(described.stderr.match(/fetched through/g)?.length, 1);
  });
});

/** Where the API server may pass requests on to: never to loopback. */
function outerAddress(): string | undefined {
  const all = Object.values(networkInterfaces()).flatMap((found) => found ?? []);
  return all.find(({ family, internal }) => family === "IPv4" && !internal)?.address;
}
