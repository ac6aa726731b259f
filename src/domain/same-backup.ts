import type { Backup } from "../api/backup.ts";
import { annotations } from "../api/labels.ts";

type Told = Pick<Backup, "metadata"> & { readonly status?: Backup["status"] };

/**
 * Whether a Backup resource and the seal that a bucket holds under its name are the same backup.
 * They are not where the location was pointed at another bucket, or the name was another's already
 * when the Backup was begun: then what lies there is not the resource's to delete. A resource that
 * sync has made has a uid of its own, but the annotations and times of the seal; of a backup that had
 * expired before its own cluster finished it, sync knows the beginning only.
 */
export function isSameBackup(resource: Told, seal: Told): boolean {
  const uid = resource.metadata.uid ?? "";
  if (uid !== "" && uid === seal.metadata.uid) return true;
  const [mine, theirs] = [manifestOf(resource), manifestOf(seal)];
  if (mine !== undefined && theirs !== undefined) return mine === theirs;
  const began = timeOf(resource.status?.startTimestamp);
  if (began === undefined || began !== timeOf(seal.status?.startTimestamp)) return false;
  const ended = timeOf(resource.status?.completionTimestamp);
  const isFinishedSince =
    ended === undefined && resource.metadata.annotations?.[annotations.takenIn] === "true";
  return isFinishedSince || ended === timeOf(seal.status?.completionTimestamp);
}

function manifestOf({ metadata }: Told): string | undefined {
  return metadata.annotations?.[annotations.manifestSha256];
}

function timeOf(text: string | null | undefined): number | undefined {
  const ms = Date.parse(text ?? "");
  return Number.isNaN(ms) ? undefined : ms;
}
