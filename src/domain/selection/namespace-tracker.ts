import type { LabelSelector } from "../../api/backup.ts";
import { matchesLabels } from "../label-selector.ts";
import { includesNamespace, type NamespaceFilter } from "./namespace-filter.ts";

/** A Namespace object as far as its own selection needs it. */
export interface NamespaceFacts {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** `status.phase` is Active. */
  readonly active: boolean;
}

/**
 * Whether a Namespace object goes into the backup (velero-features 3.4): it must be Active, and
 * match a selector, or pass the namespace filter, or hold an object that was taken. With a
 * selector and no namespace filter, the name alone does not count.
 */
export function takesNamespace(
  namespace: NamespaceFacts,
  rules: {
    readonly filter: NamespaceFilter;
    readonly selectors: readonly LabelSelector[];
    readonly holdsTakenObject: boolean;
  },
): boolean {
  if (!namespace.active) return rules.holdsTakenObject;
  if (rules.selectors.some((selector) => matchesLabels(selector, namespace.labels))) return true;
  if (rules.holdsTakenObject) return true;
  if (rules.filter.everything && rules.selectors.length > 0) return false;
  return includesNamespace(rules.filter, namespace.name);
}
