import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Ark, createArk } from "../support/ark.ts";
import { type GoogleStorage, startGoogleStorage } from "../support/google/google-storage.ts";
import type { SeenRequest } from "../support/http-front.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import {
  sharedControlPlane,
  uniqueBucket,
  uniqueNamespace,
  whyNoTestbed,
} from "../support/shared-testbed.ts";
import { fillBulk } from "../testbed/fill/bulk.ts";

/** About 10 MiB compressed: two parts of an upload. */
const objects = 700;
const sizeBytes = 20_480;

describe("the command with a location in Google Cloud Storage", {
  skip: await whyNoTestbed(),
}, () => {
  const prefix = uniqueNamespace("gcs");
  const namespace = `${prefix}-0`;
  const bucket = uniqueBucket("gcs");
  let client: KubeClient;
  let google: GoogleStorage;
  let ark: Ark;

  before(async () => {
    const plane = await sharedControlPlane();
    google = await startGoogleStorage();
    await google.front.createBucket(bucket);
    ark = createArk(plane.kubeconfig, { GOOGLE_APPLICATION_CREDENTIALS: google.keyFile });
    const place = `gs://${bucket}/deep/prefix?endpoint=${google.front.endpoint}`;
    await ark.ok("backup-location", "set", "prod", place, "--default");
    client = connectKube(plane.kubeconfig);
    await fillBulk(client, { objects, sizeBytes, namespaces: 1, kind: "secrets", prefix });
  });
  after(async () => {
    await client?.demand("DELETE", `/api/v1/namespaces/${namespace}`);
    await client?.close();
    await google?.stop();
    ark?.remove();
  });

  const sentParts = (): string[] =>
    google.front.seen.flatMap(({ method, url }) => {
      const [, number] = /partNumber=(\d+)/.exec(url) ?? [];
      return method === "PUT" && number !== undefined ? [number] : [];
    });

  it("is killed when all parts are sent; the same command goes on without sending them again", async () => {
    const create = ["backup", "create", "b", "--include-namespaces", namespace];
    let pid = 0;
    let isHit = false;
    google.front.before = async ({ method, url }: SeenRequest) => {
      isHit ||= method === "POST" && url.includes("uploadId=");
      if (!isHit) return undefined;
      process.kill(pid, "SIGKILL");
      throw new Error("nothing is answered any more");
    };
    const onPid = (started: number): void => {
      pid = started;
    };
    const killed = await ark.runWith({ onPid }, ...create);
    assert.equal(killed.status, -1, killed.stdout + killed.stderr);
    assert.ok(isHit);
    google.front.before = () => undefined;
    const before = sentParts();
    assert.ok(before.length >= 2, `${before}`);
    assert.equal(google.front.openUploads(), 1);
    google.front.seen.length = 0;
    const again = await ark.run(...create);
    assert.equal(again.status, 0, again.stdout + again.stderr);
    assert.ok(!sentParts().includes("1"), `sent again: ${sentParts()}`);
    assert.equal(google.front.openUploads(), 0);
    const verified = await ark.ok("backup", "verify", "b", "-o", "json");
    assert.equal((JSON.parse(verified) as { ok: boolean }).ok, true);
    assert.match(await ark.ok("backup", "get"), /b +Completed/);
  });

  it("restores every object into another namespace, bytes as they were", async () => {
    const target = `${namespace}-copy`;
    const mapping = ["--namespace-mappings", `${namespace}:${target}`];
    try {
      const restored = await ark.run("restore", "create", "r", "--from-backup", "b", ...mapping);
      assert.equal(restored.status, 0, restored.stdout + restored.stderr);
      const read = async (from: string): Promise<Map<string, string>> => {
        const body = await client.demand("GET", `/api/v1/namespaces/${from}/secrets`);
        const list = JSON.parse(body.toString()) as {
          items: { metadata: { name: string }; data: object }[];
        };
        return new Map(
          list.items.map(({ metadata, data }) => [metadata.name, JSON.stringify(data)]),
        );
      };
      const [first, second] = [await read(namespace), await read(target)];
      assert.equal(first.size, objects);
      assert.deepEqual(second, first);
    } finally {
      await client.send("DELETE", `/api/v1/namespaces/${target}`);
    }
  });

  it("shows the location under Velero's name and by its URL", async () => {
    const shown = await ark.ok("backup-location", "get", "prod", "-o", "json");
    assert.match(shown, /"provider": ?"gcp"/);
    assert.match(await ark.ok("backup-location", "get"), /prod .*gcp/);
    const tested = await ark.ok("backup-location", "test", "prod");
    assert.match(tested, /signed URLs +yes/);
  });

  it("leaves nothing behind when a backup is deleted", async () => {
    await ark.ok("backup", "delete", "b", "--confirm");
    const listed = JSON.parse(await ark.ok("backup", "get", "-o", "json")) as {
      items: unknown[];
      interrupted: unknown[];
    };
    assert.deepEqual([listed.items, listed.interrupted], [[], []]);
  });
});
