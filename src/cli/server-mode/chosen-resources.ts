import type { ObjectMeta } from "../../api/object-meta.ts";
import { formatLabelSelector, parseLabelSelector } from "../../domain/label-selector.ts";
import { stampedNameOrder } from "../stamped-name-order.ts";
import { usageError } from "../usage-error.ts";
import type { Resources } from "./resources.ts";

export interface ResourceChoice {
  /** Empty: all. */
  readonly names: readonly string[];
  /** Text of `--selector`. */
  readonly selector?: string | undefined;
}

/** The chosen ones in the order lists show. Errors: that there is no such one; ARK_USAGE. */
export async function chosenResources<T extends { readonly metadata: ObjectMeta }>(
  resources: Resources<T>,
  { names, selector }: ResourceChoice,
): Promise<readonly T[]> {
  if (names.length === 0) {
    const text = selector === undefined ? "" : formatLabelSelector(parseLabelSelector(selector));
    const all = [...(await resources.list(text))];
    return all.sort((a, b) => stampedNameOrder(a.metadata.name, b.metadata.name));
  }
  if (selector !== undefined) throw usageError("give only one of names and --selector");
  const found: T[] = [];
  for (const name of [...new Set(names)]) found.push(await resources.get(name));
  return found;
}
