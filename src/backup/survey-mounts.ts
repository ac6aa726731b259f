import type { RawObject } from "../api/raw-object.ts";
import { type GroupResource, groupResource, type ResourceKind } from "../api/resource-kind.ts";
import { type ClaimLens, isBound } from "../domain/references/claim.ts";
import { persistentVolumeClaims, pods } from "../domain/references/edges.ts";
import { type MountedClaim, type MountingPod, podsForClaims } from "../domain/references/mounts.ts";
import { claimsOf, isRunning, type PodLens } from "../domain/references/pod.ts";
import { itemRules } from "../domain/selection/item-verdict.ts";
import { namespacesToList } from "../domain/selection/namespace-filter.ts";
import { toArkError } from "../lib/errors.ts";
import type { CollectInput } from "./collect-input.ts";
import { readWhere } from "./item-actions/read-lens.ts";
import { endsTheRun, listKind } from "./list-kind.ts";

type SurveyInput = Pick<CollectInput, "plan" | "cluster" | "clock" | "cutPlan" | "wanted">;

/**
 * Makes pods wanted that mount claims which are taken, where single items are selected. A claim
 * brings pods and a pod brings claims, so no order of the kinds would tell: here alone pods and
 * claims are listed once more, before they are collected. What cannot be listed brings nothing;
 * its own list will say why.
 */
export async function surveyMounts(input: SurveyInput, signal: AbortSignal): Promise<void> {
  const { plan, wanted } = input;
  if (plan.selectors.length === 0 && plan.policies?.itemFilters === undefined) return;
  const kindOf = (resource: GroupResource): ResourceKind | undefined =>
    plan.kinds.find((kind) => groupResource(kind) === resource);
  const [podKind, claimKind] = [kindOf(pods), kindOf(persistentVolumeClaims)];
  if (podKind === undefined || claimKind === undefined) return;
  const rules = itemRules(plan);
  const fate = (resource: GroupResource, object: RawObject) => {
    const selected = rules(resource, object, { bySelector: false, want: undefined }) === "taken";
    const admitted = rules(resource, object, { bySelector: false, want: "wanted" }) === "taken";
    return { selected, taken: selected || admitted };
  };
  const claims: MountedClaim[] = [];
  await listAtCut(claimKind, input, signal, (object) => {
    const { selected, taken } = fate(persistentVolumeClaims, object);
    if (!taken) return;
    const claim = readWhere<ClaimLens>(object, ['"volumeName"']);
    const bound = claim !== undefined && isBound(claim);
    claims.push({ namespace: object.namespace, name: object.name, selected, bound });
  });
  if (!claims.some(({ bound }) => bound)) return;
  const mounting: MountingPod[] = [];
  await listAtCut(podKind, input, signal, (object) => {
    const { selected, taken } = fate(pods, object);
    const pod = taken ? readWhere<PodLens>(object, ['"claimName"']) : undefined;
    if (pod === undefined) return;
    const { namespace, name } = object;
    mounting.push({ namespace, name, selected, claims: claimsOf(pod), running: isRunning(pod) });
  });
  for (const { namespace, name } of podsForClaims(mounting, claims)) {
    wanted.want({ resource: pods, namespace, name });
  }
}

async function listAtCut(
  kind: ResourceKind,
  { plan, cluster, clock, cutPlan }: SurveyInput,
  signal: AbortSignal,
  onObject: (object: RawObject) => void,
): Promise<void> {
  const inCut = cutPlan.membership(kind).member && cutPlan.sequence !== undefined;
  const ports = { cluster, clock, ...(inCut ? { cuts: cutPlan.sequence } : {}) };
  for (const namespace of namespacesToList(plan.namespaces) ?? [undefined]) {
    const scope = { kind, ...(namespace === undefined ? {} : { namespace }) };
    const outcome = { resourceVersion: "", oneRevision: true };
    try {
      for await (const batch of listKind(scope, ports, outcome, signal)) batch.forEach(onObject);
    } catch (thrown) {
      signal.throwIfAborted();
      const error = toArkError(thrown);
      if (endsTheRun.has(error.code)) throw error;
    }
  }
}
