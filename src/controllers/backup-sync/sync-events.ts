import type { SyncReport } from "./sync-location.ts";

export interface SyncEvent {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}

const named = 5;

/** What a person has to know of a look at a location; empty when all is well. */
export function eventsOfSync(
  { taken, refused, elsewhere }: Pick<SyncReport, "taken" | "refused" | "elsewhere">,
  place: string,
): readonly SyncEvent[] {
  const events: SyncEvent[] = [];
  if (taken.length > 0) {
    const names = some(taken.map(({ name, location }) => `${name} (of ${location || "none"})`));
    events.push({
      type: "Warning",
      reason: "BackupNameTaken",
      message: `${backups(taken.length)} of ${place} cannot be shown: Backups of other locations have their names: ${names}. They stay in the bucket; to see them, delete or rename the others, or read this location from another namespace`,
    });
  }
  if (refused.length > 0) {
    const reasons = some(refused.map(({ name, problem }) => `${name}: ${problem}`));
    events.push({
      type: "Warning",
      reason: "BackupRefused",
      message: `${backups(refused.length)} of ${place} cannot be used: ${reasons}`,
    });
  }
  if (elsewhere.length > 0) {
    const names = some(elsewhere.map(({ metadata }) => metadata.name));
    events.push({
      type: "Warning",
      reason: "LocationRepointed",
      message: `this location now means ${place}; ${backups(elsewhere.length)} of it lie where it pointed before, and are left alone: ${names}. Point it back, or delete these Backups with kubectl, which leaves their files`,
    });
  }
  return events;
}

function backups(count: number): string {
  return count === 1 ? "1 backup" : `${count} backups`;
}

function some(texts: readonly string[]): string {
  const shown = texts.slice(0, named).map((text) => text.slice(0, 200));
  const more = texts.length - shown.length;
  return `${shown.join(", ")}${more > 0 ? `, and ${more} more` : ""}`;
}
