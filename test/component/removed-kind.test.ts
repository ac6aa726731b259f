/** Kinds whose definition or service goes away between discovery and their LIST. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { connectCluster } from "../../src/adapters/kube/connect-cluster.ts";
import type { BackupSpec } from "../../src/api/backup.ts";
import { groupResource } from "../../src/api/resource-kind.ts";
import { runBackup } from "../../src/backup/run-backup.ts";
import type { Cluster, Discovery } from "../../src/ports/cluster.ts";
import { createApiServer } from "../support/api-server/api-server.ts";
import type { JsonObject } from "../support/api-server/json.ts";
import { definitionOf } from "../support/definition.ts";
import { createMemoryStore } from "../support/memory-store.ts";
import { plainAccess } from "../support/plain-access.ts";
import { backupRequest, readEntries, silentLog } from "../support/take-backup.ts";
import { createVirtualClock } from "../support/virtual-clock.ts";

const widgets = "widgets.demo.example";
const signal = new AbortController().signal;

/** Calls `before` right before the kind itself is listed, once. */
function beforeList(cluster: Cluster, before: () => Promise<void>): Cluster {
  let isDone = false;
  return {
    ...cluster,
    async list(request, options) {
      const isIt = groupResource(request.kind) === widgets && request.limit !== 1;
      if (isIt && !isDone) {
        isDone = true;
        await before();
      }
      return await cluster.list(request, options);
    },
  };
}

function createWorld(spec: BackupSpec = {}, versions: readonly string[] = ["v1"]) {
  const clock = createVirtualClock({ jump: true });
  const server = createApiServer({ clock });
  const cluster = connectCluster(plainAccess(server.dispatcher()), clock);
  const store = createMemoryStore();
  const status = { phase: "Active" };
  server.seed({ apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" }, status });
  server.seed({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace: "shop" } });
  server.seed(definitionOf(widgets, "Widget", { versions }) as unknown as JsonObject);
  const metadata = { name: "w", namespace: "shop" };
  server.seed({ apiVersion: "demo.example/v1", kind: "Widget", metadata });
  const removeDefinition = async (): Promise<void> => {
    const kinds = server.catalog.kinds();
    const kind = kinds.find((one) => one.kind === "CustomResourceDefinition")!;
    const ref = { kind: { ...kind, preferred: true }, namespace: "", name: widgets };
    await cluster.remove(ref as never, { signal });
  };
  const take = (of: Cluster) =>
    runBackup(
      backupRequest("b", spec),
      { cluster: of, store, clock, log: silentLog, liveness: () => "gone" },
      signal,
    );
  return { cluster, store, take, removeDefinition };
}

const found = ({ findings }: Awaited<ReturnType<typeof runBackup>>) =>
  findings.map(({ severity, code, resource }) => [severity, code, resource]);

describe("a kind that is removed while a backup runs", () => {
  it("is told as removed, and the backup is whole without it", async () => {
    const { cluster, store, take, removeDefinition } = createWorld();
    const report = await take(beforeList(cluster, removeDefinition));
    assert.deepEqual(found(report), [["warning", "ARK_KIND_REMOVED", widgets]]);
    assert.match(report.findings[0]!.message, /was removed while the backup ran/);
    assert.equal(report.backup.status.phase, "Completed");
    const names = [...(await readEntries(store, "b")).keys()].map((key) => key.replace(" /", " "));
    assert.ok(names.includes("configmaps shop/a"), names.join(", "));
    assert.ok(!names.includes(`${widgets} shop/w`), names.join(", "));
  });

  it("is told as removed where its discovery lags behind", async () => {
    const { cluster, take, removeDefinition } = createWorld();
    const stale: Discovery[] = [];
    const lagging: Cluster = {
      ...cluster,
      async discover(options) {
        if (stale.length < 3) stale.push(stale[0] ?? (await cluster.discover(options)));
        else return await cluster.discover(options);
        return stale[0]!;
      },
    };
    const report = await take(beforeList(lagging, removeDefinition));
    assert.deepEqual(found(report), [["warning", "ARK_KIND_REMOVED", widgets]]);
  });

  it("is an error where it is served still, or discovery cannot tell", async () => {
    for (const isBroken of [false, true]) {
      const { cluster, take, removeDefinition } = createWorld();
      const before = await cluster.discover({ signal });
      let asked = 0;
      const discover: Cluster["discover"] = async () => {
        asked += 1;
        if (asked === 1 || !isBroken) return before;
        const kinds = before.kinds.filter(({ group }) => group !== "demo.example");
        return { kinds, failures: [{ group: "demo.example", versions: ["v1"], reason: "503" }] };
      };
      const report = await take(beforeList({ ...cluster, discover }, removeDefinition));
      assert.deepEqual(found(report), [["error", "ARK_LIST_FAILED", widgets]]);
      assert.equal(report.backup.status.phase, "PartiallyFailed");
    }
  });
});
