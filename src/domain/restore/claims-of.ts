import type { GroupResource } from "../../api/resource-kind.ts";
import { arrayAt, textAt, valueAt } from "../../lib/json-edit.ts";
import { isJsonObject, type JsonObject } from "../../lib/json-text.ts";
import { podSpecPaths } from "../pod-specs.ts";

/** A claim that an object is, or that its controller makes for it. */
export interface ClaimOf {
  readonly claim: JsonObject;
  /** `the claim`, as the subject of a sentence. */
  readonly subject: string;
  readonly isObject: boolean;
}

const oldAnnotation = ["metadata", "annotations", "volume.beta.kubernetes.io/storage-class"];

/** The class that a claim names; empty: it wants none; undefined: it leaves the choice to the cluster. */
export function storageClassOf(claim: JsonObject): string | undefined {
  const named = valueAt(claim, oldAnnotation) ?? valueAt(claim, ["spec", "storageClassName"]);
  return typeof named === "string" ? named : undefined;
}

/** Claims, those of a StatefulSet's templates, and those of the ephemeral volumes of any pod. */
export function claimsOf(resource: GroupResource, object: JsonObject): readonly ClaimOf[] {
  if (resource === "persistentvolumeclaims") {
    return [{ claim: object, subject: "the claim", isObject: true }];
  }
  const templates =
    resource === "statefulsets.apps" ? arrayAt(object, ["spec", "volumeClaimTemplates"]) : [];
  const podSpec = podSpecPaths.get(resource);
  const volumes = podSpec === undefined ? [] : arrayAt(object, [...podSpec, "volumes"]);
  return [
    ...templates.filter(isJsonObject).map((claim) => {
      const name = textAt(claim, ["metadata", "name"]);
      return { claim, subject: `each claim of its template "${name}"`, isObject: false };
    }),
    ...volumes.flatMap((volume): readonly ClaimOf[] => {
      const claim = valueAt(volume, ["ephemeral", "volumeClaimTemplate"]);
      if (claim === undefined || !isJsonObject(claim)) return [];
      const name = textAt(volume, ["name"]);
      const whose = resource === "pods" ? "the claim" : "each claim";
      return [{ claim, subject: `${whose} of its ephemeral volume "${name}"`, isObject: false }];
    }),
  ];
}
