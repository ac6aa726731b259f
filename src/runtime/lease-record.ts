import type { RawObject } from "../api/raw-object.ts";
import type { ResourceKind } from "../api/resource-kind.ts";
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseJson,
  stringifyJson,
} from "../lib/json-text.ts";

export const leaseKind: ResourceKind = {
  group: "coordination.k8s.io",
  version: "v1",
  resource: "leases",
  kind: "Lease",
  namespaced: true,
  verbs: ["create", "get", "list", "update", "watch"],
  singular: "lease",
  shortNames: [],
  categories: [],
  preferred: true,
  subresources: [],
};

/** What the `spec` of a Lease says of its holder. */
export interface LeaseRecord {
  /** Empty: nobody holds it. */
  readonly holder: string;
  /** Transitions between holders so far: the epoch of the present one. 0 where there was none. */
  readonly epoch: number;
  /** After so long without a change the holder counts as gone; 0 where the Lease does not say. */
  readonly durationMs: number;
  /** As it stands there: for comparing, never for reckoning with, as clocks differ. */
  readonly renewTime: string;
  readonly resourceVersion: string;
  /** The whole object. */
  readonly object: JsonObject;
}

export function readLease(raw: RawObject): LeaseRecord {
  const parsed = parseJson(raw.bytes.toString());
  const object = isJsonObject(parsed) ? parsed : {};
  const spec = isJsonObject(object["spec"]) ? object["spec"] : {};
  const text = (value: JsonValue | undefined) => (typeof value === "string" ? value : "");
  const count = (value: JsonValue | undefined) => (typeof value === "number" ? value : 0);
  return {
    holder: text(spec["holderIdentity"]),
    epoch: count(spec["leaseTransitions"]),
    durationMs: count(spec["leaseDurationSeconds"]) * 1000,
    renewTime: text(spec["renewTime"]),
    resourceVersion: raw.resourceVersion,
    object,
  };
}

export interface LeaseClaim {
  /** Empty gives the Lease up. */
  readonly holder: string;
  readonly epoch: number;
  readonly durationMs: number;
  readonly now: Date;
  /** Whether the holder is another than before. */
  readonly isNew: boolean;
}

/** The Lease as it is to be written: what others have put on it stays. */
export function writeLease(
  { namespace, name }: { readonly namespace: string; readonly name: string },
  before: JsonObject | undefined,
  claim: LeaseClaim,
): Buffer {
  const spec = isJsonObject(before?.["spec"]) ? before["spec"] : {};
  const written = {
    kind: "Lease",
    apiVersion: "coordination.k8s.io/v1",
    metadata: { name, namespace },
    ...before,
    spec: {
      ...spec,
      holderIdentity: claim.holder,
      leaseDurationSeconds: Math.max(1, Math.ceil(claim.durationMs / 1000)),
      ...(claim.isNew ? { acquireTime: microTime(claim.now) } : {}),
      renewTime: microTime(claim.now),
      leaseTransitions: claim.epoch,
    },
  };
  return Buffer.from(stringifyJson(written));
}

/** `metav1.MicroTime`, which demands six digits. */
export function microTime(time: Date): string {
  return time.toISOString().replace("Z", "000Z");
}
