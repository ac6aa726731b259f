import { apiVersion, groupResource, type ResourceKind } from "../../api/resource-kind.ts";
import { listsDryRun } from "../../domain/restore/open-api-schemas.ts";
import { hasCode } from "../../lib/errors.ts";
import type { Cluster } from "../../ports/cluster.ts";
import { readObject } from "../apply/read-object.ts";
import type { TargetKinds } from "./target-kinds.ts";

const apiServices = "apiservices.apiregistration.k8s.io";
const definitions = "customresourcedefinitions.apiextensions.k8s.io";

/**
 * Tells whether `dryRun` is sure to be honoured: the API server itself does so for built-in kinds
 * and those with a definition; a server behind it (an aggregated API) may write all the same, unless
 * its OpenAPI document lists `dryRun`.
 * What this user may not look up counts as such a server. Asked once for each group and version.
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
  const unlessForbidden = (thrown: unknown): boolean => {
    if (hasCode(thrown, "ARK_API_FORBIDDEN")) return false;
    throw thrown;
  };
  const remember = (key: string, ask: () => Promise<boolean>): Promise<boolean> => {
    const asked = known.get(key) ?? ask().catch(unlessForbidden);
    known.set(key, asked);
    return asked;
  };
  return async (kind) => {
    if (kind.group === "") return true;
    const version = apiVersion(kind);
    if (await remember(version, () => isLocal(kind))) return true;
    return await remember(`${version}/${kind.resource}`, async () =>
      listsDryRun(await cluster.openApi(version, { signal }), kind),
    );
  };
}
