import type { BackupSpec } from "../../api/backup.ts";
import { goDurationMs } from "../../lib/go-duration.ts";
import type { LocationOfProvider } from "../volumes/native/choose-locations.ts";
import type { locationOf } from "./backup-defaults.ts";

/** What keeps a Backup from its location, in sentences. */
export function locationViolations(location: ReturnType<typeof locationOf>): readonly string[] {
  if ("missing" in location) {
    const name = JSON.stringify(location.missing);
    return [
      location.isDefault
        ? `no backup storage location is named, none is marked as the default one, and there is none of the name ${name}`
        : `there is no backup storage location ${name}`,
    ];
  }
  const { metadata, spec, status } = location;
  const name = JSON.stringify(metadata.name);
  if (spec.accessMode === "ReadOnly") {
    return [`backup storage location ${name} takes no backups: its access mode is ReadOnly`];
  }
  if (status?.phase !== "Unavailable") return [];
  const why = status.message === undefined ? "" : `: ${status.message}`;
  return [`backup storage location ${name} is unavailable${why}`];
}

/** `all`: those of the namespace. */
export function snapshotLocationViolations(
  { volumeSnapshotLocations = [], snapshotVolumes }: BackupSpec,
  all: readonly LocationOfProvider[],
): readonly string[] {
  const found: string[] = [];
  const chosen = new Map<string, string>();
  for (const name of new Set(volumeSnapshotLocations)) {
    const one = all.find((location) => location.name === name);
    if (one === undefined) {
      found.push(`there is no volume snapshot location ${JSON.stringify(name)}`);
      continue;
    }
    const { provider } = one;
    const other = chosen.get(provider);
    if (other === undefined) chosen.set(provider, name);
    else {
      const both = `${JSON.stringify(other)} and ${JSON.stringify(name)}`;
      found.push(`volume snapshot locations ${both} are of one provider, ${provider}: name one`);
    }
  }
  // Who wants no snapshots need not choose.
  if (found.length > 0 || snapshotVolumes === false) return found;
  return unchosenProviders(all, chosen);
}

/** Of a provider with several locations one must be named. */
function unchosenProviders(
  all: readonly LocationOfProvider[],
  chosen: ReadonlyMap<string, string>,
): readonly string[] {
  const names = new Map<string, string[]>();
  for (const { name, provider } of all) {
    names.set(provider, [...(names.get(provider) ?? []), name]);
  }
  return [...names].flatMap(([provider, several]) => {
    if (chosen.has(provider) || several.length < 2) return [];
    const listed = several.sort().join(", ");
    return [
      `provider ${provider} has more than one volume snapshot location, and none is named: choose one of ${listed} in spec.volumeSnapshotLocations`,
    ];
  });
}

export function durationViolations(spec: BackupSpec): readonly string[] {
  const fields = ["ttl", "csiSnapshotTimeout", "itemOperationTimeout"] as const;
  return fields.flatMap((field) => {
    const text = spec[field];
    if (text === undefined || text === "") return [];
    const durationMs = goDurationMs(text);
    if (durationMs !== undefined && durationMs >= 0) return [];
    return [`${field}: ${JSON.stringify(text)} is no duration such as 720h0m0s`];
  });
}
