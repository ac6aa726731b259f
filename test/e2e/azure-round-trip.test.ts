import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { type Ark, createArk } from "../support/ark.ts";
import { type HttpFront, type SeenRequest, startHttpFront } from "../support/http-front.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import { sharedControlPlane, uniqueNamespace, whyNoTestbed } from "../support/shared-testbed.ts";
import { type Azurite, startAzurite } from "../testbed/azurite.ts";
import { fillBulk } from "../testbed/fill/bulk.ts";

/** About 26 MiB compressed: the third block waits for the checkpoint of the first. */
const objects = 1_800;
const sizeBytes = 20_480;
const container = "backups";

describe("the command with a location in Azure", { skip: await whyNoTestbed() }, () => {
  const prefix = uniqueNamespace("az");
  const namespace = `${prefix}-0`;
  let client: KubeClient;
  let azurite: Azurite;
  let front: HttpFront;
  let ark: Ark;

  before(async () => {
    const plane = await sharedControlPlane();
    azurite = await startAzurite();
    await azurite.createContainer(container);
    front = await startHttpFront(new URL(azurite.endpoint).origin);
    ark = createArk(plane.kubeconfig, azurite.env);
    const endpoint = `${front.endpoint}/${azurite.account}`;
    const place = `azblob://${container}/deep/prefix?storageAccount=${azurite.account}`;
    const config = `storageAccountURI=${endpoint}`;
    await ark.ok("backup-location", "set", "prod", place, "--config", config, "--default");
    client = connectKube(plane.kubeconfig);
    await fillBulk(client, { objects, sizeBytes, namespaces: 1, kind: "secrets", prefix });
  });
  after(async () => {
    await client?.demand("DELETE", `/api/v1/namespaces/${namespace}`);
    await client?.close();
    await front?.close();
    await azurite?.stop();
    ark?.remove();
  });
  afterEach(() => {
    front.spoil = () => "pass";
  });

  const create = ["backup", "create", "b", "--include-namespaces", namespace];

  /** The names of the blocks that were sent, of parts and not of the upload's beginning. */
  const blocksSince = (start: number): readonly string[] =>
    front.seen
      .slice(start)
      .filter(({ method, url }) => method === "PUT" && /b\.tar\.gz\?comp=block&/.test(url))
      .map(({ url }) => new URL(url, "http://front").searchParams.get("blockid") ?? "")
      .filter((name) => numberOf(name) !== 0);
  const numberOf = (name: string): number => Buffer.from(name, "base64").readUInt32BE(16);

  it("tells what the location can do", async () => {
    const told = await ark.ok("backup-location", "test", "prod");
    for (const line of [
      /reach +yes/,
      /credentials +yes/,
      /conditional put +yes/,
      /signed URLs +yes/,
    ]) {
      assert.match(told, line);
    }
    assert.match(told, /private +yes +a GET without credentials is answered 40[349]/);
  });

  it("goes on with the blocks of a process that was killed, and sends none of them again", async () => {
    let pid = 0;
    let isHit = false;
    // The first checkpoint, with the first block in it, has been answered then.
    const isSecond = ({ method, url }: SeenRequest): boolean =>
      method === "PUT" && /\/metadata\/ark-ts\/runs\/[^/]+\/2$/.test(url);
    front.spoil = (request) => {
      if (isHit || !isSecond(request)) return isHit ? "hang" : "pass";
      isHit = true;
      process.kill(pid, "SIGKILL");
      return "hang";
    };
    const killed = await ark.runWith(
      {
        onPid: (started) => {
          pid = started;
        },
      },
      ...create,
    );
    assert.ok(isHit, "the failpoint was never reached");
    assert.equal(killed.status, -1, "the process was not killed");
    front.spoil = () => "pass";
    const [first = "none"] = blocksSince(0).filter((name) => numberOf(name) === 1);
    assert.equal(await sizeOfArchive(), undefined);
    const restart = front.seen.length;
    const again = await ark.run(...create);
    assert.equal(again.status, 0, again.stdout + again.stderr);
    const second = blocksSince(restart);
    assert.ok(!second.includes(first), "the first block was sent again");
    const committed = await blocksOfArchive();
    assert.match(again.stdout, /continued from a process that died/);
    assert.equal(committed[0], first, "the first block is not the killed process's");
    const marks = committed.map((name) =>
      Buffer.from(name, "base64").subarray(0, 16).toString("hex"),
    );
    assert.equal(new Set(marks).size, 1);
    const verified = await ark.ok("backup", "verify", "b", "-o", "json");
    assert.equal((JSON.parse(verified) as { ok: boolean }).ok, true);
  });

  const archive = () =>
    azurite.service
      .getContainerClient(container)
      .getBlockBlobClient("deep/prefix/backups/b/b.tar.gz");

  async function sizeOfArchive(): Promise<number | undefined> {
    return (await archive().exists()) ? (await archive().getProperties()).contentLength : undefined;
  }

  async function blocksOfArchive(): Promise<readonly string[]> {
    const { committedBlocks = [] } = await archive().getBlockList("committed");
    return committedBlocks.map(({ name }) => name);
  }

  it("restores every object into another namespace, bytes as they were", async () => {
    const target = `${namespace}-copy`;
    try {
      const mapping = ["--namespace-mappings", `${namespace}:${target}`];
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
      const [before, restoredSecrets] = [await read(namespace), await read(target)];
      assert.equal(before.size, objects);
      assert.deepEqual(restoredSecrets, before);
    } finally {
      await client.send("DELETE", `/api/v1/namespaces/${target}`);
    }
  });

  it("leaves nothing behind when backup and restore are deleted", async () => {
    await ark.ok("backup", "delete", "b", "--confirm");
    const listed = JSON.parse(await ark.ok("backup", "get", "-o", "json")) as {
      items: unknown[];
      interrupted: unknown[];
    };
    assert.deepEqual([listed.items, listed.interrupted], [[], []]);
    assert.equal(await sizeOfArchive(), undefined);
  });
});
