import { configMapKind } from "../../api/config-map-kind.ts";
import { objectAt, textAt } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import type { ClusterReader } from "../../ports/cluster.ts";
import { readObject } from "../apply/read-object.ts";

export interface ConfigMap {
  readonly name: string;
  readonly data: Readonly<Record<string, string>>;
}

/** Undefined: there is none. Errors: those of a GET. */
export async function readConfigMap(
  cluster: ClusterReader,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  signal: AbortSignal,
): Promise<ConfigMap | undefined> {
  const raw = await cluster.get({ kind: configMapKind, namespace, name }, { signal });
  return raw && configMapOf(readObject(raw.bytes, `ConfigMap ${namespace}/${name}`));
}

export function configMapOf(object: JsonObject): ConfigMap {
  const data = objectAt(object, ["data"]);
  return {
    name: textAt(object, ["metadata", "name"]),
    data: Object.fromEntries(Object.keys(data).map((key) => [key, textAt(data, [key])])),
  };
}
