import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Ark, createArk } from "../support/ark.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import { createNamespace } from "../support/new-namespace.ts";
import { sharedControlPlane, uniqueNamespace, whyNoTestbed } from "../support/shared-testbed.ts";

const namespace = uniqueNamespace("rplan");
const path = `/api/v1/namespaces/${namespace}/configmaps`;

describe("ark-ts restore plan on a real API server", { skip: await whyNoTestbed() }, () => {
  let client: KubeClient;
  let ark: Ark;
  const flags = ["--from-backup", "b", "--existing-resource-policy", "update"];

  const put = async (name: string, mode: string): Promise<void> => {
    const body = JSON.stringify({ metadata: { name }, data: { mode } });
    if ((await client.get(`${path}/${name}`)) !== undefined) {
      await client.demand("DELETE", `${path}/${name}`);
    }
    await client.demand("POST", path, body);
  };
  const modeOf = async (name: string): Promise<unknown> => {
    const bytes = await client.get(`${path}/${name}`);
    return bytes && JSON.parse(bytes.toString()).data.mode;
  };

  before(async () => {
    const { kubeconfig } = await sharedControlPlane();
    client = connectKube(kubeconfig);
    ark = createArk(kubeconfig);
    await createNamespace(client, namespace);
    await put("settings", "blue");
    await put("kept", "blue");
    const what = ["--include-namespaces", namespace, "--include-resources", "configmaps"];
    await ark.ok("backup", "create", "b", ...what);
    await put("settings", "green");
  });
  after(async () => {
    await client?.demand("DELETE", `/api/v1/namespaces/${namespace}`).catch(() => {});
    ark?.remove();
    await client?.close();
  });

  it("shows the fields that would change, is kept under its id, and is run by it", async () => {
    const text = await ark.ok("restore", "plan", ...flags);
    assert.match(text, /patch +ConfigMap \S+\/settings/);
    assert.match(text, /data\.mode: +"green" -> "blue"/);
    const id = /--plan (\w+)\n/.exec(text)?.[1] ?? "";
    assert.equal(await modeOf("settings"), "green", "a plan writes nothing");
    const waits = ["--wait-for-ready", "--wait-limits", "namespace-terminating=1m"];
    const told = await ark.ok("restore", "create", "r1", "--plan", id, "--strict", ...waits);
    assert.match(told, /workloads: \d+ of \d+ ready/);
    assert.equal(await modeOf("settings"), "blue");
  });

  it("refuses what has drifted by name and goes on with --allow-drift; JSON and YAML alike", async () => {
    await put("settings", "green");
    const yaml = join(ark.home, "plan.yaml");
    const json = join(ark.home, "plan.json");
    await ark.ok("restore", "plan", ...flags, "-o", yaml);
    await ark.ok("restore", "plan", ...flags, "-o", json);
    const plan = JSON.parse(readFileSync(json, "utf8"));
    assert.deepEqual([plan.kind, plan.totals.patch], ["RestorePlan", 1]);
    await put("settings", "red");
    for (const file of [yaml, json]) {
      const refused = await ark.run("restore", "create", "r2", "--plan", file);
      assert.equal(refused.status, 1);
      assert.match(refused.stderr, /ARK_PLAN_DRIFTED/);
      assert.match(refused.stderr, /ConfigMap "\S+\/settings": it was deleted and made again/);
    }
    assert.equal(await modeOf("settings"), "red");
    const gone = await ark.run("restore", "create", "r2", "--plan", yaml, "--allow-drift");
    assert.match(gone.stdout, /since the plan, ConfigMap/);
    assert.equal(await modeOf("settings"), "blue");
  });

  it("takes a plan that was laid out anew, and refuses one that was edited", async () => {
    const json = join(ark.home, "again.json");
    await ark.ok("restore", "plan", ...flags, "-o", json);
    const plan = JSON.parse(readFileSync(json, "utf8"));
    const anew = join(ark.home, "anew.json");
    writeFileSync(anew, JSON.stringify(plan));
    await ark.ok("restore", "create", "r3", "--plan", anew);
    plan.restore.spec.existingResourcePolicy = "none";
    writeFileSync(anew, JSON.stringify(plan));
    const refused = await ark.run("restore", "create", "r4", "--plan", anew);
    assert.equal(refused.status, 2);
    assert.match(refused.stderr, /it was changed after it was made/);
  });
});
