import { changeAt, changeEach, type JsonPath } from "../../../lib/json-edit.ts";
import type { JsonObject, JsonValue } from "../../../lib/json-text.ts";
import { podSpecPaths } from "../../pod-specs.ts";
import type { Mapping, Pairs } from "./mapping.ts";

/** The annotation that named the class before the field did; it still wins where it stands. */
const oldAnnotation: JsonPath = [
  "metadata",
  "annotations",
  "volume.beta.kubernetes.io/storage-class",
];
const field: JsonPath = ["spec", "storageClassName"];

/** Storage classes of claims, volumes, and the claims that workloads make. */
export function mapStorageClasses(
  pairs: Pairs,
  titleOf: (from: string, to: string) => string,
): Mapping {
  return {
    titles: Object.entries(pairs).map(([from, to]) => titleOf(from, to)),
    map(object, resource, use) {
      const rename = (value: JsonValue): JsonValue => {
        if (typeof value !== "string" || !Object.hasOwn(pairs, value)) return value;
        const to = pairs[value] as string;
        use(titleOf(value, to));
        return to;
      };
      const ofClaim = (claim: JsonObject): JsonObject =>
        changeAt(changeAt(claim, field, rename), oldAnnotation, rename);
      if (resource === "persistentvolumeclaims" || resource === "persistentvolumes")
        return ofClaim(object);
      const mapped =
        resource === "statefulsets.apps"
          ? changeEach(object, ["spec", "volumeClaimTemplates"], ofClaim)
          : object;
      const podSpec = podSpecPaths.get(resource);
      if (podSpec === undefined) return mapped;
      return changeEach(mapped, [...podSpec, "volumes"], (volume) =>
        changeAt(volume, ["ephemeral", "volumeClaimTemplate"], (claim) =>
          ofClaim(claim as JsonObject),
        ),
      );
    },
  };
}

/** Undefined: `text` may name a storage class. */
export function classProblem(text: string): string | undefined {
  return /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/.test(text)
    ? undefined
    : "is not the name of a storage class";
}
