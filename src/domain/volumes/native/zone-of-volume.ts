import { textAt } from "../../../lib/json-edit.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../../lib/json-text.ts";

const zoneLabel = "topology.kubernetes.io/zone";
const formerZoneLabel = "failure-domain.beta.kubernetes.io/zone";
const gkeZone = "topology.gke.io/zone";

/** Keys of node affinity, in Velero's order. */
const affinityKeys: readonly string[] = [
  "topology.ebs.csi.aws.com/zone",
  "topology.disk.csi.azure.com/zone",
  gkeZone,
  "topology.cinder.csi.openstack.org/zone",
  "topology.manila.csi.openstack.org/zone",
  zoneLabel,
  formerZoneLabel,
];

/**
 * Velero's rule for the zone of a PersistentVolume: its label, else its node affinity; empty where
 * neither says one. A regional disk of GKE has several, joined by two underscores.
 */
export function zoneOfVolume(volume: JsonObject): string {
  for (const label of [zoneLabel, formerZoneLabel]) {
    const zone = textAt(volume, ["metadata", "labels", label]);
    if (zone !== "") return zone;
  }
  const expressions = expressionsOf(volume);
  for (const key of affinityKeys) {
    const zones = expressions.flatMap((one) => (one.key === key ? one.values : []));
    if (zones.length === 0) continue;
    return key === gkeZone ? zones.join("__") : (zones[0] ?? "");
  }
  return "";
}

function expressionsOf(
  volume: JsonObject,
): readonly { readonly key: string; readonly values: readonly string[] }[] {
  const spec = objectOf(volume["spec"]);
  const required = objectOf(objectOf(spec["nodeAffinity"])["required"]);
  const terms = listOf(required["nodeSelectorTerms"]).map(objectOf);
  return terms
    .flatMap((term) => listOf(term["matchExpressions"]).map(objectOf))
    .filter(({ operator }) => operator === "In")
    .map(({ key, values }) => ({
      key: typeof key === "string" ? key : "",
      values: listOf(values).filter((one): one is string => typeof one === "string"),
    }));
}

const objectOf = (value: JsonValue | undefined): JsonObject =>
  value !== undefined && isJsonObject(value) ? value : {};
const listOf = (value: JsonValue | undefined): readonly JsonValue[] =>
  Array.isArray(value) ? value : [];
