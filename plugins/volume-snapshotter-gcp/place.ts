import { ArkError } from "../../src/plugin-sdk/volume-snapshotter.ts";

/** Where a disk lies: in one zone, or in two zones of one region. */
export interface Place {
  readonly scope: "zones" | "regions";
  /** Of the zone or region. */
  readonly name: string;
  /** Of a regional disk: both. */
  readonly zones: readonly string[];
}

/** As GKE writes the zones of a regional disk: `us-central1-a__us-central1-b`. */
const separator = "__";

/** Errors: ARK_PROVIDER_FAILED where there is no zone. */
export function placeOf(zone: string, what: string): Place {
  const zones = zone.split(separator);
  const [first = ""] = zones;
  if (first === "") {
    throw new ArkError("ARK_PROVIDER_FAILED", `no zone is known for ${what}`, {
      advice:
        "its PersistentVolume must say the zone: by the label topology.kubernetes.io/zone, by node affinity, or in its volume handle",
    });
  }
  if (zones.length === 1) return { scope: "zones", name: first, zones };
  const region = /^(.+)-[^-]+$/.exec(first)?.[1];
  if (region !== undefined) return { scope: "regions", name: region, zones };
  throw new ArkError(
    "ARK_PROVIDER_FAILED",
    `${JSON.stringify(zone)} names no zones of a region, for ${what}`,
  );
}

/**
 * The type for a disk in `place`. What a backup notes is a URL with the project and zone that the
 * disk was in, and Google takes no type of another place.
 */
export function typeIn(volumeType: string, project: string, place: Place): string | undefined {
  const name = volumeType.split("/").at(-1) ?? "";
  if (name === "") return undefined;
  return `projects/${project}/${place.scope}/${place.name}/diskTypes/${name}`;
}
