import { groupResource, type ResourceKind } from "../api/resource-kind.ts";
import type { Cluster } from "../ports/cluster.ts";
import { readObject } from "./read-object.ts";
import type { TargetKinds } from "./target-kinds.ts";

const apiServices = "apiservices.apiregistration.k8s.io";
const definitions = "customresourcedefinitions.apiextensions.k8s.io";

/**
 * Tells whether `dryRun` is sure to be honoured: the API server itself does so for built-in kinds
 * and those with a definition; a server behind it (an aggregated API) may write all the same.
 * Asked once for each group and version.
 */
export function honoursDryRun(
  cluster: Cluster,
  kinds: TargetKinds,
  signal: AbortSignal,
): (kind: ResourceKind) => Promise<boolean> {
  const known = new Map<string, Promise<boolean>>();
  const find = (resource: string): ResourceKind | undefined =>
    kinds.served.find((kind) => groupResource(kind) === resource);
  const isDefined = async (kind: ResourceKind): Promise<boolean> => {
    const definition = find(definitions);
    if (definition === undefined) return false;
    const ref = { kind: definition, namespace: "", name: groupResource(kind) };
    return (await cluster.get(ref, { signal })) !== undefined;
  };
  const isLocal = async (kind: ResourceKind): Promise<boolean> => {
    const services = find(apiServices);
    if (services === undefined) return await isDefined(kind);
    const ref = { kind: services, namespace: "", name: `${kind.version}.${kind.group}` };
    const raw = await cluster.get(ref, { signal });
    if (raw === undefined) return await isDefined(kind);
    const { spec } = readObject(raw.bytes, `APIService "${ref.name}"`) as {
      readonly spec?: { readonly service?: unknown };
    };
    return spec?.service === undefined || spec.service === null;
  };
  return (kind) => {
    if (kind.group === "") return Promise.resolve(true);
    const key = `${kind.group}/${kind.version}`;
    const asked = known.get(key) ?? isLocal(kind);
    known.set(key, asked);
    return asked;
  };
}
