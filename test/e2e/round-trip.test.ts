import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Ark, createArk } from "../support/ark.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import { compareWhenAlike, readAtRest } from "../support/oracle/await-state.ts";
import {
  type ClusterState,
  readClusterState,
  type StoredObject,
} from "../support/oracle/cluster-state.ts";
import { renderLeftOut } from "../support/oracle/compare-states.ts";
import { whyNoTestbed } from "../support/shared-testbed.ts";
import { wipe } from "../support/wipe.ts";
import { type ControlPlane, startControlPlane } from "../testbed/control-plane.ts";
import { fillMixed } from "../testbed/fill/mixed.ts";

const prefix = "trip";
const namespace = `${prefix}-app`;

/** Everything that the fill made, and what controllers made of it. */
const isFilled = (object: StoredObject): boolean =>
  object.namespace === namespace ||
  object.name.startsWith(prefix) ||
  object.name.includes(`${prefix}.example.io`) ||
  JSON.stringify(object.value["metadata"]).includes(`"fill":"${prefix}"`);

/** Kinds whose controllers write again and again while nothing runs. */
const selfChanging = /^(?:events|horizontalpodautoscalers)\b/;

describe("a cluster with one object of every kind", { skip: await whyNoTestbed() }, () => {
  let plane: ControlPlane;
  let client: KubeClient;
  let ark: Ark;
  let first: ClusterState;

  before(async () => {
    plane = await startControlPlane();
    client = connectKube(plane.kubeconfig);
    ark = createArk(plane.kubeconfig);
    await fillMixed(client, prefix);
    first = await readClusterState(client);
  });
  after(async () => {
    ark?.remove();
    await client?.close();
    await plane?.stop();
  });

  it("is backed up whole: every object the cluster held is in the backup, byte for byte", async () => {
    const output = await ark.ok("backup", "create", "whole");
    assert.match(output, /one revision/);
    const listed = (await ark.ok("backup", "ls", "whole", "-o", "json")).trim();
    const taken = new Set(
      (
        JSON.parse(listed) as { objects: { resource: string; namespace?: string; name: string }[] }
      ).objects.map((item) => `${item.resource} ${item.namespace ?? ""}/${item.name}`),
    );
    const missing = [...first.keys()].filter((key) => !taken.has(key) && !key.startsWith("events"));
    assert.deepEqual(missing, []);
    await ark.ok("backup", "verify", "whole");
  });

  it("comes back after everything was deleted, and differs only where the table says", async (t) => {
    const count = await wipe(client, first, isFilled);
    assert.ok(count > 60, `only ${count} objects were deleted`);
    const result = await ark.run("restore", "create", "back", "--from-backup", "whole");
    t.diagnostic(result.stdout);
    assert.equal(result.status, 0, result.stdout + result.stderr);
    const comparison = await compareWhenAlike(first, () => readClusterState(client));
    t.diagnostic(renderLeftOut(comparison));
    assert.deepEqual(comparison.differences, []);
  });

  it("comes back under another name of its namespace", async (t) => {
    const result = await ark.run(
      "restore",
      "create",
      "mapped",
      "--from-backup",
      "whole",
      "--include-namespaces",
      namespace,
      "--namespace-mappings",
      `${namespace}:${prefix}-copy`,
    );
    t.diagnostic(result.stdout);
    assert.equal(result.status, 0, result.stdout + result.stderr);
    const wanted = new Map([...first].filter(([, object]) => object.namespace === namespace));
    const mapping = { [namespace]: `${prefix}-copy` };
    const comparison = await compareWhenAlike(wanted, () => readClusterState(client), {
      namespaceMapping: mapping,
    });
    assert.deepEqual(comparison.differences, []);
  });

  it("is left alone when all of it is present and equal", async () => {
    const before = await readAtRest(client, {
      includes: ({ resource }) => !selfChanging.test(resource),
    });
    await ark.ok("restore", "create", "again", "--from-backup", "whole");
    const versions = (state: ClusterState): string[] =>
      [...state.values()]
        .filter((object) => isFilled(object) && !selfChanging.test(object.resource))
        .map(
          (object) =>
            `${object.resource} ${object.namespace}/${object.name} ${(object.value["metadata"] as { resourceVersion: string }).resourceVersion}`,
        )
        .sort();
    assert.deepEqual(versions(await readClusterState(client)), versions(before));
  });
});
