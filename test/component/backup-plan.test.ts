import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { createApiServer } from "../support/api-server/api-server.ts";
import type { Json, JsonObject } from "../support/api-server/json.ts";
import type { Listener } from "../support/api-server/listen.ts";
import { freshHome } from "../unit/cli/fresh-home.ts";
import { fillShopWithVolumes, kubeconfigFor } from "./shop-with-volumes.ts";

const golden = `plan nightly: 8 objects, SIZE before compression; nothing was written
  objects   4 kinds with objects; KINDS listed
  cut       resourceVersion RV
  volumes   4 volumes: 3 NOT PROTECTED, 1 left out
            claim shop/cache: there is no volume snapshot location (snapshot by a volume snapshotter: snapshots are taken where nothing else is said)
            claim shop/data: the cluster does not serve snapshot.storage.k8s.io/v1 (CSI snapshot: snapshots are taken where nothing else is said)
            volume logs of pod shop/web: backup.velero.io/backup-volumes of pod shop/web does not name logs
  hooks     3 hooks in 2 pods
            block 1 pre shop/db container main: freeze /data   (annotation, 30 s, on error Fail)
            block 1 post shop/db container main: thaw /data   (annotation, 5.0 s, on error Continue)
            block 2 pre shop/lost container mian: WILL NOT RUN, the pod has no container "mian", only main
`;

describe("ark-ts backup plan", () => {
  const { run, store } = freshHome();
  const folder = mkdtempSync(join(tmpdir(), "ark-plan-"));
  const kubeconfig = join(folder, "kubeconfig");
  const executed: string[] = [];
  const server = createApiServer({
    async containers({ pod }, session) {
      executed.push(pod);
      return session.exit(0);
    },
  });
  const addPod = (name: string, annotations: Json, more: JsonObject = {}): void =>
    void server.seed({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, namespace: "shop", annotations },
      spec: { containers: [{ name: "main", ...more }] },
      status: { phase: "Running" },
    });
  const hook = (phase: string, fields: Readonly<Record<string, string>>) =>
    Object.fromEntries(
      Object.entries(fields).map(([key, value]) => [
        `${phase}.hook.backup.velero.io/${key}`,
        value,
      ]),
    );
  let listener: Listener;
  before(async () => {
    fillShopWithVolumes(server);
    const pre = hook("pre", { command: '["freeze","/data"]', "on-error": "Fail" });
    addPod("db", {
      ...pre,
      ...hook("post", { command: '["thaw","/data"]', timeout: "5s", "on-error": "Continue" }),
    });
    const env = [
      { name: "A", valueFrom: { secretKeyRef: { name: "gone", key: "a" } } },
      { name: "B", valueFrom: { secretKeyRef: { name: "maybe", key: "b", optional: true } } },
    ];
    addPod("lost", hook("pre", { command: '["x"]', container: "mian" }), { env });
    listener = await server.listen();
    writeFileSync(kubeconfig, kubeconfigFor(listener.url));
  });
  after(async () => {
    await listener.close();
    rmSync(folder, { recursive: true });
  });
  const ark = (...words: readonly string[]) => run("backup", ...words, "--kubeconfig", kubeconfig);
  const shop = ["--include-namespaces", "shop"];
  const saved = join(folder, "plan.json");

  it("tells what would be taken and done, and does nothing of it", async () => {
    const { status, out } = await ark("plan", "nightly", ...shop);
    assert.equal(status, 3, "a backup would be partially failed: a hook cannot run");
    const text = out
      .replace(/objects, [\d.]+ K?i?B before/, "objects, SIZE before")
      .replace(/\d+ kinds listed/, "KINDS listed")
      .replace(/resourceVersion \d+/, "resourceVersion RV");
    assert.equal(text.slice(0, golden.length), golden);
    assert.match(
      out,
      /warning +secrets shop\/gone does not exist, and Pod shop\/lost refers to it/,
    );
    assert.match(out, /error +pod shop\/lost: a pre hook cannot run: .*"mian"/);
    assert.doesNotMatch(out, /maybe|ARK_VOLUME_UNPROTECTED/);
    assert.match(out, /\npods +shop +3 +\S+ \S+\n/);
    assert.deepEqual(executed, []);
    assert.deepEqual(await keysOf(store), []);
  });

  it("says how to do it: saved first, and where that was done without", async () => {
    const first = await ark("plan", "nightly", ...shop);
    const create = `ark-ts backup create --kubeconfig ${kubeconfig} nightly`;
    const save = `to do exactly this: save it with -o plan.json, then ${create}`;
    assert.ok(first.out.endsWith(`\n${save} --plan plan.json\n`), first.out);
    const file = join(folder, "my plan.json");
    const { out } = await ark("plan", "nightly", ...shop, "-o", file);
    assert.ok(out.endsWith(`\nto do exactly this: ${create} --plan '${file}'\n`), out);
  });

  it("is stable as JSON, and has what it says as text", async () => {
    const { out } = await ark("plan", "nightly", ...shop, "-o", "json");
    const plan = JSON.parse(out);
    assert.deepEqual(Object.keys(plan), [
      ...["apiVersion", "kind", "metadata", "plannedAt", "engineVersion", "planSha256", "cluster"],
      ...["backup", "totals", "cuts", "kinds", "leftOut", "volumes", "hooks", "findings"],
    ]);
    const pods = plan.kinds.find(({ resource }: { resource: string }) => resource === "pods");
    assert.deepEqual([pods.count, pods.version, pods.namespaces.length], [3, "v1", 1]);
    assert.equal(pods.bytes, pods.namespaces[0].bytes);
    assert.ok(pods.bytes > 300);
    assert.deepEqual(plan.findings.map(({ code }: { code: string }) => code).sort(), [
      "ARK_HOOK_INVALID",
      "ARK_REFERENCE_DANGLING",
      "ARK_VOLUME_UNKNOWN",
      "ARK_VOLUME_UNPROTECTED",
    ]);
  });

  it("names the missing class and certificate of an ingress", async () => {
    server.seed({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "edge" },
      status: { phase: "Active" },
    });
    server.seed({
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: { name: "web", namespace: "edge" },
      spec: { ingressClassName: "nginx", tls: [{ secretName: "web-tls" }] },
    });
    const { out } = await ark("plan", "nightly", "--include-namespaces", "edge");
    assert.match(
      out,
      /ingressclasses\.networking\.k8s\.io nginx does not exist, and Ingress edge\/web/,
    );
    assert.match(out, /secrets edge\/web-tls does not exist, and Ingress edge\/web/);
  });

  it("ends with 3 where the backup would be partially failed, and refuses a typing error", async () => {
    assert.equal((await ark("plan", "nightly", ...shop, "--require-coverage")).status, 3);
    const typo = await ark("plan", "nightly", "--include-resources", "podz");
    assert.equal(typo.status, 2);
    assert.match(typo.err, /podz/);
    const output = await ark("plan", "nightly", "-o", "wide");
    assert.equal(output.status, 2);
    assert.match(output.err, /none of table, json, yaml, and no file/);
  });

  it("is saved, and a backup by it takes the same and says that nothing changed", async () => {
    const policies = join(folder, "p.yaml");
    const rule = { conditions: { volumeTypes: ["hostPath"] }, action: { type: "skip" } };
    writeFileSync(policies, JSON.stringify({ version: "v1", volumePolicies: [rule] }));
    const flags = ["--resource-policies-file", policies, "--exclude-resources", "events"];
    const planned = await ark("plan", "nightly", ...shop, ...flags, "--labels", "a=b", "-o", saved);
    assert.equal(planned.status, 3, planned.err);
    assert.match(planned.err, /the plan is saved in /);
    rmSync(policies);
    const plan = JSON.parse(readFileSync(saved, "utf8"));
    const made = await ark("create", "by-plan", "--plan", saved);
    assert.doesNotMatch(made.out, /volume logs/, "the policy of the plan was not applied");
    assert.match(made.out, new RegExp(`\\n  objects   ${plan.totals.objects} in `));
    const { out } = await ark("describe", "by-plan", "-o", "json");
    const backup = JSON.parse(out);
    assert.deepEqual(backup.spec.excludedResources, ["events"]);
    assert.equal(backup.metadata.labels.a, "b");
    assert.deepEqual(backup.volumes, plan.volumes);
    assert.match(made.err, /since the plan of \S+:\n {2}new (?:error|warning): .*hook/);
    assert.doesNotMatch(made.err, /planned/);
  });

  it("names kinds that have more or fewer objects than planned", async () => {
    addPod("late", {});
    server.seed({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "new", namespace: "shop" },
    });
    const { err } = await ark("create", "later", "--plan", saved);
    assert.match(err, /\n {2}configmaps: 1, planned 0\n {2}pods: 4, planned 3\n/);
  });

  it("goes with no flag that says something else", async () => {
    const { status, err } = await ark(
      "create",
      "x",
      "--plan",
      saved,
      "--include-resources",
      "pods",
    );
    assert.equal(status, 2);
    assert.match(err, /--include-resources and --plan cannot be used together/);
    writeFileSync(join(folder, "other.json"), "{}");
    const other = await ark("create", "x", "--plan", join(folder, "other.json"));
    assert.equal(other.status, 2);
    assert.match(other.err, /is no plan of ark-ts: it names no kind/);
  });
});

async function keysOf(store: ReturnType<typeof freshHome>["store"]): Promise<readonly string[]> {
  const keys: string[] = [];
  const { signal } = new AbortController();
  for await (const { key } of store.list("", { signal })) keys.push(key);
  return keys;
}
