import { hash } from "node:crypto";
import { backupKind } from "../../api/backup.ts";
import { backupStorageLocationKind } from "../../api/backup-storage-location.ts";
import type { CustomResource } from "../../api/custom-resource.ts";
import { annotations, labels } from "../../api/labels.ts";
import type { ObjectMeta } from "../../api/object-meta.ts";
import { isTerminal } from "../../api/phase-table.ts";
import { restoreKind } from "../../api/restore.ts";
import { scheduleKind } from "../../api/schedule.ts";
import { volumeSnapshotLocationKind } from "../../api/volume-snapshot-location.ts";
import { decodeJson } from "../../lib/json-text.ts";
import { isUnbegun } from "../backups/backup-stage.ts";
import { isSecretName } from "../redaction/secret-names.ts";

/** What of a resource of `velero.io` copying needs. */
export interface Copyable {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly spec: object;
  readonly status?: object;
}

/** Kinds of which the server keeps copies, in the order in which they are made again. */
export const copiedKinds: readonly CustomResource[] = [
  volumeSnapshotLocationKind,
  backupStorageLocationKind,
  scheduleKind,
  backupKind,
  restoreKind,
];

/** A copy as a ConfigMap holds it, and as one is found again. */
export interface ResourceCopy {
  /** Of the ConfigMap. */
  readonly name: string;
  /** uid of the object, and of the definition of its kind while it stood. */
  readonly uid: string;
  readonly definitionUid: string;
  /** Where it was made; undefined: nothing says. */
  readonly clusterId: string | undefined;
  readonly object: Copyable;
}

/** What stands now, as far as copies tell it apart from what once stood. */
export interface CopyOrigin {
  readonly definitionUid: string;
  /** As of `ClusterIdentity`. */
  readonly clusterId: string;
}

/** A ConfigMap takes 1 MiB in all. */
const maxTextBytes = 900 * 1024;
const maxName = 253;
const dataKey = "object.json";

/** Locations and Schedules always; a Backup or Restore until it has ended: the bucket knows it then. */
export function isToBeCopied(
  { kind, phases }: CustomResource,
  { metadata, status }: Copyable,
): boolean {
  if ((metadata.deletionTimestamp ?? "") !== "") return false;
  if (kind !== "Backup" && kind !== "Restore") return true;
  const phase = phaseOf(status);
  return phase !== "Deleting" && !isTerminal(phases, phase);
}

/** The object as it is made again: nothing that the API server gives, nothing that changes all the time. */
export function copiedObject({ apiVersion, kind, metadata, spec, status }: Copyable): Copyable {
  const { name, namespace, labels: own, ownerReferences } = metadata;
  const { [annotations.doing]: _, ...lasting } = metadata.annotations ?? {};
  const notes = metadata.annotations === undefined ? undefined : lasting;
  const kept = statusToKeep(kind, status);
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      ...(own !== undefined && { labels: own }),
      ...(notes !== undefined && { annotations: notes }),
      ...(ownerReferences !== undefined && { ownerReferences }),
    },
    spec,
    ...(kept !== undefined && { status: kept }),
  };
}

/** A location is validated anew; what has not begun begins anew. */
function statusToKeep(kind: string, status: object | undefined): object | undefined {
  if (kind === "BackupStorageLocation" || kind === "VolumeSnapshotLocation") return undefined;
  if (kind === "Schedule") return status;
  if (isUnbegun(phaseOf(status))) return undefined;
  const { progress: _, ...kept } = status as { readonly progress?: unknown };
  return kept;
}

function phaseOf(status: object | undefined): string | undefined {
  const phase = (status as { readonly phase?: unknown } | undefined)?.phase;
  return typeof phase === "string" ? phase : undefined;
}

/** The ConfigMap of a copy; its problem where it may not or cannot be one. */
export function toConfigMap(
  { plural }: CustomResource,
  resource: Copyable,
  { definitionUid, clusterId }: CopyOrigin,
): { readonly configMap: object; readonly name: string } | { readonly problem: string } {
  const secret = credentialIn(resource);
  if (secret !== undefined) {
    return {
      problem: `${secret} looks like a credential, which belongs in a Secret; ConfigMaps are read by many`,
    };
  }
  const object = copiedObject(resource);
  const text = JSON.stringify(object);
  if (Buffer.byteLength(text) > maxTextBytes) {
    return {
      problem: `it has more than ${maxTextBytes / 1024} KiB, and a ConfigMap takes no more`,
    };
  }
  const { name: of, namespace, uid = "" } = resource.metadata;
  const name = copyName(plural, of);
  const configMap = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name,
      namespace,
      labels: { "app.kubernetes.io/managed-by": "ark-ts", [labels.copyOf]: plural },
      annotations: {
        [annotations.copiedUid]: uid,
        [annotations.definitionUid]: definitionUid,
        [annotations.copiedFromCluster]: clusterId,
      },
    },
    data: { [dataKey]: text },
  };
  return { configMap, name };
}

export function copyName(plural: string, name: string): string {
  const whole = `ark-ts-copy-${plural}-${name}`;
  if (whole.length <= maxName) return whole;
  return `${whole.slice(0, maxName - 17)}-${hash("sha256", name, "hex").slice(0, 16)}`;
}

/** Undefined for a ConfigMap that is no copy, or whose content somebody has changed beyond reading. */
export function readConfigMap(value: unknown, { kind }: CustomResource): ResourceCopy | undefined {
  const { metadata, data } = value as {
    readonly metadata: ObjectMeta;
    readonly data?: Readonly<Record<string, string>>;
  };
  const notes = metadata.annotations ?? {};
  const [uid, definitionUid] = [notes[annotations.copiedUid], notes[annotations.definitionUid]];
  const object = parsed(data?.[dataKey]);
  if (uid === undefined || definitionUid === undefined) return undefined;
  if (object?.kind !== kind || typeof object.metadata?.name !== "string") return undefined;
  const clusterId = notes[annotations.copiedFromCluster];
  return { name: metadata.name, uid, definitionUid, clusterId, object };
}

function parsed(text: string | undefined): Copyable | undefined {
  try {
    const value = decodeJson(text ?? "null");
    return typeof value === "object" && value !== null ? (value as Copyable) : undefined;
  } catch {
    return undefined;
  }
}

const urlWithUser = /^[a-z][a-z0-9+.-]*:\/\/[^/@\s]+@/i;

/** A setting of a location that holds a secret by the look of it; users are told to use Secrets. */
function credentialIn({ spec }: Copyable): string | undefined {
  const config = (spec as { readonly config?: Readonly<Record<string, unknown>> }).config ?? {};
  const found = Object.entries(config).find(
    ([key, value]) => value !== "" && (isSecretName(key) || urlWithUser.test(String(value))),
  );
  return found === undefined ? undefined : `spec.config.${found[0]}`;
}
