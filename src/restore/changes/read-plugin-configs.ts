import { createHash } from "node:crypto";
import { configMapKind } from "../../api/config-map-kind.ts";
import type { Finding } from "../../api/results.ts";
import { listAll } from "../../catalog/list-objects.ts";
import { mapImageParts } from "../../domain/restore/mappings/map-images.ts";
import { mapStorageClasses } from "../../domain/restore/mappings/map-storage-classes.ts";
import type { Mapping, Pairs } from "../../domain/restore/mappings/mapping.ts";
import { ArkError } from "../../lib/errors.ts";
import type { ClusterReader } from "../../ports/cluster.ts";
import { readObject } from "../apply/read-object.ts";
import { type ConfigMap, configMapOf } from "./read-config-map.ts";

/** Velero's ConfigMaps of restore item actions that map values, as they apply one after the other. */
const actions: readonly {
  readonly name: string;
  readonly map: (data: Pairs, where: string) => Mapping;
}[] = [
  {
    name: "velero.io/change-storage-class",
    map: (data, where) => mapStorageClasses(data, (from) => `${from} of ${where}`),
  },
  { name: "velero.io/change-image-name", map: mapImageParts },
];

export interface PluginConfigs {
  readonly mappings: readonly Mapping[];
  /** Of all that was read, hex. */
  readonly sha256: string;
  /** ConfigMaps that mean nothing any more. */
  readonly notes: readonly Finding[];
}

/**
 * Finds Velero's ConfigMaps by their labels, in one namespace. Errors: ARK_USAGE where several are
 * for one action, as in Velero; those of a LIST.
 */
export async function readPluginConfigs(
  cluster: ClusterReader,
  namespace: string,
  signal: AbortSignal,
): Promise<PluginConfigs> {
  const mappings: Mapping[] = [];
  const hash = createHash("sha256");
  for (const { name, map } of actions) {
    const labelSelector = `velero.io/plugin-config,${name}=RestoreItemAction`;
    const found = await listConfigMaps(cluster, { namespace, labelSelector }, signal);
    if (found.length > 1) {
      const names = found.map((one) => one.name).join(", ");
      throw new ArkError(
        "ARK_USAGE",
        `namespace ${namespace} has ${found.length} ConfigMaps for ${name}, and can have one: ${names}`,
        { advice: "take the label off those that are not meant" },
      );
    }
    const [config] = found;
    if (config === undefined) continue;
    mappings.push(map(config.data, `ConfigMap ${namespace}/${config.name}`));
    hash.update(JSON.stringify([name, Object.entries(config.data).sort()]));
  }
  const notes = await leftovers(cluster, namespace, signal);
  return { mappings, sha256: hash.digest("hex"), notes };
}

const nodeSelector = "velero.io/change-pvc-node-selector";

/** Velero 1.18 reads it no more either: the node of a claim is left to the scheduler. */
async function leftovers(
  cluster: ClusterReader,
  namespace: string,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const labelSelector = `velero.io/plugin-config,${nodeSelector}=RestoreItemAction`;
  const found = await listConfigMaps(cluster, { namespace, labelSelector }, signal);
  return found.map(({ name }) => ({
    severity: "warning",
    code: "ARK_CHANGE_UNUSED",
    message: `ConfigMap ${namespace}/${name} is for ${nodeSelector}, which has no effect: the node of a claim is left to the scheduler, as in Velero 1.18`,
    resource: "configmaps",
    namespace,
    name,
    advice: "delete it",
  }));
}

async function listConfigMaps(
  cluster: ClusterReader,
  place: { readonly namespace: string; readonly labelSelector: string },
  signal: AbortSignal,
): Promise<readonly ConfigMap[]> {
  const found: ConfigMap[] = [];
  for await (const { bytes } of listAll(cluster, { kind: configMapKind, ...place }, { signal })) {
    found.push(configMapOf(readObject(bytes, "a ConfigMap of the cluster")));
  }
  return found;
}
