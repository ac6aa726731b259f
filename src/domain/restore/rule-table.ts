import type { GroupResource } from "../../api/resource-kind.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import type { CleaningRule, KeepLiveRule, LeaveOutRule, RuleContext } from "./rule.ts";
import { allocatedIpAddress } from "./rules/allocated-ip-address.ts";
import { apiServerService } from "./rules/api-server-service.ts";
import { automaticApiService } from "./rules/automatic-api-service.ts";
import { automaticFlowControl } from "./rules/automatic-flow-control.ts";
import { bindingSubjects } from "./rules/binding-subjects.ts";
import { bootstrapRbac } from "./rules/bootstrap-rbac.ts";
import { claimBinding } from "./rules/claim-binding.ts";
import { claimSnapshot } from "./rules/claim-snapshot.ts";
import { completedJob } from "./rules/completed-job.ts";
import { completedPod } from "./rules/completed-pod.ts";
import { controllerEndpoints } from "./rules/controller-endpoints.ts";
import { controllerPod } from "./rules/controller-pod.ts";
import { crdUnknownFields } from "./rules/crd-unknown-fields.ts";
import { defaultServiceCidr } from "./rules/default-service-cidr.ts";
import { existingNamespace } from "./rules/existing-namespace.ts";
import { generatedTokenSecret } from "./rules/generated-token-secret.ts";
import { jobControllerUid } from "./rules/job-controller-uid.ts";
import { lease } from "./rules/lease.ts";
import { managedEndpointSlice } from "./rules/managed-endpoint-slice.ts";
import { mirrorPod } from "./rules/mirror-pod.ts";
import { namespaceShape } from "./rules/namespace-shape.ts";
import { podOfRestoredJob } from "./rules/pod-of-restored-job.ts";
import { podPlacement } from "./rules/pod-placement.ts";
import { podTokenVolumes } from "./rules/pod-token-volumes.ts";
import { provisionedVolume } from "./rules/provisioned-volume.ts";
import { rootCaConfigMap } from "./rules/root-ca-config-map.ts";
import { serverOwnedFields } from "./rules/server-owned-fields.ts";
import { serviceAccountTokens } from "./rules/service-account-tokens.ts";
import { serviceAddresses } from "./rules/service-addresses.ts";
import { serviceNodePorts } from "./rules/service-node-ports.ts";
import { snapshotOfBackup } from "./rules/snapshot-of-backup.ts";
import { systemPriorityClass } from "./rules/system-priority-class.ts";
import { tokenSecret } from "./rules/token-secret.ts";
import { volumeClaim } from "./rules/volume-claim.ts";
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
  // What a controller derives from others, each by the mark that it leaves.
  managedEndpointSlice,
  allocatedIpAddress,
  lease,
  automaticApiService,
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

/**
 * Objects that every cluster, or a controller in it, keeps in order itself: theirs counts, and no
 * warning is due.
 */
export const keepLiveRules: readonly KeepLiveRule[] = [
  existingNamespace,
  rootCaConfigMap,
  bootstrapRbac,
  automaticFlowControl,
  apiServerService,
  controllerEndpoints,
  controllerPod,
  defaultServiceCidr,
  systemPriorityClass,
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
