/** What is made for a claim has no marks of the tools that keep the claim in a repository. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { openBackup } from "../../src/catalog/open-backup.ts";
import type { Cluster } from "../../src/ports/cluster.ts";
import { csiClaim } from "../support/snapshots/snapshot-kinds.ts";
import { createSnapshotsWorld } from "./snapshots-world.ts";

const marks = {
  labels: {
    "app.kubernetes.io/instance": "shop",
    "kustomize.toolkit.fluxcd.io/name": "apps",
    "helm.toolkit.fluxcd.io/name": "shop",
    team: "shop",
  },
  annotations: { "argocd.argoproj.io/tracking-id": "shop:/PersistentVolumeClaim:shop/data" },
};
const marked = /app\.kubernetes\.io\/instance|fluxcd|argocd/;

it("43: a snapshot, its content, and what is stored of them bear no marks of the claim's Argo CD or Flux", async () => {
  const { signal } = new AbortController();
  const world = createSnapshotsWorld();
  for (const object of csiClaim("shop", "data")) {
    const { metadata, ...rest } = object as { readonly metadata: object };
    world.server.seed({ ...rest, metadata: { ...metadata, ...marks } } as never);
  }
  const sent: string[] = [];
  const seen = (kind: { readonly resource: string }, body: Uint8Array): void => {
    if (kind.resource.startsWith("volumesnapshot")) sent.push(Buffer.from(body).toString());
  };
  const cluster: Cluster = {
    ...world.cluster,
    async create(ref, body, options) {
      seen(ref.kind, body);
      return await world.cluster.create(ref, body, options);
    },
    async patch(ref, form, body, options) {
      seen(ref.kind, body);
      return await world.cluster.patch(ref, form, body, options);
    },
  };
  const { backup } = await world.backUp("b1", { cluster });
  assert.equal(backup.status.phase, "Completed", JSON.stringify(backup.status));
  assert.ok(
    sent.some((body) => body.includes('"team":"shop"')),
    "other labels come along",
  );
  for (const body of sent) assert.doesNotMatch(body, marked);
  const opened = await openBackup(world.store, "b1", { signal });
  const stored = new Map<string, string>();
  for await (const { line, bytes } of opened.entries(() => true, signal)) {
    stored.set(line.resource, bytes.toString());
  }
  const kinds = [...stored.keys()];
  assert.match(stored.get("persistentvolumeclaims") ?? "", marked, `${kinds}`);
  const snapshots = kinds.filter((kind) => kind.startsWith("volumesnapshot"));
  assert.ok(snapshots.length > 0, `${kinds}`);
  for (const kind of snapshots) assert.doesNotMatch(stored.get(kind) ?? "", marked);
});
