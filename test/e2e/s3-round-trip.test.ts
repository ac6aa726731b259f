import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Ark } from "../support/ark.ts";
import type { HttpFront, Spoil } from "../support/http-front.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import { createS3Ark } from "../support/s3-ark.ts";
import { sharedControlPlane, uniqueNamespace, whyNoTestbed } from "../support/shared-testbed.ts";
import { fillBulk } from "../testbed/fill/bulk.ts";

/** About 10 MiB compressed: two parts of a multipart upload. */
const objects = 700;
const sizeBytes = 20_480;

describe("the command with a location in S3", { skip: await whyNoTestbed() }, () => {
  const prefix = uniqueNamespace("s3");
  const namespace = `${prefix}-0`;
  let client: KubeClient;
  let ark: Ark;
  let front: HttpFront;

  before(async () => {
    const plane = await sharedControlPlane();
    ({ ark, front } = await createS3Ark(plane.kubeconfig, "deep/prefix"));
    client = connectKube(plane.kubeconfig);
    await fillBulk(client, { objects, sizeBytes, namespaces: 1, kind: "secrets", prefix });
  });
  after(async () => {
    await client?.demand("DELETE", `/api/v1/namespaces/${namespace}`);
    await client?.close();
    await front?.close();
    ark?.remove();
  });

  it("backs up in parts and verifies, while answers of the store are lost and cut", async () => {
    let count = 0;
    front.spoil = ({ method }): Spoil => {
      count++;
      if (count % 9 === 4) return "drop";
      return method === "GET" && count % 11 === 5 ? "cut" : "pass";
    };
    const made = await ark.run("backup", "create", "b", "--include-namespaces", namespace);
    assert.equal(made.status, 0, made.stdout + made.stderr);
    const parts = front.seen.filter(({ url }) => url.includes("partNumber="));
    assert.ok(new Set(parts.map(({ url }) => /partNumber=(\d+)/.exec(url)?.[1])).size >= 2);
    front.spoil = () => "pass";
    const verified = await ark.ok("backup", "verify", "b", "-o", "json");
    assert.equal((JSON.parse(verified) as { ok: boolean }).ok, true);
    assert.match(await ark.ok("backup", "get"), /b +Completed/);
  });

  it("restores every object into another namespace, bytes as they were", async () => {
    const target = `${namespace}-copy`;
    try {
      const restored = await ark.run(
        "restore",
        "create",
        "r",
        "--from-backup",
        "b",
        "--namespace-mappings",
        `${namespace}:${target}`,
      );
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

  it("leaves nothing behind when a backup is deleted", async () => {
    await ark.ok("backup", "delete", "b", "--confirm");
    const listed = JSON.parse(await ark.ok("backup", "get", "-o", "json")) as {
      items: unknown[];
      interrupted: unknown[];
    };
    assert.deepEqual([listed.items, listed.interrupted], [[], []]);
  });
});
