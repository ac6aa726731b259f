import type { LabelSelector } from "../api/backup.ts";
import { labels } from "../api/labels.ts";
import type { RawObject } from "../api/raw-object.ts";
import type { BackupPlan } from "../domain/plan.ts";
import { includesNamespace } from "../domain/selection/namespace-filter.ts";
import { takesNamespace } from "../domain/selection/namespace-tracker.ts";

/** Keeps or drops objects as they arrive, and remembers what later kinds depend on. */
export interface ObjectSelector {
  /** Objects of any kind but Namespace. */
  select(objects: readonly RawObject[]): readonly RawObject[];
  /** Namespace objects; to be asked when all other kinds have ended. */
  selectNamespaces(objects: readonly RawObject[]): readonly RawObject[];
  readonly dropped: Readonly<Record<DropReason, number>>;
}

export const noneDropped: ObjectSelector["dropped"] = {
  terminating: 0,
  optedOut: 0,
  namespace: 0,
  duplicate: 0,
};

type DropReason = "terminating" | "optedOut" | "namespace" | "duplicate";

/** `holdingBefore`: namespaces of objects that an earlier process of this run has taken. */
export function createObjectSelector(
  plan: BackupPlan,
  holdingBefore: ReadonlySet<string>,
): ObjectSelector {
  const dropped: Record<DropReason, number> = { ...noneDropped };
  const holding = new Set(holdingBefore);
  const selectors = selectorsOf(plan);

  const dropReason = (object: RawObject): DropReason | undefined => {
    if (object.terminating) return "terminating";
    if (object.labels[labels.excludeFromBackup] === "true") return "optedOut";
    if (object.namespace !== "" && !includesNamespace(plan.namespaces, object.namespace)) {
      return "namespace";
    }
    return undefined;
  };
  const keep = (object: RawObject): boolean => {
    const reason = dropReason(object);
    if (reason !== undefined) dropped[reason]++;
    return reason === undefined;
  };

  return {
    dropped,
    select(objects) {
      const kept = objects.filter(keep);
      for (const object of kept) if (object.namespace !== "") holding.add(object.namespace);
      return kept;
    },
    selectNamespaces(objects) {
      return objects.filter(
        (object) =>
          keep(object) &&
          takesNamespace(
            { name: object.name, labels: object.labels, active: isActive(object) },
            { filter: plan.namespaces, selectors, holdsTakenObject: holding.has(object.name) },
          ),
      );
    },
  };
}

function selectorsOf(plan: BackupPlan): readonly LabelSelector[] {
  const { labelSelector, orLabelSelectors } = plan.spec;
  return labelSelector === undefined ? (orLabelSelectors ?? []) : [labelSelector];
}

function isActive(namespace: RawObject): boolean {
  const decoded = JSON.parse(namespace.bytes.toString()) as {
    readonly status?: { readonly phase?: string };
  };
  return decoded.status?.phase === "Active";
}
