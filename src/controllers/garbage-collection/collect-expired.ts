import { backupKind } from "../../api/backup.ts";
import { resourceKindOf } from "../../api/custom-resource.ts";
import {
  type DeleteBackupRequest,
  deleteBackupRequestKind,
} from "../../api/delete-backup-request.ts";
import { fieldManager } from "../../api/field-manager.ts";
import { labels } from "../../api/labels.ts";
import { labelValue } from "../../domain/label-value.ts";
import { decideExpiry } from "../../domain/retention/decide-expiry.ts";
import type { KnownBackup } from "../../domain/sync/plan-sync.ts";
import { hasCode } from "../../lib/errors.ts";
import { jsonBytes } from "../../lib/json-text.ts";
import type { Outcome } from "../../runtime/controller.ts";
import { objectKey } from "../../runtime/object-key.ts";
import type { ControllerContext } from "../controller-context.ts";
import { type Hindrance, hindranceInBucket, type OwnBackups } from "./ask-bucket.ts";

/** Of a name that the API server takes, with what is put behind it. */
const longestStart = 240;

export interface ExpiryPorts extends ControllerContext {
  readonly clusterId: string;
  readonly ownBackups: OwnBackups;
  readonly isScheduleCopied: (name: string, signal: AbortSignal) => Promise<boolean>;
}

/** Looks at one Backup: asks for the deletion of an expired one, or says on it why it stays. */
export async function collectExpired(
  context: ExpiryPorts,
  key: string,
  signal: AbortSignal,
): Promise<Outcome | undefined> {
  const { caches, clock, namespace, settings } = context;
  const backup = caches.backups.get(key);
  if (backup === undefined) return undefined;
  const { uid = "" } = backup.metadata;
  const frequencyMs = settings.garbageCollectionFrequencyMs;
  const again = { lookAgainAfterMs: frequencyMs };
  const name = backup.spec.storageLocation ?? "";
  const location = caches.locations.get(objectKey({ namespace, name }));
  const requests = () => requestsFor(context, uid);
  const found = { now: clock.now(), location, requests, retryAfterMs: frequencyMs };
  const decision = decideExpiry(backup, found);
  if (decision.action === "leave" || decision.action === "wait") return again;
  const hindrance =
    decision.action === "keep"
      ? { why: decision.why, message: messageOf(decision.why, name) }
      : location && (await hindranceInBucket(context, backup, location, signal));
  await label(context, backup, hindrance, signal);
  if (hindrance === undefined) await requestDeletion(context, backup, signal);
  return again;
}

function messageOf(why: "BSLNotFound" | "BSLReadOnly" | string, location: string): string {
  return why === "BSLReadOnly"
    ? `its location ${location} is read-only`
    : `its location "${location}" does not exist`;
}

function requestsFor({ caches }: ExpiryPorts, uid: string): readonly DeleteBackupRequest[] {
  return [...caches.deleteRequests.entries()]
    .map(([, request]) => request)
    .filter(({ metadata }) => metadata.labels?.[labels.backupUid] === uid);
}

/** Says why it stays, once: what stands already is not written again (regression 41). */
async function label(
  { cluster, namespace, events, log }: ExpiryPorts,
  backup: KnownBackup,
  hindrance: Hindrance | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { name, uid } = backup.metadata;
  if (backup.metadata.labels?.[labels.gcFailure] === hindrance?.why) return;
  const patch = { metadata: { uid, labels: { [labels.gcFailure]: hindrance?.why ?? null } } };
  const ref = { kind: resourceKindOf(backupKind), namespace, name };
  try {
    await cluster.patch(ref, "merge", jsonBytes(patch), { signal, fieldManager });
  } catch (thrown) {
    if (!hasCode(thrown, "ARK_API_NOT_FOUND") && !hasCode(thrown, "ARK_API_CONFLICT")) throw thrown;
    return;
  }
  if (hindrance === undefined) return;
  const { why, message } = hindrance;
  const type = why === "LastGood" || why === "OtherCluster" ? "Normal" : "Warning";
  events.record(backup, {
    type,
    reason: "ExpiredBackupKept",
    message: `has expired and stays: ${message}`,
  });
  log.write("info", "expired backup kept", { backup: name, why, message });
}

/** As Velero's, which finds it by its labels. */
async function requestDeletion(
  { cluster, namespace, clock, log }: ExpiryPorts,
  backup: KnownBackup,
  signal: AbortSignal,
): Promise<void> {
  const { name, uid = "" } = backup.metadata;
  const start = name.slice(0, longestStart).replace(/[^a-z0-9]+$/, "");
  const request = {
    apiVersion: "velero.io/v1",
    kind: "DeleteBackupRequest",
    metadata: {
      name: `${start}-${clock.uuid().replaceAll("-", "").slice(-10)}`,
      namespace,
      labels: { [labels.backupName]: labelValue(name), [labels.backupUid]: uid },
    },
    spec: { backupName: name },
  };
  const kind = resourceKindOf(deleteBackupRequestKind);
  const ref = { kind, namespace, name: request.metadata.name };
  await cluster.create(ref, jsonBytes(request), { signal, fieldManager });
  log.write("info", "expired backup to be deleted", { backup: name, request: ref.name });
}
