import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import type { Ark } from "../support/ark.ts";
import type { HttpFront, SeenRequest } from "../support/http-front.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import { untilFurnished } from "../support/new-namespace.ts";
import { createS3Ark } from "../support/s3-ark.ts";
import { sharedControlPlane, uniqueNamespace, whyNoTestbed } from "../support/shared-testbed.ts";
import { fillBulk } from "../testbed/fill/bulk.ts";

const objects = 200;
const sizeBytes = 2048;

interface Failpoint {
  readonly title: string;
  /** The request that the process does not survive; its answer never comes. */
  readonly at: (request: SeenRequest) => boolean;
}

const method = (request: SeenRequest, name: string, path: RegExp): boolean =>
  request.method === name && path.test(decodeURIComponent(request.url));

/** Few, for the command as it is typed; backup-kill-points.test.ts has all, and counts. */
const failpoints: readonly Failpoint[] = [
  { title: "the record of who writes", at: (r) => method(r, "PUT", /names\/b\/1/) },
  { title: "the manifest", at: (r) => method(r, "PUT", /ark-manifest\.json/) },
  { title: "the seal", at: (r) => method(r, "PUT", /velero-backup\.json/) },
];

describe("a backup whose process is killed", { skip: await whyNoTestbed() }, () => {
  const prefix = uniqueNamespace("kill");
  const namespace = `${prefix}-0`;
  let client: KubeClient;
  let front: HttpFront;
  let ark: Ark;
  let undisturbed: readonly string[];

  before(async () => {
    const plane = await sharedControlPlane();
    ({ ark, front } = await createS3Ark(plane.kubeconfig));
    client = connectKube(plane.kubeconfig);
    await fillBulk(client, { objects, sizeBytes, namespaces: 1, kind: "configmaps", prefix });
    await untilFurnished(client, namespace);
    await ark.ok(
      "backup",
      "create",
      "whole",
      "--include-namespaces",
      namespace,
      "--exclude-resources",
      "events",
    );
    undisturbed = await contents("whole");
  });
  after(async () => {
    await client?.demand("DELETE", `/api/v1/namespaces/${namespace}`);
    await client?.close();
    await front?.close();
    ark?.remove();
  });
  afterEach(async () => {
    front.spoil = () => "pass";
    await ark.ok("backup", "delete", "b", "--confirm");
  });

  async function contents(name: string): Promise<readonly string[]> {
    const { objects: listed } = JSON.parse(await ark.ok("backup", "ls", name, "-o", "json")) as {
      objects: { resource: string; namespace?: string; name: string; sha256: string }[];
    };
    return listed.map((one) => `${one.resource} ${one.namespace}/${one.name} ${one.sha256}`).sort();
  }

  const create = ["backup", "create", "b", "--include-namespaces"];
  const command = (): string[] => [...create, namespace, "--exclude-resources", "events"];

  async function killAt(failpoint: Failpoint): Promise<void> {
    let pid = 0;
    let hit = false;
    front.spoil = (request) => {
      if (hit || !failpoint.at(request)) return hit ? "hang" : "pass";
      hit = true;
      process.kill(pid, "SIGKILL");
      return "hang";
    };
    const killed = await ark.runWith(
      {
        onPid: (started) => {
          pid = started;
        },
      },
      ...command(),
    );
    assert.ok(hit, "the failpoint was never reached");
    assert.equal(killed.status, -1, "the process was not killed");
    front.spoil = () => "pass";
  }

  for (const failpoint of failpoints) {
    it(`at ${failpoint.title}: the same command goes on, and the result is that of an undisturbed run`, async () => {
      await killAt(failpoint);
      const again = await ark.run(...command());
      assert.equal(again.status, 0, again.stdout + again.stderr);
      assert.deepEqual(await contents("b"), undisturbed);
      await ark.ok("backup", "verify", "b");
      const left = JSON.parse(await ark.ok("backup", "get", "-o", "json")) as {
        interrupted: unknown[];
      };
      assert.deepEqual(left.interrupted, []);
    });
  }

  it("at the removal of its record: the backup exists, and the same command says so", async () => {
    await killAt({ title: "", at: (r) => method(r, "DELETE", /names\/b\//) });
    const again = await ark.run(...command());
    assert.equal(again.status, 1);
    assert.match(again.stderr, /ARK_NAME_TAKEN/);
    assert.deepEqual(await contents("b"), undisturbed);
  });

  it("is not continued by a command with other settings, and can be discarded", async () => {
    await killAt(failpoints[1]!);
    const other = await ark.run(...create, namespace);
    assert.equal(other.status, 1);
    assert.match(other.stderr, /begun with other settings/);
    assert.match(other.stderr, /excludedResources/);
    assert.match(await ark.ok("backup", "get"), /b +Interrupted/i);
    await ark.ok("backup", "discard", "b", "--confirm");
    await ark.ok(...command());
    assert.deepEqual(await contents("b"), undisturbed);
  });

  it("lets one of two commands that start at once run, and the other says who does", async () => {
    const both = await Promise.all([ark.run(...command()), ark.run(...command())]);
    const statuses = both.map(({ status }) => status).sort();
    assert.deepEqual(statuses, [0, 1], both.map(({ stderr }) => stderr).join());
    const loser = both.find(({ status }) => status === 1)!;
    assert.match(loser.stderr, /is being written by|exists already/);
    assert.deepEqual(await contents("b"), undisturbed);
  });
});
