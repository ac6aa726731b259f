/** Ways to put objects into the store without a request. */
import { nowText, type ServerContext } from "./api-call.ts";
import { child, type JsonObject } from "./json.ts";
import { groupVersion, qualified, type ServedKind } from "./kinds.ts";
import { withMetadata } from "./object-form.ts";
import { SyntheticRange } from "./synthetic.ts";
import { commit } from "./write-call.ts";

/** uid and creationTimestamp are added where they are missing. */
export function seedObject(context: ServerContext, kind: ServedKind, object: JsonObject): void {
  const metadata = child(object, "metadata");
  const filled = withMetadata(object, {
    uid: metadata["uid"] ?? context.clock.uuid(),
    creationTimestamp: metadata["creationTimestamp"] ?? nowText(context.clock),
    ...(kind.namespaced && { namespace: metadata["namespace"] ?? "default" }),
  });
  commit(context, kind, filled, false);
}

export interface SyntheticSeed {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly count: number;
  /** About so many bytes of JSON each. Default 2,000. */
  readonly sizeBytes?: number;
  /** For namespaced kinds; made where missing. Default: one, `synthetic`. */
  readonly namespaces?: readonly string[];
}

/** Takes one revision per object. A kind can be filled once. */
export function seedSynthetic(context: ServerContext, seed: SyntheticSeed): void {
  const { group, version, resource } = seed;
  const kind = context.catalog.find(group, version, resource);
  if (kind === undefined) throw new Error(`seedSynthetic: ${qualified(seed)} is not served`);
  const namespaces = kind.namespaced ? [...(seed.namespaces ?? ["synthetic"])].sort() : [];
  for (const name of namespaces) seedNamespace(context, name);
  const table = context.store.table(kind.storage);
  if (table.synthetic !== undefined) throw new Error(`${qualified(seed)} is filled already`);
  const range = new SyntheticRange({
    count: seed.count,
    sizeBytes: seed.sizeBytes ?? 2_000,
    firstRevision: table.etcd.revision + 1,
    namespaces,
    creationTimestamp: nowText(context.clock),
    payloadField: ["configmaps", "secrets"].includes(kind.storage) ? "data" : "spec",
    ...(kind.custom && { custom: { apiVersion: groupVersion(kind), kind: kind.kind } }),
  });
  table.synthetic = range;
  table.etcd.revision = range.lastRevision;
}

function seedNamespace(context: ServerContext, name: string): void {
  const kind = context.catalog.find("", "v1", "namespaces");
  if (kind === undefined || context.store.table(kind.storage).get(name) !== undefined) return;
  seedObject(context, kind, {
    metadata: { name, labels: { "kubernetes.io/metadata.name": name } },
    spec: { finalizers: ["kubernetes"] },
    status: { phase: "Active" },
  });
}
