import { textAt } from "../../../lib/json-edit.ts";
import type { JsonObject } from "../../../lib/json-text.ts";
import { type ClaimOf, claimsOf, storageClassOf } from "../claims-of.ts";
import type { ExaminedObject, TargetFacts } from "./facts.ts";
import type { TargetFinding } from "./finding.ts";
import { about, type TargetFindingRule } from "./rule.ts";

const classes = "storageclasses.storage.k8s.io";
const defaultClass = ["metadata", "annotations", "storageclass.kubernetes.io/is-default-class"];

/** A claim is accepted all the same; only its volume never comes. */
export const storageClassMissing: TargetFindingRule = {
  code: "storage-class-missing",
  reason: "a claim whose storage class does not exist is created and stays Pending",
  open(facts) {
    let hasDefault = facts.defaultStorageClass !== undefined;
    return {
      see(object) {
        // Classes come in an earlier wave than what names them.
        if (object.resource === classes) hasDefault ||= isDefault(object.desired);
        return claimsOf(object.resource, object.desired).flatMap((one) => {
          const problem = problemOf(one, object, { facts, hasDefault });
          return problem === undefined ? [] : [finding(object, one, problem)];
        });
      },
      end: () => [],
    };
  },
};

function isDefault(storageClass: JsonObject): boolean {
  return textAt(storageClass, defaultClass) === "true";
}

function problemOf(
  { claim, isObject }: ClaimOf,
  { action }: ExaminedObject,
  { facts, hasDefault }: { readonly facts: TargetFacts; readonly hasDefault: boolean },
): string | undefined {
  // One that is there keeps its class, and one that names a volume needs none.
  if (isObject && (action === "patch" || textAt(claim, ["spec", "volumeName"]) !== "")) {
    return undefined;
  }
  const known = facts.names(classes);
  const named = storageClassOf(claim);
  if (known === undefined || named === "") return undefined;
  if (named === undefined) {
    return hasDefault ? undefined : "it names no storage class, and the cluster has no default one";
  }
  if (known.has(named) || facts.restores(classes, "", named)) return undefined;
  return `storage class "${named}" does not exist here`;
}

function finding(
  object: ExaminedObject,
  { subject, isObject }: ClaimOf,
  problem: string,
): TargetFinding {
  const who = isObject ? "the claim" : "it";
  return {
    severity: "warning",
    code: "storage-class-missing",
    message: `${problem}: ${subject} will be created and wait for a volume`,
    ...about(object),
    advice: `create the class, or map ${who} to one that exists: --storage-class-mappings`,
  };
}
