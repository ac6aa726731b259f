import type { ResourceKind } from "../../api/resource-kind.ts";
import { asList, asRecord, textOf, textsOf } from "./json-record.ts";

export interface GroupVersion {
  readonly group: string;
  readonly version: string;
  readonly preferred: boolean;
}

/** Reads the APIVersions of `/api`: the core group, whose first version is preferred. */
export function parseApiVersions(document: unknown): readonly GroupVersion[] {
  const versions = textsOf(asRecord(document)["versions"]);
  return versions.map((version, index) => ({ group: "", version, preferred: index === 0 }));
}

/** Reads the APIGroupList of `/apis`. */
export function parseApiGroups(document: unknown): readonly GroupVersion[] {
  return asList(asRecord(document)["groups"]).flatMap((entry) => {
    const group = textOf(entry["name"]);
    const preferred = textOf(asRecord(entry["preferredVersion"])["version"]);
    return asList(entry["versions"]).map((version, index) => {
      const name = textOf(version["version"]);
      return {
        group,
        version: name,
        preferred: preferred === "" ? index === 0 : name === preferred,
      };
    });
  });
}

/** Reads the APIResourceList of one group and version; `pods/status` is folded into `pods`. */
export function parseApiResources(document: unknown, from: GroupVersion): readonly ResourceKind[] {
  const entries = asList(asRecord(document)["resources"]);
  const subresources = new Map<string, string[]>();
  for (const entry of entries) {
    const [parent = "", ...rest] = textOf(entry["name"]).split("/");
    const known = subresources.get(parent) ?? [];
    if (rest.length > 0) known.push(rest.join("/"));
    subresources.set(parent, known);
  }
  return entries
    .filter((entry) => !textOf(entry["name"]).includes("/"))
    .map((entry) => ({
      ...from,
      resource: textOf(entry["name"]),
      kind: textOf(entry["kind"]),
      namespaced: entry["namespaced"] === true,
      verbs: textsOf(entry["verbs"]),
      singular: textOf(entry["singularName"]),
      shortNames: textsOf(entry["shortNames"]),
      categories: textsOf(entry["categories"]),
      subresources: subresources.get(textOf(entry["name"])) ?? [],
    }));
}
