/** The storage is kept, and the cluster is another one: new control plane, new CA, new node. */
import assert from "node:assert/strict";
import { cpSync, readdirSync, readFileSync } from "node:fs";
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
import { type RunningNode, startNode } from "../testbed/node/node.ts";

const standalone = ["--mode", "standalone"] as const;

describe("a second cluster that has the storage", { skip: await whyNoSharedNode() }, () => {
  const namespace = uniqueNamespace("moved");
  let first: NodeAccess;
  let second: RunningNode;
  let ark: Ark;
  let there: Ark;

  before(async () => {
    first = await sharedNode();
    second = await startNode({ slot: 1, csi: true });
    ark = createArk(first.controlPlane.kubeconfig);
    // The same location, and the kubeconfig of the other cluster.
    there = createArk(second.controlPlane.kubeconfig, {
      HOME: ark.home,
      XDG_DATA_HOME: join(ark.home, "data"),
    });
  });
  after(async () => {
    await first?.kubectl("delete", "namespace", namespace, "--wait=false", "--ignore-not-found");
    await second?.stop();
    ark?.remove();
    there?.remove();
  });

  const hashes = async (node: NodeAccess): Promise<string> => {
    await node.kubectl(
      "wait",
      "--for=condition=Ready",
      "pod/db",
      "-n",
      namespace,
      "--timeout=240s",
    );
    const script = "cd /data && find . -type f | sort | xargs sha256sum";
    return await node.kubectl("exec", "-n", namespace, "db", "--", "sh", "-c", script);
  };
  /** Ids by which a node's driver knows the snapshots of a volume. */
  const storedSnapshots = (node: NodeAccess, volume: string): string[] => {
    const folder = join(csiDataFolder(node), "snapshots");
    const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
    const records = names.map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")));
    return records.filter(({ source }) => source === volume).map(({ id }) => id);
  };

  it("restores the same bytes, and deletes the snapshot with its backup", async () => {
    await first.kubectl("create", "namespace", namespace);
    for (const object of csiApplication(namespace)) await first.apply(object);
    await first.kubectl(
      "wait",
      "--for=condition=Ready",
      "pod/db",
      "-n",
      namespace,
      "--timeout=240s",
    );
    const write =
      "mkdir /data/deep && echo one >/data/one && head -c 3000000 /dev/urandom >/data/deep/two && sync";
    await first.kubectl("exec", "-n", namespace, "db", "--", "sh", "-c", write);
    const written = await hashes(first);
    const name = await first.kubectl(
      ...["get", "pvc", "data", "-n", namespace, "-o", "jsonpath={.spec.volumeName}"],
    );
    const volume = await first.kubectl(
      ...["get", "pv", name, "-o", "jsonpath={.spec.csi.volumeHandle}"],
    );
    await ark.ok("backup", "create", "moved", "--include-namespaces", namespace, ...standalone);

    const [id = ""] = storedSnapshots(first, volume);
    assert.notEqual(id, "");
    for (const file of [id, `${id}.json`]) {
      const [from, to] = [first, second].map((node) =>
        join(csiDataFolder(node), "snapshots", file),
      );
      cpSync(from as string, to as string, { recursive: true, preserveTimestamps: true });
    }
    assert.deepEqual(storedSnapshots(second, volume), [id]);

    const asked = JSON.parse(
      await there.ok("volume", "orphans", "--ask-drivers", "-o", "json", ...standalone),
    );
    assert.deepEqual(
      asked.drivers.notAsked.map(({ backup }: { backup: string }) => backup),
      ["moved"],
    );
    await there.ok("restore", "create", "here", "--from-backup", "moved", ...standalone);
    assert.equal(await hashes(second), written);

    const gone = await there.ok("backup", "delete", "moved", "--confirm", ...standalone);
    assert.match(gone, /and 1 CSI snapshot in the storage/);
    assert.deepEqual(storedSnapshots(second, volume), []);
  });
});
