import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Ark, createArk } from "../support/ark.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import { sharedControlPlane, whyNoTestbed } from "../support/shared-testbed.ts";
import { fillMixed } from "../testbed/fill/mixed.ts";

const prefix = "planned";
const namespace = `${prefix}-app`;
/** Made by controllers all the time, in two groups. */
const events = "events,events.events.k8s.io";

interface Plan {
  readonly totals: { readonly objects: number; readonly bytes: number };
  readonly kinds: readonly { readonly resource: string; readonly count: number }[];
  readonly volumes: readonly unknown[];
}

describe("ark-ts backup plan on a real API server", { skip: await whyNoTestbed() }, () => {
  let client: KubeClient;
  let ark: Ark;

  before(async () => {
    const { kubeconfig } = await sharedControlPlane();
    client = connectKube(kubeconfig);
    ark = createArk(kubeconfig);
    await fillMixed(client, prefix);
  });
  after(async () => {
    ark?.remove();
    await client?.close();
  });

  it("counts what a backup by the plan then takes, to the object", async () => {
    const file = join(ark.home, "plan.json");
    const flags = ["--include-namespaces", namespace, "--exclude-resources", events];
    await ark.ok("backup", "plan", "whole", ...flags, "-o", file);
    const plan = JSON.parse(readFileSync(file, "utf8")) as Plan;
    assert.ok(plan.totals.objects > 20, `${plan.totals.objects} objects`);
    const made = await ark.run("backup", "create", "whole", "--plan", file);
    assert.match(made.stderr, /since the plan of \S+: nothing changed/);
    const described = JSON.parse(await ark.ok("backup", "describe", "whole", "-o", "json"));
    const kinds = described.manifest.kinds as Plan["kinds"];
    const counts = (list: Plan["kinds"]) =>
      new Map(list.filter(({ count }) => count > 0).map((kind) => [kind.resource, kind.count]));
    assert.deepEqual(counts(kinds), counts(plan.kinds));
    assert.deepEqual(described.volumes ?? [], plan.volumes);
    const objects = JSON.parse(await ark.ok("backup", "ls", "whole", "-o", "json")).objects as {
      readonly name: string;
    }[];
    assert.equal(objects.length, plan.totals.objects);
  });
});
