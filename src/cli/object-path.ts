import type { IndexLine } from "../format/index-line.ts";
import { usageError } from "./usage-error.ts";

type Place = Pick<IndexLine, "resource" | "namespace" | "name">;

/** `deployments.apps/shop/web`; `namespaces/shop` in the cluster scope. */
export function objectPath({ resource, namespace, name }: Place): string {
  return [resource, ...(namespace === undefined ? [] : [namespace]), name].join("/");
}

/** An object as it was typed; `kind` in any form that kubectl takes. */
export interface TypedObject {
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
}

/** Reads KIND/[NAMESPACE/]NAME. Errors: ARK_USAGE. */
export function typedObject(typed: string): TypedObject {
  const parts = typed.split("/");
  const [kind = "", second = "", third] = parts;
  if (parts.length < 2 || parts.length > 3 || parts.includes("")) {
    throw usageError(
      `"${typed}" names no object`,
      "write KIND/NAMESPACE/NAME, or KIND/NAME in the cluster scope, as in secrets/shop/db",
    );
  }
  const namespace = third === undefined ? undefined : second;
  return { kind, namespace, name: third ?? second };
}
