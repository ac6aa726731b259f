import { configMapKind } from "../../api/config-map-kind.ts";
import type { CustomResource } from "../../api/custom-resource.ts";
import { labels } from "../../api/labels.ts";
import type { RawObject } from "../../api/raw-object.ts";
import {
  copiedKinds,
  copyName,
  type ResourceCopy,
  readConfigMap,
} from "../../domain/copies/resource-copy.ts";
import { decodeJson } from "../../lib/json-text.ts";
import type { Cluster } from "../../ports/cluster.ts";
import { listAll } from "../../runtime/list-all.ts";

const pageSize = 100;

export interface CopyPlace {
  readonly cluster: Pick<Cluster, "list" | "get">;
  /** The server's. */
  readonly namespace: string;
}

/** Copies of a kind, by the name of what they are copies of. */
export async function listCopies(
  { cluster, namespace }: CopyPlace,
  kind: CustomResource,
  signal: AbortSignal,
): Promise<Map<string, ResourceCopy>> {
  const copies = new Map<string, ResourceCopy>();
  const labelSelector = `${labels.copyOf}=${kind.plural}`;
  const scope = { kind: configMapKind, namespace, labelSelector };
  const take = (raw: RawObject): void => {
    const copy = copyIn(raw, kind);
    if (copy !== undefined) copies.set(copy.object.metadata.name, copy);
  };
  await listAll(cluster, scope, pageSize, take, signal);
  return copies;
}

/** Whether there is a copy of an object, which is then there or to come back. */
export async function isCopied(
  { cluster, namespace }: CopyPlace,
  kindName: string,
  name: string,
  signal: AbortSignal,
): Promise<boolean> {
  const kind = copiedKinds.find((one) => one.kind === kindName);
  if (kind === undefined) return false;
  const ref = { kind: configMapKind, namespace, name: copyName(kind.plural, name) };
  const raw = await cluster.get(ref, { signal });
  return raw !== undefined && copyIn(raw, kind) !== undefined;
}

/** Nothing outside the server's namespace is ever made from one. */
function copyIn(raw: RawObject, kind: CustomResource): ResourceCopy | undefined {
  const copy = readConfigMap(decodeJson(raw.bytes.toString()), kind);
  return copy?.object.metadata.namespace === raw.namespace ? copy : undefined;
}
