import { createHash } from "node:crypto";
import { diffFields } from "../../domain/diff/diff-objects.ts";
import type { FieldChange } from "../../domain/diff/field-change.ts";
import { decideRestore, type RestoreDecision } from "../../domain/restore/decide.ts";
import { applyMergePatch } from "../../domain/restore/modifiers/apply-merge-patch.ts";
import type { PlannedItem } from "../../domain/restore/planned-item.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import { patchBody } from "../apply/apply-decision.ts";
import type { Assessment } from "../apply/assess-item.ts";
import type { Standing } from "../apply/standing.ts";
import { isMadeByControllers } from "../record/own-creation.ts";
import { type RestoreRun, targetOf } from "../restore-run.ts";
import type { PlanLine } from "./assess-all.ts";

/** Where an object goes, and as what, as a plan's line says it. */
export function placeOf(
  run: Pick<RestoreRun, "plan">,
  line: PlanLine,
  standing?: Standing,
): Pick<PlannedItem, "resource" | "version" | "kind" | "namespace" | "name" | "from"> {
  const { version, kind, namespace, name } = standing?.target ?? targetOf(run.plan, line);
  // What nothing serves has no resource.
  const resource = standing?.resource || line.resource;
  const isMoved = line.namespace !== undefined && line.namespace !== namespace;
  const isRenamed = line.name !== name;
  const from = isRenamed ? line.name : isMoved ? line.namespace : undefined;
  return {
    resource,
    version,
    kind,
    ...(namespace === "" ? {} : { namespace }),
    name,
    ...(from === undefined ? {} : { from }),
  };
}

/** What would be done, and what would change. `isFresh`: its namespace is made by the restore. */
export function outcomeOf(
  assessment: Assessment,
  isFresh: boolean,
): Pick<PlannedItem, "action" | "reason" | "live" | "changes" | "differs" | "patchSha256"> {
  const { work, decision, live, liveIdentity } = assessment;
  const { resource, target } = work;
  if (decision.action === "create") {
    const reason =
      isFresh && isMadeByControllers(resource, target.name)
        ? "it is not there; where the cluster makes it first, what is missing there is added"
        : "it is not there";
    return { action: "create", reason };
  }
  const patch = patchOf(assessment);
  return {
    action: decision.action,
    reason: decision.reason,
    ...(liveIdentity === undefined ? {} : { live: liveIdentity }),
    ...(patch === undefined || live === undefined
      ? {}
      : { changes: [...changesOf(resource, live, patch), ...ownerChanges(decision)] }),
    ...(decision.action === "skip" && decision.differs ? { differs: true } : {}),
    ...(decision.action === "patch" ? { patchSha256: patchSha256(decision) } : {}),
  };
}

/** By kind and name: the uid of one that this restore makes is not known yet. */
function ownerChanges(decision: RestoreDecision): readonly FieldChange[] {
  const owners = decision.action === "patch" ? (decision.owners ?? []) : [];
  return owners.map(({ kind, name }) => ({
    path: "metadata.ownerReferences",
    change: "added",
    after: `${kind}/${name}`,
  }));
}

/** The patch that is sent; for what is left or made anew, the one that policy update would send. */
function patchOf({ work, decision, live }: Assessment): JsonObject | undefined {
  if (decision.action === "patch") return decision.patch;
  const isLeft = decision.action === "skip" && decision.differs;
  if (!isLeft && decision.action !== "recreate") return undefined;
  const { resource, item, context } = work;
  const other = decideRestore({ resource, desired: item.desired, live, policy: "update", context });
  return other.action === "patch" ? other.patch : undefined;
}

function changesOf(resource: string, live: JsonObject, patch: JsonObject): readonly FieldChange[] {
  return diffFields(resource, live, applyMergePatch(live, patch));
}

export function patchSha256(decision: Extract<RestoreDecision, { action: "patch" }>): string {
  return createHash("sha256").update(patchBody(decision)).digest("hex");
}
