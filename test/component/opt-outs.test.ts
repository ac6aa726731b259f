import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { createApiServer } from "../support/api-server/api-server.ts";
import type { Listener } from "../support/api-server/listen.ts";
import { freshHome } from "../unit/cli/fresh-home.ts";
import { kubeconfigFor } from "./shop-with-volumes.ts";

const label = "velero.io/exclude-from-backup";

describe("the label that leaves objects out of a backup", () => {
  const { run } = freshHome();
  const folder = mkdtempSync(join(tmpdir(), "ark-opt-outs-"));
  const kubeconfig = join(folder, "kubeconfig");
  const server = createApiServer();
  const add = (kind: string, place: string, value?: string): void => {
    const [name, namespace] = place.split("/").reverse() as [string, string?];
    const where = namespace === undefined ? {} : { namespace };
    const labels = value === undefined ? {} : { [label]: value };
    const status = kind === "Namespace" ? { status: { phase: "Active" } } : {};
    server.seed({ apiVersion: "v1", kind, metadata: { name, ...where, labels }, ...status });
  };
  let listener: Listener;
  before(async () => {
    add("Namespace", "shop");
    add("Namespace", "ci", "true");
    add("Namespace", "lab", "True");
    add("ConfigMap", "ci/whatever");
    add("ConfigMap", "shop/kept");
    add("ConfigMap", "shop/told", "false");
    add("ConfigMap", "shop/out", "true");
    for (let at = 0; at < 6; at += 1) add("Secret", `lab/s${at}`, "yes");
    listener = await server.listen();
    writeFileSync(kubeconfig, kubeconfigFor(listener.url));
  });
  after(async () => {
    await listener.close();
    rmSync(folder, { recursive: true });
  });
  const ark = (...words: readonly string[]) => run("backup", ...words, "--kubeconfig", kubeconfig);
  const leftOut =
    / left out +namespace ci and 1 other object, by label velero\.io\/exclude-from-backup=true\n/;

  it("is counted in a plan", async () => {
    assert.match((await ark("plan", "b")).out, leftOut);
    const plan = JSON.parse((await ark("plan", "b", "-o", "json")).out);
    assert.deepEqual(plan.optedOut, { objects: 1, namespaces: ["ci"] });
  });

  it("is counted in the report of a backup, and not for what was not asked for", async () => {
    assert.match((await ark("create", "whole")).out, leftOut);
    const one = await ark("create", "one", "--include-namespaces", "shop");
    assert.match(one.out, / left out +1 object, by label/);
    const none = await ark("create", "none", "--include-namespaces", "lab");
    assert.doesNotMatch(none.out, /left out/);
  });

  it("is told where it is written so that it says nothing", async () => {
    const { out } = await ark("create", "mis");
    assert.match(
      out,
      /warning +the label velero\.io\/exclude-from-backup leaves an object out only when it is "true", so these are in this backup: (?:(?:secrets lab\/s\d \("yes"\)|namespaces lab \("True"\)), ){4}(?:secrets lab\/s\d \("yes"\)|namespaces lab \("True"\)) and 2 more/,
    );
    const shop = await ark("create", "fine", "--include-namespaces", "shop");
    assert.doesNotMatch(shop.out, /warning/);
  });
});
