/** A definition that is removed between discovery and LIST, on a real API server. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { groupResource } from "../../src/api/resource-kind.ts";
import type { Cluster } from "../../src/ports/cluster.ts";
import { createMemoryStore } from "../support/memory-store.ts";
import { type Connected, connect, signal, widgetDefinition } from "../support/real-cluster.ts";
import { sharedControlPlane, uniqueNamespace, whyNoTestbed } from "../support/shared-testbed.ts";
import { backupRequest, takeBackup } from "../support/take-backup.ts";

describe("a definition that is removed while a backup runs", { skip: await whyNoTestbed() }, () => {
  let at: Connected;
  const group = `${uniqueNamespace("removed")}.example`;
  const widgets = `widgets.${group}`;
  const place = async () => ({
    kind: await at.kind("customresourcedefinitions.apiextensions.k8s.io"),
    namespace: "",
    name: widgets,
  });
  const isServed = async (): Promise<boolean> =>
    (await at.cluster.discover({ signal })).kinds.some((kind) => groupResource(kind) === widgets);
  const until = async (state: boolean): Promise<void> => {
    while ((await isServed()) !== state) signal.throwIfAborted();
  };
  const failsToList = async (request: Parameters<Cluster["list"]>[0]): Promise<void> => {
    for (;;) {
      try {
        const page = await at.cluster.list({ kind: request.kind, limit: 1 }, { signal });
        for await (const _ of page.items);
      } catch {
        return;
      }
    }
  };

  before(async () => {
    at = await connect((await sharedControlPlane()).kubeconfig);
    await at.cluster.create(await place(), widgetDefinition(group), { signal });
    await until(true);
  });
  after(async () => {
    await at.cluster.remove(await place(), { signal }).catch(() => undefined);
    await at.cluster.close();
  });

  it("is a warning, and the backup is Completed", async () => {
    const ref = await place();
    let removed = 0;
    const list: Cluster["list"] = async (request, options) => {
      if (groupResource(request.kind) === widgets && request.limit !== 1 && removed === 0) {
        removed += 1;
        await at.cluster.remove(ref, { signal });
        await failsToList(request);
      }
      return await at.cluster.list(request, options);
    };
    const spec = { includedResources: [widgets, "namespaces"], includedNamespaces: ["default"] };
    const cluster = { ...at.cluster, list };
    const report = await takeBackup(cluster, createMemoryStore(), backupRequest("b", spec));
    assert.equal(removed, 1);
    const codes = report.findings.map(({ severity, code, resource }) => [severity, code, resource]);
    assert.deepEqual(
      codes.filter(([, code]) => code !== "ARK_NOTHING_SELECTED"),
      [["warning", "ARK_KIND_REMOVED", widgets]],
    );
    assert.equal(report.backup.status.phase, "Completed");
  });
});
