import type { GroupResource } from "../../api/resource-kind.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import type { CleaningRule, KeepLiveRule, LeaveOutRule, RuleContext } from "./rule.ts";
import { bindingSubjects } from "./rules/binding-subjects.ts";
import { claimBinding } from "./rules/claim-binding.ts";
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

/** Never restored, whatever is asked: as Velero (velero-features 4.1). */
export const neverRestored: readonly GroupResource[] = [
  "nodes",
  "events",
  "events.events.k8s.io",
  "backups.velero.io",
  "restores.velero.io",
  "resticrepositories.velero.io",
  "backuprepositories.velero.io",
  "csinodes.storage.k8s.io",
  "volumeattachments.storage.k8s.io",
];

/** Asked of the object as it was backed up, status included. The first that answers decides. */
export const leaveOutRules: readonly LeaveOutRule[] = [
  completedPod,
  mirrorPod,
  podOfRestoredJob,
  completedJob,
  generatedTokenSecret,
  provisionedVolume,
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

export function reasonToKeepLive(resource: GroupResource, live: JsonObject): string | undefined {
  for (const rule of keepLiveRules) {
    const reason = rule.resources.includes(resource) ? rule.keeps(live) : undefined;
    if (reason !== undefined) return reason;
  }
  return undefined;
}
