import type { GroupResource } from "../../api/resource-kind.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import type { CleaningRule, KeepLiveRule, LeaveOutRule, RuleContext } from "./rule.ts";
import { bindingSubjects } from "./rules/binding-subjects.ts";
import { claimBinding } from "./rules/claim-binding.ts";
import { claimSnapshot, snapshotOfBackup } from "./rules/claim-snapshot.ts";
import * as kept from "./rules/cluster-kept-objects.ts";
import { crdUnknownFields } from "./rules/crd-unknown-fields.ts";
import * as derived from "./rules/derived-objects.ts";
import { completedJob, jobControllerUid } from "./rules/job-controller-uid.ts";
import { namespaceShape } from "./rules/namespace-shape.ts";
import { completedPod, mirrorPod, podOfRestoredJob } from "./rules/pod-leave-out.ts";
import { podPlacement, podTokenVolumes } from "./rules/pod-placement.ts";
import { serverOwnedFields } from "./rules/server-owned-fields.ts";
import { serviceAccountTokens } from "./rules/service-account-tokens.ts";
import { serviceAddresses } from "./rules/service-addresses.ts";
import { serviceNodePorts } from "./rules/service-node-ports.ts";
import { generatedTokenSecret, tokenSecret } from "./rules/token-secret.ts";
import { provisionedVolume, volumeClaim } from "./rules/volume-claim.ts";
import { webhookSideEffects } from "./rules/webhook-side-effects.ts";

const ofBackups = "it is a record of a backup tool, which makes its own";
const ofNodes = "the nodes of a cluster report themselves";

/** Never restored, whatever is asked: as Velero (velero-features 4.1). Each with the reason, in Velero's order. */
export const reasonsNeverRestored: ReadonlyMap<GroupResource, string> = new Map([
  ["nodes", ofNodes],
  ["events", "they tell what happened then"],
  ["events.events.k8s.io", "they tell what happened then"],
  ["backups.velero.io", ofBackups],
  ["restores.velero.io", ofBackups],
  ["resticrepositories.velero.io", ofBackups],
  ["csinodes.storage.k8s.io", ofNodes],
  ["volumeattachments.storage.k8s.io", "the cluster attaches volumes itself"],
  ["backuprepositories.velero.io", ofBackups],
]);

export const neverRestored: readonly GroupResource[] = [...reasonsNeverRestored.keys()];

/** Asked of the object as it was backed up, status included. The first that answers decides. */
export const leaveOutRules: readonly LeaveOutRule[] = [
  completedPod,
  mirrorPod,
  podOfRestoredJob,
  completedJob,
  generatedTokenSecret,
  provisionedVolume,
  snapshotOfBackup,
  derived.managedEndpointSlice,
  derived.allocatedIpAddress,
  derived.lease,
  derived.automaticApiService,
];

/** In this order: the general reset first, as Velero. */
export const cleaningRules: readonly CleaningRule[] = [
  serverOwnedFields,
  namespaceShape,
  serviceAddresses,
  serviceNodePorts,
  serviceAccountTokens,
  tokenSecret,
  jobControllerUid,
  podPlacement,
  podTokenVolumes,
  claimSnapshot,
  claimBinding,
  volumeClaim,
  bindingSubjects,
  crdUnknownFields,
  webhookSideEffects,
];

export const keepLiveRules: readonly KeepLiveRule[] = [
  kept.existingNamespace,
  kept.rootCaConfigMap,
  kept.bootstrapRbac,
  kept.automaticFlowControl,
  kept.apiServerService,
  kept.controllerEndpoints,
  kept.controllerPod,
  kept.defaultServiceCidr,
  kept.systemPriorityClass,
];

export function reasonToLeaveOut(backedUp: JsonObject, context: RuleContext): string | undefined {
  for (const rule of leaveOutRules) {
    if (!rule.resources.includes(context.resource)) continue;
    const reason = rule.applies(backedUp, context);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** What is left is what a create may carry, still with managedFields (see field-ownership.ts). */
export function cleanObject(object: JsonObject, context: RuleContext): JsonObject {
  return cleaningRules
    .filter((rule) => rule.resources.length === 0 || rule.resources.includes(context.resource))
    .reduce((current, rule) => rule.clean(current, context), object);
}

/** Whether a cleaning rule for its kind has something to take from the object. */
export function changesByKind(object: JsonObject, context: RuleContext): boolean {
  return cleaningRules.some(
    (rule) => rule.resources.includes(context.resource) && rule.clean(object, context) !== object,
  );
}

export function reasonToKeepLive(resource: GroupResource, live: JsonObject): string | undefined {
  for (const rule of keepLiveRules) {
    const reason = rule.resources.includes(resource) ? rule.keeps(live) : undefined;
    if (reason !== undefined) return reason;
  }
  return undefined;
}
