import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Ark, createArk } from "../support/ark.ts";
import { csiApplication } from "../support/csi-application.ts";
import {
  csiDataFolder,
  type NodeAccess,
  sharedNode,
  whyNoSharedNode,
} from "../support/shared-node.ts";
import { uniqueNamespace } from "../support/shared-testbed.ts";
import { waitFor } from "../testbed/wait.ts";

const timeoutMs = 240_000;
const standalone = ["--mode", "standalone"] as const;

describe("the data of a CSI volume on a real node", { skip: await whyNoSharedNode() }, () => {
  const namespace = uniqueNamespace("csi");
  const copy = `${namespace}-copy`;
  let node: NodeAccess;
  let ark: Ark;

  before(async () => {
    node = await sharedNode();
    ark = createArk(node.controlPlane.kubeconfig);
  });
  after(async () => {
    for (const name of [namespace, copy]) {
      await node?.kubectl("delete", "namespace", name, "--wait=false", "--ignore-not-found");
    }
    ark?.remove();
  });

  const apply = async (...objects: readonly object[]): Promise<void> => {
    for (const object of objects) await node.apply(object);
  };
  const inPod = (where: string, script: string): Promise<string> =>
    node.kubectl("exec", "-n", where, "db", "--", "sh", "-c", script);
  const awaitReady = (where: string): Promise<string> =>
    node.kubectl("wait", "--for=condition=Ready", "pod/db", "-n", where, "--timeout=240s");
  const hashes = (where: string): Promise<string> =>
    inPod(where, "cd /data && find . -type f | sort | xargs sha256sum");
  /** Ids by which the driver knows the snapshots of a volume. */
  const storedSnapshots = (volume: string): string[] => {
    const folder = join(csiDataFolder(node), "snapshots");
    const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
    const records = names.map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")));
    return records.filter(({ source }) => source === volume).map(({ id }) => id);
  };
  const snapshotsLeft = async (): Promise<string> =>
    node.kubectl(
      "get",
      "volumesnapshots",
      "-n",
      namespace,
      "-o",
      "name",
      "-l",
      "velero.io/backup-name",
    );

  it("comes back with the same bytes after its namespace was deleted, and in another one", async () => {
    const [claim, pod] = csiApplication(namespace, {
      "pre.hook.backup.velero.io/command": '["sh","-c","touch /data/frozen"]',
      "post.hook.backup.velero.io/command": '["sh","-c","rm /data/frozen; echo more >/data/later"]',
    });
    await node.kubectl("create", "namespace", namespace);
    await apply(claim, pod);
    await awaitReady(namespace);
    await inPod(
      namespace,
      "mkdir /data/deep && echo one >/data/one && head -c 3000000 /dev/urandom >/data/deep/two && touch /data/frozen && sync",
    );
    const written = await hashes(namespace);

    const name = await node.kubectl(
      ...["get", "pvc", "data", "-n", namespace, "-o", "jsonpath={.spec.volumeName}"],
    );
    const volume = await node.kubectl(
      ...["get", "pv", name, "-o", "jsonpath={.spec.csi.volumeHandle}"],
    );
    const report = await ark.ok(
      ...["backup", "create", "whole", "--include-namespaces", namespace, ...standalone],
    );
    assert.match(report, /completed/i);
    const volumes = JSON.parse(
      await ark.ok("backup", "describe", "whole", "-o", "json", ...standalone),
    );
    assert.ok(JSON.stringify(volumes).includes("csi-snapshot"), "the report names the snapshot");
    assert.equal(await snapshotsLeft(), "", "a backup leaves no VolumeSnapshot behind");
    await ark.ok("backup", "verify", "whole", ...standalone);

    await node.kubectl("delete", "namespace", namespace, "--timeout=240s");
    await waitFor(
      "the volume to go",
      async () => !(await node.kubectl("get", "pv")).includes(`${namespace}/data`),
      { timeoutMs },
    );
    await ark.ok("restore", "create", "back", "--from-backup", "whole", ...standalone);
    await awaitReady(namespace);
    assert.equal(await hashes(namespace), written);

    const mapping = `${namespace}:${copy}`;
    await ark.ok(
      ...["restore", "create", "copied", "--from-backup", "whole", ...standalone],
      ...["--namespace-mappings", mapping],
    );
    await awaitReady(copy);
    assert.equal(await hashes(copy), written);

    const [id] = storedSnapshots(volume);
    assert.ok(id !== undefined, "the storage keeps the snapshot");
    const gone = await ark.ok("backup", "delete", "whole", "--confirm", ...standalone);
    assert.match(gone, /and 1 CSI snapshot in the storage/);
    assert.ok(!storedSnapshots(volume).includes(id), "the storage has deleted it");
    const contents = await node.kubectl("get", "volumesnapshotcontents", "-o", "name");
    assert.doesNotMatch(contents, /ark-delete-/);
  });
});
