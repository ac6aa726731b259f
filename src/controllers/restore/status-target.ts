import { resourceKindOf } from "../../api/custom-resource.ts";
import { restoreKind } from "../../api/restore.ts";
import type { StatusTarget } from "../../runtime/write-status.ts";
import type { LiveRestore } from "../controller-context.ts";

export const kindOfRestore = resourceKindOf(restoreKind);

export function statusTarget({ metadata }: Pick<LiveRestore, "metadata">): StatusTarget {
  const { namespace = "", name, uid = "" } = metadata;
  return { kind: kindOfRestore, namespace, name, uid };
}
