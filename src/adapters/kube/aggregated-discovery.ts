import type { ResourceKind } from "../../api/resource-kind.ts";
import { ArkError } from "../../lib/errors.ts";
import type { Discovery, GroupFailure } from "../../ports/cluster.ts";
import { asList, asRecord, type JsonRecord, textOf, textsOf } from "./json-record.ts";

/** Asks for the aggregated document, and takes the plain one from a server that has none. */
export const discoveryAccept = [
  "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
  "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList",
  "application/json",
].join(",");

/**
 * Reads an APIGroupDiscoveryList (v2 or v2beta1, alike for us). A version whose API server did
 * not answer the aggregator (`freshness: Stale`) is a failure, and its remembered kinds are left out.
 */
export function parseAggregatedDiscovery(document: unknown): Discovery {
  const kinds: ResourceKind[] = [];
  const failures: GroupFailure[] = [];
  for (const item of asList(asRecord(document)["items"])) {
    const group = textOf(asRecord(item["metadata"])["name"]);
    const versions = asList(item["versions"]);
    const stale = versions.filter((version) => version["freshness"] === "Stale");
    failures.push(...staleFailures(group, versions, stale));
    versions.forEach((version, index) => {
      if (version["freshness"] === "Stale") return;
      const name = textOf(version["version"]);
      if (name === "") throw malformed(group);
      for (const resource of asList(version["resources"])) {
        const kind = toKind(resource, group, name, index === 0);
        if (kind !== undefined) kinds.push(kind);
      }
    });
  }
  return { kinds, failures };
}

function staleFailures(
  group: string,
  versions: readonly JsonRecord[],
  stale: readonly JsonRecord[],
): readonly GroupFailure[] {
  const reason = "its API server does not answer (the aggregator calls its discovery stale)";
  const names = stale.map((version) => textOf(version["version"]));
  if (names.length === 0) return [];
  if (names.length === versions.length) return [{ group, versions: names, reason }];
  return names.map((name) => ({ group: `${group}/${name}`, versions: [name], reason }));
}

/** Undefined for a parent that is not served itself and only carries subresources. */
function toKind(
  resource: JsonRecord,
  group: string,
  version: string,
  preferred: boolean,
): ResourceKind | undefined {
  const kind = textOf(asRecord(resource["responseKind"])["kind"]);
  const name = textOf(resource["resource"]);
  if (kind === "" || name === "") return undefined;
  return {
    group,
    version,
    resource: name,
    kind,
    namespaced: resource["scope"] === "Namespaced",
    verbs: textsOf(resource["verbs"]),
    singular: textOf(resource["singularResource"]),
    shortNames: textsOf(resource["shortNames"]),
    categories: textsOf(resource["categories"]),
    preferred,
    subresources: asList(resource["subresources"]).map((part) => textOf(part["subresource"])),
  };
}

function malformed(group: string): ArkError {
  return new ArkError(
    "ARK_API_PROTOCOL",
    `discovery names group "${group}" with a version without a name`,
  );
}
