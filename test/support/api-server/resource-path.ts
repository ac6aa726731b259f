/** Which kind and object a path names. */
import { unknownResource } from "./api-status.ts";
import type { KindCatalog } from "./kind-catalog.ts";
import type { ServedKind } from "./kinds.ts";

export interface ResourcePath {
  readonly kind: ServedKind;
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
  /** The old form `/api/v1/watch/...`. */
  readonly watch: boolean;
}

export interface GroupPath {
  readonly group: string;
  readonly version: string;
  readonly rest: readonly string[];
}

/** `/api/v1/...` and `/apis/<group>/<version>/...`; undefined for other paths. */
export function splitGroup(path: string): GroupPath | undefined {
  const [root, ...parts] = path
    .split("/")
    .filter((part) => part !== "")
    .map(decodeURIComponent);
  if (root === "api") return { group: "", version: parts[0] ?? "", rest: parts.slice(1) };
  if (root !== "apis") return undefined;
  return { group: parts[0] ?? "", version: parts[1] ?? "", rest: parts.slice(2) };
}

/** Throws 404 when no such kind is served, or the scope is wrong. */
export function resolvePath(catalog: KindCatalog, path: GroupPath): ResourcePath {
  const watch = path.rest[0] === "watch";
  const parts = watch ? path.rest.slice(1) : path.rest;
  const find = (resource: string) => catalog.find(path.group, path.version, resource);
  const scoped = parts[0] === "namespaces" && parts.length >= 3 ? find(parts[2] ?? "") : undefined;
  if (scoped?.namespaced === true) {
    const [, namespace = "", , name = "", subresource = ""] = parts;
    return { kind: scoped, namespace, name, subresource, watch };
  }
  const [resource = "", name = "", subresource = ""] = parts;
  const kind = find(resource);
  const known = kind !== undefined && (!kind.namespaced || name === "");
  if (!known || parts.length > 3) throw unknownResource();
  return { kind, namespace: "", name, subresource, watch };
}
