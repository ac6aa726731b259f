/**
 * What Compute Engine takes as a request to make something, by its reference of disks.insert,
 * regionDisks.insert and snapshots.insert (https://cloud.google.com/compute/docs/reference/rest/v1).
 */
import { invalid, Refusal } from "./refusal.ts";

export type Body = Readonly<Record<string, unknown>>;

const namePattern = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;
// https://cloud.google.com/compute/docs/labeling-resources#requirements
const labelKey = /^\p{Ll}[\p{Ll}\p{N}_-]{0,62}$/u;
const labelValue = /^[\p{Ll}\p{N}_-]{0,63}$/u;
const maxLabels = 64;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const snapshotFields = new Set([
  "name",
  "description",
  "labels",
  "sourceDisk",
  "snapshotType",
  "storageLocations",
]);
const diskFields = new Set([
  "name",
  "description",
  "labels",
  "sourceSnapshot",
  "type",
  "replicaZones",
  "diskEncryptionKey",
]);

export function checkRequestId(id: string | null): void {
  if (id === null) return;
  if (uuid.test(id) && !/^[0-]+$/.test(id)) return;
  throw new Refusal(400, "invalid", `Invalid value for field 'requestId': '${id}'. Must be a UUID`);
}

export function checkSnapshot(body: Body): void {
  checkCommon(body, snapshotFields);
  const { snapshotType, storageLocations } = body;
  if (snapshotType !== undefined && !["STANDARD", "ARCHIVE"].includes(snapshotType as string)) {
    throw invalid("snapshotType", snapshotType, "Unknown snapshot type.");
  }
  if (storageLocations === undefined) return;
  if (Array.isArray(storageLocations) && storageLocations.length === 1) return;
  throw invalid("storageLocations", storageLocations, "At most one storage location is taken.");
}

/** `place`: `zones/z` or `regions/r`. */
export function checkDisk(body: Body, project: string, place: string): void {
  checkCommon(body, diskFields);
  const { type, replicaZones } = body;
  const [scope, name = ""] = place.split("/");
  const wanted = new RegExp(`(^|/)projects/${project}/${place}/diskTypes/[a-z0-9-]+$`);
  if (type !== undefined && !wanted.test(String(type))) {
    const why = "The referenced diskType resource is not of the disk's own zone or region.";
    throw invalid("type", type, why);
  }
  if (scope === "zones") {
    if (replicaZones === undefined) return;
    throw invalid("replicaZones", replicaZones, "Only regional disks have replica zones.");
  }
  const zones = Array.isArray(replicaZones) ? replicaZones.map(String) : [];
  const fits = new RegExp(`(^|/)projects/${project}/zones/${name}-[a-z]$`);
  if (new Set(zones).size === 2 && zones.every((zone) => fits.test(zone))) return;
  throw invalid("replicaZones", zones, "Exactly two zones of the region must be named.");
}

function checkCommon(body: Body, known: ReadonlySet<string>): void {
  const stranger = Object.keys(body).find((key) => !known.has(key));
  if (stranger !== undefined) {
    const message = `Invalid JSON payload received. Unknown name "${stranger}": Cannot find field.`;
    throw new Refusal(400, "badRequest", message);
  }
  const { name, description, labels = {} } = body;
  if (typeof name !== "string" || !namePattern.test(name)) {
    throw invalid("name", name, `Must be a match of regex '${namePattern.source}'`);
  }
  if (description !== undefined && typeof description !== "string") {
    throw invalid("description", description, "Must be a string.");
  }
  const all = Object.entries(labels as Readonly<Record<string, unknown>>);
  if (all.length > maxLabels) throw invalid("labels", all.length, "Too many labels.");
  for (const [key, value] of all) {
    if (!labelKey.test(key)) throw invalid("labels", key, "Label keys are lower case.");
    if (typeof value !== "string" || !labelValue.test(value)) {
      throw invalid("labels", value, "Label values are lower case, of 63 characters at most.");
    }
  }
}
