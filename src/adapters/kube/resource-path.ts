import type { ResourceKind } from "../../api/resource-kind.ts";
import { ArkError } from "../../lib/errors.ts";

export interface PathTarget {
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
}

type PathKind = Pick<ResourceKind, "group" | "version" | "resource">;

/** `/apis/apps/v1/namespaces/shop/deployments/web/status`; names keep their capitals. */
export function resourcePath(kind: PathKind, target: PathTarget): string {
  const { namespace = "", name = "", subresource = "" } = target;
  const root = kind.group === "" ? "/api" : `/apis/${segment(kind.group)}`;
  const scope = namespace === "" ? "" : `/namespaces/${segment(namespace)}`;
  const object = name === "" ? "" : `/${segment(name)}`;
  const part = subresource === "" ? "" : `/${segment(subresource)}`;
  return `${root}/${segment(kind.version)}${scope}/${segment(kind.resource)}${object}${part}`;
}

/** `path?a=b&c=d` of the parameters that have a value. */
export function withQuery(
  path: string,
  parameters: Readonly<Record<string, string | number | undefined>>,
): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== "") query.set(key, String(value));
  }
  return query.size === 0 ? path : `${path}?${query}`;
}

/** Names may come out of an archive that somebody else wrote: none may climb out of its path. */
function segment(name: string): string {
  if (name === "." || name === ".." || /[/\0]/.test(name)) {
    throw new ArkError("ARK_NAME_INVALID", `"${name}" is not a name that the API server can serve`);
  }
  return encodeURIComponent(name);
}
