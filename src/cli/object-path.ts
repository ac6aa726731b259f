import type { IndexLine } from "../format/index-line.ts";
import { usageError } from "./usage-error.ts";

type Place = Pick<IndexLine, "resource" | "namespace" | "name">;

/** `deployments.apps/shop/web`; `namespaces/shop` in the cluster scope. */
export function objectPath({ resource, namespace, name }: Place): string {
  return [resource, ...(namespace === undefined ? [] : [namespace]), name].join("/");
}

/** Takes `deployments.apps`, `deployments` and the kind, `Deployment`, in any case. */
export function hasResourceName(
  line: Pick<IndexLine, "resource" | "kind">,
  typed: string,
): boolean {
  const name = typed.toLowerCase();
  return (
    line.resource === name ||
    line.resource.split(".")[0] === name ||
    line.kind.toLowerCase() === name
  );
}

/** Whether the line is the object that was typed as RESOURCE/[NAMESPACE/]NAME. Errors: ARK_USAGE. */
export function objectMatcher(typed: string): (line: IndexLine) => boolean {
  const parts = typed.split("/");
  const [resource = "", second = "", third] = parts;
  if (parts.length < 2 || parts.length > 3 || parts.includes("")) {
    throw usageError(
      `"${typed}" names no object`,
      "write RESOURCE/NAMESPACE/NAME, or RESOURCE/NAME in the cluster scope, as in secrets/shop/db",
    );
  }
  const namespace = third === undefined ? undefined : second;
  const name = third ?? second;
  return (line) =>
    line.name === name && line.namespace === namespace && hasResourceName(line, resource);
}
