import { labels } from "../../api/labels.ts";
import type { PodVolumeBackup } from "../../api/pod-volume-backup.ts";

/** More of them no backup has; a list may say anything. */
const maxTransfers = 10_000;
const terminal: ReadonlySet<unknown> = new Set(["Completed", "Failed", "Canceled"]);

export interface TransferContext {
  readonly namespace: string;
  readonly location: string;
  /** The Backup as it was created in this cluster. */
  readonly backup: { readonly name: string; readonly uid: string };
  readonly isName: (name: string) => boolean;
}

type Entry = Readonly<Record<string, unknown>>;

/**
 * PodVolumeBackups that a backup lists, as they are created here (contract: Velero 1.18.3): in this
 * namespace and location, owned by the Backup. `left` counts those that are none, or that a node
 * agent could take for work to be done.
 */
export function toIncomingTransfers(
  listed: readonly Entry[],
  { namespace, location, backup, isName }: TransferContext,
): { readonly transfers: readonly PodVolumeBackup[]; readonly left: number } {
  const transfers: PodVolumeBackup[] = [];
  for (const entry of listed.slice(0, maxTransfers)) {
    const [metadata, spec, status] = ["metadata", "spec", "status"].map((key) =>
      asEntry(entry[key]),
    );
    const name = metadata?.["name"];
    if (metadata === undefined || spec === undefined || status === undefined) continue;
    if (typeof name !== "string" || !isName(name) || !terminal.has(status["phase"])) continue;
    const found = asEntry(metadata["labels"]) ?? {};
    const kept = Object.hasOwn(found, labels.backupUid)
      ? { ...found, [labels.backupUid]: backup.uid }
      : found;
    const owner = { apiVersion: "velero.io/v1", kind: "Backup", ...backup, controller: true };
    const transfer = {
      apiVersion: "velero.io/v1",
      kind: "PodVolumeBackup",
      metadata: {
        name,
        namespace,
        labels: kept,
        annotations: asEntry(metadata["annotations"]) ?? {},
        ownerReferences: [owner],
      },
      spec: { ...spec, backupStorageLocation: location },
      status,
    };
    // What is not of its schema the API server refuses.
    transfers.push(transfer as unknown as PodVolumeBackup);
  }
  return { transfers, left: listed.length - transfers.length };
}

function asEntry(value: unknown): Entry | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Entry)
    : undefined;
}
