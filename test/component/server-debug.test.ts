/** The support bundle, over an API server in memory. */
import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import { Agent } from "undici";
import { connectCluster } from "../../src/adapters/kube/connect-cluster.ts";
import { readTar } from "../../src/format/tar-reader.ts";
import { systemClock } from "../support/api-server/api-server.ts";
import { type CommandWorld, commandWorld } from "../support/command-world.ts";
import { plainAccess } from "../support/plain-access.ts";

const secret = "pl4nted-s3cret";
const { signal } = new AbortController();

async function textsOf(world: CommandWorld, file: string): Promise<ReadonlyMap<string, string>> {
  const tar = gunzipSync(readFileSync(join(world.home, file)));
  const texts = new Map<string, string>();
  async function* whole() {
    yield tar;
  }
  for await (const { path, bytes } of readTar(whole(), { signal })) {
    texts.set(path.replace(/^[^/]*\//, ""), bytes.toString());
  }
  return texts;
}

/** A server with secrets wherever people leave them. */
function plant(world: CommandWorld): void {
  const annotations = {
    "kubectl.kubernetes.io/last-applied-configuration": JSON.stringify({ config: { key: secret } }),
  };
  world.seed("BackupStorageLocation", "default", {
    metadata: { annotations },
    spec: { provider: "azure", objectStorage: { bucket: "b" }, config: { accountKey: secret } },
    status: { phase: "Unavailable", message: `signature of ${secret} is wrong` },
  });
  world.seed("Backup", "b", {
    metadata: { annotations },
    spec: { storageLocation: "default" },
    status: { phase: "FailedValidation", validationErrors: [`cannot use ${secret}`] },
  });
  world.api.seed({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "cloud", namespace: "ark-ts", annotations },
    data: { cloud: Buffer.from(secret).toString("base64") },
  });
  world.api.seed({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "ark-ts-0", namespace: "ark-ts" },
    spec: { containers: [{ name: "server", env: [{ name: "AWS_SECRET", value: secret }] }] },
    status: { phase: "Running" },
  });
}

describe("ark-ts debug", () => {
  it("writes a bundle without a secret, and names what could not be read", async () => {
    const world = await commandWorld();
    try {
      plant(world);
      const ran = await world.ark(["debug", "--backup", "b", "-o", "out.tar.gz"]);
      assert.equal(ran.status, 3, ran.err);
      assert.match(ran.out, /^support bundle: out\.tar\.gz {3}\d+ files/);
      assert.equal(statSync(join(world.home, "out.tar.gz")).mode & 0o777, 0o600);
      const texts = await textsOf(world, "out.tar.gz");
      for (const [path, text] of texts) {
        assert.doesNotMatch(text, new RegExp(secret), path);
        assert.ok(!text.includes(Buffer.from(secret).toString("base64").slice(0, 16)), path);
      }
      assert.match(texts.get("backup-describe.txt") ?? "", /Phase: +FailedValidation/);
      assert.match(texts.get("resources/backups.json") ?? "", /"name": "b"/);
      assert.match(texts.get("resources/pods.json") ?? "", /AWS_SECRET/);
      assert.match(texts.get("versions.json") ?? "", /gitVersion/);
      assert.ok(![...texts.keys()].some((path) => path.includes("secrets")));
      // Nobody answers for this world's server, and no kubelet for its pod.
      assert.match(texts.get("README.txt") ?? "", /- version of the server: no server in/);
      assert.match(ran.err, /not in it: log of ark-ts-0\/server: /);
    } finally {
      await world.close();
    }
  });

  it("works with few rights, and says which were missing", async () => {
    const world = await commandWorld({
      authorise: ({ resource }) => !["pods", "events", "restores"].includes(resource),
    });
    try {
      plant(world);
      const ran = await world.ark(["debug", "-o", "few.tar.gz"]);
      assert.equal(ran.status, 3);
      for (const what of ["pods", "events", "restores"]) {
        assert.match(
          ran.err,
          new RegExp(`not in it: ${what}: .*forbid|not in it: ${what}: .*403`, "i"),
        );
      }
      assert.ok((await textsOf(world, "few.tar.gz")).has("resources/backups.json"));
      const again = await world.ark(["debug", "-o", "few.tar.gz"]);
      assert.equal(again.status, 2);
      assert.match(again.err, /the bundle cannot be written there/);
    } finally {
      await world.close();
    }
  });
});

describe("the log of a container", () => {
  it("is asked for by its container, its run and its end", async () => {
    const asked: string[] = [];
    const kubelet = createServer((request, response) => {
      asked.push(request.url ?? "");
      response.end("2026-11-21T10:00:00Z hello\n");
    });
    await new Promise<void>((resolve) => kubelet.listen(0, "127.0.0.1", resolve));
    const serverUrl = `http://127.0.0.1:${(kubelet.address() as AddressInfo).port}`;
    const cluster = connectCluster(plainAccess(new Agent(), { serverUrl }), systemClock);
    try {
      const request = { namespace: "n", pod: "p", container: "c", tailLines: 5 };
      const log = await cluster.podLog({ ...request, previous: true }, { signal });
      assert.equal(log.toString(), "2026-11-21T10:00:00Z hello\n");
      assert.deepEqual(asked, [
        "/api/v1/namespaces/n/pods/p/log?container=c&tailLines=5&timestamps=true&previous=true",
      ]);
    } finally {
      await cluster.close();
      kubelet.close();
    }
  });
});
