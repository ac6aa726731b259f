import { groupResource, type ResourceKind } from "../../api/resource-kind.ts";

/** What a request is for, in the words of RBAC: for error messages and for naming a missing right. */
export interface Intent {
  /** `list`, `get`, `create`, ... */
  readonly verb: string;
  /** `deployments.apps`, with `/status` for a subresource; a path for non-resource requests. */
  readonly resource: string;
  /** Empty: cluster scope or all namespaces. */
  readonly namespace: string;
  /** Empty: a collection. */
  readonly name: string;
}

export function toIntent(
  verb: string,
  kind: Pick<ResourceKind, "group" | "resource">,
  target: { readonly namespace?: string; readonly name?: string; readonly subresource?: string },
): Intent {
  const suffix = target.subresource === undefined ? "" : `/${target.subresource}`;
  return {
    verb,
    resource: `${groupResource(kind)}${suffix}`,
    namespace: target.namespace ?? "",
    name: target.name ?? "",
  };
}

/** `create deployments.apps "shop/web"`, `list pods in namespace "shop"`, `list nodes`. */
export function describeIntent(intent: Intent): string {
  return `${intent.verb} ${describeTarget(intent)}`;
}

export function describeTarget(intent: Intent): string {
  const { resource, namespace, name } = intent;
  if (name !== "") return `${resource} "${namespace === "" ? name : `${namespace}/${name}`}"`;
  return namespace === "" ? resource : `${resource} in namespace "${namespace}"`;
}

/** `list deployments.apps in namespace "shop"`: the right that RBAC has to grant. */
export function describeRight(intent: Intent): string {
  const where = intent.namespace === "" ? "at cluster scope" : `in namespace "${intent.namespace}"`;
  return `"${intent.verb}" on "${intent.resource}" ${where}`;
}
