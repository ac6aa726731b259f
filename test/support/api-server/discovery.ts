/** Discovery documents, aggregated and not. */
import { type Json, type JsonObject, writeJson } from "./json.ts";
import type { KindCatalog } from "./kind-catalog.ts";
import { groupVersion, type ServedKind, type Subresource } from "./kinds.ts";

export const aggregatedType =
  "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/** True when the client would take the aggregated document in a version that is served. */
export function wantsAggregated(accept: string): boolean {
  return accept
    .split(",")
    .some((type) => /as=APIGroupDiscoveryList/.test(type) && /v=v2(;|$)/.test(type.trim()));
}

interface GroupVersionKinds {
  readonly group: string;
  readonly version: string;
  readonly kinds: readonly ServedKind[];
  readonly fresh: boolean;
}

function groupVersions(catalog: KindCatalog): readonly GroupVersionKinds[] {
  const found = new Map<string, { group: string; version: string; kinds: ServedKind[] }>();
  for (const kind of catalog.kinds()) {
    const key = groupVersion(kind);
    const entry = found.get(key) ?? { group: kind.group, version: kind.version, kinds: [] };
    entry.kinds.push(kind);
    found.set(key, entry);
  }
  const served = [...found.values()].map((entry) => ({ ...entry, fresh: true }));
  const broken = catalog.unreachableGroups().map(({ group, version }) => ({
    group,
    version,
    kinds: [],
    fresh: false,
  }));
  return [...served, ...broken];
}

interface Rendered {
  readonly kinds: readonly ServedKind[];
  readonly bytes: Buffer;
}

/** The last documents; servers of many short runs serve the same kinds. */
const rendered = new Map<boolean, Rendered>();

/** `/api` and `/apis` with the aggregated Accept header. */
export function aggregatedDiscovery(catalog: KindCatalog, core: boolean): Buffer {
  if (catalog.unreachableGroups().length > 0) return renderAggregated(catalog, core);
  const kinds = catalog.kinds().filter(({ group }) => (group === "") === core);
  const last = rendered.get(core);
  const isSame = last?.kinds.length === kinds.length && kinds.every((k, i) => k === last.kinds[i]);
  if (isSame) return last.bytes;
  const bytes = renderAggregated(catalog, core);
  rendered.set(core, { kinds, bytes });
  return bytes;
}

function renderAggregated(catalog: KindCatalog, core: boolean): Buffer {
  const groups = new Map<string, GroupVersionKinds[]>();
  for (const entry of groupVersions(catalog)) {
    if ((entry.group === "") !== core) continue;
    groups.set(entry.group, [...(groups.get(entry.group) ?? []), entry]);
  }
  const items = [...groups].map(([group, versions]) => ({
    metadata: group === "" ? {} : { name: group },
    versions: versions.map((entry) => ({
      version: entry.version,
      resources: entry.kinds.length === 0 ? undefined : entry.kinds.map(aggregatedResource),
      freshness: entry.fresh ? "Current" : "Stale",
    })),
  }));
  const head = { kind: "APIGroupDiscoveryList", apiVersion: "apidiscovery.k8s.io/v2" };
  return document({ ...head, metadata: {}, items: items as unknown as Json });
}

/** Built-in kinds leave group and version of the response empty: those of the path hold. */
function responseKind(kind: string, group: string, version: string): JsonObject {
  return { group, version, kind };
}

function aggregatedResource(kind: ServedKind): JsonObject {
  const own = kind.custom ? ([kind.group, kind.version] as const) : (["", ""] as const);
  const subresources = kind.subresources.map((sub) => ({
    subresource: sub.name,
    responseKind:
      sub.kind === kind.kind
        ? responseKind(sub.kind, ...own)
        : responseKind(sub.kind, sub.group, sub.group === "" ? "" : sub.version),
    verbs: sub.verbs,
  }));
  return {
    resource: kind.resource,
    responseKind: responseKind(kind.kind, ...own),
    scope: kind.namespaced ? "Namespaced" : "Cluster",
    singularResource: kind.singular,
    verbs: kind.verbs,
    shortNames: kind.shortNames.length === 0 ? undefined : kind.shortNames,
    categories: kind.categories.length === 0 ? undefined : kind.categories,
    subresources: subresources.length === 0 ? undefined : (subresources as unknown as Json),
  };
}

/** `/api` without aggregation. */
export function coreVersions(): Buffer {
  const addresses = [{ clientCIDR: "0.0.0.0/0", serverAddress: "127.0.0.1" }];
  return document({
    kind: "APIVersions",
    versions: ["v1"],
    serverAddressByClientCIDRs: addresses,
  });
}

function groupDocument(catalog: KindCatalog, group: string): JsonObject | undefined {
  const entries = groupVersions(catalog).filter((entry) => entry.group === group);
  const versions = entries.map((entry) => ({
    groupVersion: groupVersion(entry),
    version: entry.version,
  }));
  const preferredVersion = versions[0];
  return preferredVersion === undefined ? undefined : { name: group, versions, preferredVersion };
}

/** `/apis` without aggregation. */
export function groupList(catalog: KindCatalog): Buffer {
  const names = new Set(groupVersions(catalog).map((entry) => entry.group));
  names.delete("");
  const groups = [...names].map((name) => groupDocument(catalog, name) ?? {});
  return document({ kind: "APIGroupList", apiVersion: "v1", groups });
}

/** `/apis/<group>`; undefined when nothing serves it. */
export function oneGroup(catalog: KindCatalog, group: string): Buffer | undefined {
  const found = groupDocument(catalog, group);
  return found && document({ kind: "APIGroup", apiVersion: "v1", ...found });
}

/** `/api/v1`, `/apis/<group>/<version>`; undefined when nothing serves it. */
export function resourceList(
  catalog: KindCatalog,
  group: string,
  version: string,
): Buffer | undefined {
  const kinds = catalog.kinds().filter((k) => k.group === group && k.version === version);
  if (kinds.length === 0) return undefined;
  const resources = kinds.flatMap((kind) => [
    plainResource(kind),
    ...kind.subresources.map((sub) => plainSubresource(kind, sub)),
  ]);
  const head = { kind: "APIResourceList", apiVersion: group === "" ? undefined : "v1" };
  return document({ ...head, groupVersion: groupVersion({ group, version }), resources });
}

function plainResource(kind: ServedKind): JsonObject {
  return {
    name: kind.resource,
    singularName: kind.singular,
    namespaced: kind.namespaced,
    kind: kind.kind,
    verbs: kind.verbs,
    shortNames: kind.shortNames.length === 0 ? undefined : kind.shortNames,
    categories: kind.categories.length === 0 ? undefined : kind.categories,
  };
}

function plainSubresource(kind: ServedKind, sub: Subresource): JsonObject {
  const foreign = sub.group !== kind.group || sub.version !== kind.version;
  return {
    name: `${kind.resource}/${sub.name}`,
    singularName: "",
    namespaced: kind.namespaced,
    group: foreign && sub.group !== "" ? sub.group : undefined,
    version: foreign && sub.group !== "" ? sub.version : undefined,
    kind: sub.kind,
    verbs: sub.verbs,
  };
}

function document(value: JsonObject): Buffer {
  return Buffer.from(`${writeJson(value, () => undefined)}\n`);
}
