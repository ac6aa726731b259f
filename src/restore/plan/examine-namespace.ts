import type { PlannedItem } from "../../domain/restore/planned-item.ts";
import type { ExaminedObject } from "../../domain/restore/target-findings/facts.ts";
import { isNamespaceName } from "../../domain/restore/target-findings/name-too-long.ts";
import { checkFindings } from "./check-findings.ts";
import type { Examined, ExamineState } from "./examine-state.ts";
import type { PlannedNamespace } from "./plan-namespaces.ts";

/** The line of a target namespace. One that cannot be made blocks all that goes into it. */
export async function examineNamespace(
  { name, source, state, toMake, drift }: PlannedNamespace,
  { checks, blockedNamespaces }: ExamineState,
  signal: AbortSignal,
): Promise<Examined> {
  const place = { resource: "namespaces", version: "v1", kind: "Namespace", name };
  const from = source === name ? {} : { from: source };
  if (state === "there" || state === "unknown" || toMake === undefined) {
    const left = "an existing namespace is left as it is";
    const differs = drift.length > 0;
    const reason = differs ? `${left}; its labels or annotations differ` : left;
    const changes = differs ? ({ changes: drift, differs: true } as const) : {};
    const item: PlannedItem = { ...place, ...from, action: "skip", reason, ...changes };
    return { item, object: undefined, findings: [] };
  }
  if (state === "terminating") {
    const reason = "it is being deleted; it is made anew when it is gone";
    const item: PlannedItem = { ...place, ...from, action: "wait", reason };
    return { item, object: undefined, findings: [] };
  }
  const object: ExaminedObject = {
    ...{ ...place, namespace: "", action: "create" },
    desired: toMake.desired,
  };
  const check = await checks.checkNamespace(toMake, signal);
  const findings = checkFindings(object, check);
  const isBlocked =
    !isNamespaceName(name) || findings.some(({ severity }) => severity === "blocks");
  if (isBlocked) blockedNamespaces.add(name);
  const item: PlannedItem = {
    ...{ ...place, ...from, action: "create", reason: "it is not there", check },
    ...(isBlocked ? { blocked: true } : {}),
  };
  return { item, object, findings: isNamespaceName(name) ? findings : [] };
}
