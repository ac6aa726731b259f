import { labels as wellKnown } from "../api/labels.ts";
import type { RunLog } from "../catalog/run-log.ts";
import type { BackupPlan } from "../domain/plan.ts";
import { includesNamespace, resolveNamespaces } from "../domain/selection/namespace-filter.ts";
import type { NamespaceSurvey } from "./survey-namespaces.ts";

/** What the label `velero.io/exclude-from-backup=true` keeps out of a backup that would have it. */
export interface OptOuts {
  /** In other namespaces than these; of a continued run those that this process met. */
  readonly objects: number;
  /** With all that is in them. */
  readonly namespaces: readonly string[];
}

export function optOutsOf(
  { plan, survey }: { readonly plan: BackupPlan; readonly survey: NamespaceSurvey },
  objects: number,
): OptOuts {
  const { includedNamespaces: includes = [], excludedNamespaces: excludes = [] } = plan.spec;
  const asked = resolveNamespaces({ includes, excludes }, survey.names);
  return { objects, namespaces: survey.optedOut.filter((name) => includesNamespace(asked, name)) };
}

/** Objects whose label says so in words that are not understood. */
export interface Mislabelled {
  /** `secrets shop/token ("True")`, the first ones. */
  readonly first: readonly string[];
  readonly count: number;
}

const namesKept = 5;

export function createMislabelled(): Mislabelled & {
  meet(resource: string, item: MislabelledItem): void;
} {
  const first: string[] = [];
  let count = 0;
  return {
    first,
    get count() {
      return count;
    },
    meet(resource, { namespace, name, labels }) {
      const value = labels[wellKnown.excludeFromBackup];
      if (value === undefined || !seemsToOptOut(value)) return;
      count += 1;
      const place = namespace === "" ? name : `${namespace}/${name}`;
      if (first.length < namesKept) first.push(`${resource} ${place} (${JSON.stringify(value)})`);
    },
  };
}

interface MislabelledItem {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Velero, and so ark-ts, knows `true` only, in these letters. */
function seemsToOptOut(value: string): boolean {
  return value !== "true" && /^(?:true|yes|on|1)$/i.test(value);
}

/** Who has labelled them thinks that they are nowhere. */
export function reportMislabelled({ first, count }: Mislabelled, log: RunLog): void {
  if (count === 0) return;
  const label = wellKnown.excludeFromBackup;
  const more = count > first.length ? ` and ${count - first.length} more` : "";
  log.find({
    severity: "warning",
    code: "ARK_LABEL_NO_EFFECT",
    message: `the label ${label} leaves an object out only when it is "true", so these are in this backup: ${first.join(", ")}${more}`,
    advice: `write it as ${label}=true`,
  });
}
