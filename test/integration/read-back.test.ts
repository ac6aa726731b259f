/** What a restore finds when it reads back what it made, on a real API server with a real webhook. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { createSystemClock } from "../../src/adapters/clock/system-clock.ts";
import type { Cluster, ObjectRef } from "../../src/ports/cluster.ts";
import type { RestoreReport } from "../../src/restore/restore-request.ts";
import { runRestore } from "../../src/restore/run-restore.ts";
import { sharedControlPlane, uniqueNamespace, whyNoTestbed } from "../support/shared-testbed.ts";
import {
  registerWebhook,
  startWebhookServer,
  type WebhookServer,
} from "../support/webhook-server.ts";
import { field, openRestoreCluster, type RestoreCluster } from "./restore-cluster.ts";

const skip = await whyNoTestbed();
const namespace = uniqueNamespace("readback");
const core = `/api/v1/namespaces/${namespace}`;
const names = ["a", "b", "c", "d", "e", "f"];

function tagged({ object }: { readonly object: unknown }) {
  const patch = [
    field(object, "metadata", "labels") === undefined
      ? { op: "add", path: "/metadata/labels", value: { tagged: "yes" } }
      : { op: "add", path: "/metadata/labels/tagged", value: "yes" },
  ];
  return field(object, "metadata", "name") === "kube-root-ca.crt" ? undefined : { patch };
}

describe("reading back on a real API server", { skip }, () => {
  let at: RestoreCluster;
  let webhook: WebhookServer;
  let unregister: (() => Promise<void>) | undefined;
  const writtenBy = (name: string, act: (ref: ObjectRef) => Promise<unknown>): Cluster =>
    Object.assign(Object.create(at.cluster) as Cluster, {
      async create(...args: Parameters<Cluster["create"]>) {
        const made = await at.cluster.create(...args);
        if (args[0].name === name) await act(args[0]);
        return made;
      },
    });
  const restore = (name: string, cluster: Cluster, readBack = true): Promise<RestoreReport> =>
    runRestore(
      {
        name,
        isNameGiven: true,
        owner: { host: "test", bootId: "test", pid: process.pid },
        typed: true,
        readBack,
        spec: { backupName: "b", includedNamespaces: [namespace] },
      },
      {
        cluster,
        store: at.store,
        clock: createSystemClock(),
        log: { write: () => {} },
        liveness: () => "unknown",
      },
      AbortSignal.timeout(580_000),
    );
  const clear = async (): Promise<void> => {
    for (const name of names) await at.remove(`${core}/configmaps/${name}`);
    await at.remove(`${core}/secrets/key`);
    await at.remove(`${core}/services/web`);
  };

  before(async () => {
    at = await openRestoreCluster((await sharedControlPlane()).kubeconfig);
    await at.apply("/api/v1/namespaces", { metadata: { name: namespace } });
    for (const name of names) {
      await at.apply(`${core}/configmaps`, { metadata: { name }, data: { mode: "blue" } });
    }
    await at.apply(`${core}/secrets`, { metadata: { name: "key" }, data: { k: "cGxhbnRlZA==" } });
    await at.apply(`${core}/services`, {
      metadata: { name: "web" },
      spec: { ports: [{ port: 80 }] },
    });
    await at.backUp("b", { includedNamespaces: [namespace] });
    webhook = await startWebhookServer();
  });

  after(async () => {
    await unregister?.();
    await webhook.close();
    await at.remove(`/api/v1/namespaces/${namespace}`);
    await at.close();
  });

  it("finds everything as it was planned where nobody interferes", async () => {
    await clear();
    const { readBack, findings, created } = await restore("r-plain", at.cluster);
    assert.deepEqual(findings, []);
    assert.equal(created, 8);
    assert.deepEqual(readBack, {
      compared: 8,
      asPlanned: 8,
      vanished: 0,
      unread: 0,
      fields: { "api-server": 0, webhook: 0, writer: 0 },
      differences: [],
    });
  });

  it("does not read back when that is turned off", async () => {
    await clear();
    assert.equal((await restore("r-off", at.cluster, false)).readBack, undefined);
  });

  it("tells apart what a webhook, a stranger and nobody did", async () => {
    await clear();
    webhook.answer = tagged;
    unregister = await registerWebhook(
      at.client,
      webhook,
      { name: `${namespace}-tagger`, kind: "Mutating", namespace, resources: ["configmaps"] },
      () =>
        at.client.demand(
          "POST",
          `${core}/configmaps?dryRun=All`,
          JSON.stringify({ metadata: { name: "probe" } }),
        ),
    );
    const flux = writtenBy("c", (ref) =>
      at.cluster.patch(ref, "merge", Buffer.from('{"data":{"mode":"green"}}'), {
        fieldManager: "flux",
        signal: AbortSignal.timeout(120_000),
      }),
    );
    const { readBack, findings, restore: record } = await restore("r-webhook", flux);
    const name = `${namespace}-tagger.webhook.test of ${namespace}-tagger`;
    assert.deepEqual(readBack?.fields, { "api-server": 0, webhook: 6, writer: 1 });
    assert.equal(readBack?.compared, 8);
    assert.equal(readBack?.asPlanned, 2);
    assert.deepEqual(readBack?.differences, [
      {
        resource: "configmaps",
        path: "metadata.labels",
        change: "added",
        by: "webhook",
        who: [name],
        objects: 6,
        names: ["a", "b", "c"].map((one) => `${namespace}/${one}`),
      },
      {
        resource: "configmaps",
        path: "data.mode",
        change: "changed",
        by: "writer",
        who: ["flux"],
        objects: 1,
        names: [`${namespace}/c`],
      },
    ]);
    assert.deepEqual(
      findings.map(({ severity, code, message }) => [severity, code, message]),
      [
        [
          "warning",
          "ARK_RESTORED_DIFFERS",
          `webhook ${name} added metadata.labels in 6 configmaps, such as ${namespace}/a, ${namespace}/b, ${namespace}/c and others`,
        ],
        [
          "warning",
          "ARK_RESTORED_DIFFERS",
          `the writer flux changed data.mode in configmaps ${namespace}/c`,
        ],
      ],
    );
    assert.equal(record.status.phase, "Completed");
    assert.deepEqual(
      JSON.parse(record.metadata.annotations?.["ark-ts.dev/read-back"] ?? ""),
      readBack,
    );
  });

  it("names what was restored and then deleted by somebody", async () => {
    webhook.answer = () => undefined;
    await clear();
    const remover = writtenBy("e", (ref) =>
      at.cluster.remove(ref, { signal: AbortSignal.timeout(120_000) }),
    );
    const { readBack, findings } = await restore("r-gone", remover);
    assert.deepEqual([readBack?.compared, readBack?.asPlanned, readBack?.vanished], [7, 7, 1]);
    assert.deepEqual(
      findings.map(({ code, name }) => [code, name]),
      [["ARK_RESTORED_GONE", "e"]],
    );
    await at.apply(`${core}/configmaps`, { metadata: { name: "e" } });
  });
});
