import { parseQuantity, quantityUnits } from "../../../api/quantity.ts";
import { arrayAt, objectAt, textAt, valueAt } from "../../../lib/json-edit.ts";
import type { JsonObject, JsonValue } from "../../../lib/json-text.ts";
import type { ExaminedObject } from "./facts.ts";

/** Object counts that have a name of their own beside `count/…`. */
const plainCounts: readonly string[] = [
  ...["pods", "services", "secrets", "configmaps", "persistentvolumeclaims"],
  ...["replicationcontrollers", "resourcequotas"],
];

const one = quantityUnits;

/** What an object counts for in quotas, by quota resource, in quantity units. */
export function quotaUse(object: ExaminedObject): ReadonlyMap<string, bigint> {
  const { resource, desired } = object;
  const use = new Map<string, bigint>([[`count/${resource}`, one]]);
  if (plainCounts.includes(resource)) use.set(resource, one);
  if (resource === "persistentvolumeclaims") addClaim(use, desired);
  if (resource === "services") addService(use, desired);
  if (resource === "pods") addPod(use, desired);
  return use;
}

function addClaim(use: Map<string, bigint>, claim: JsonObject): void {
  const storage = amountOf(valueAt(claim, ["spec", "resources", "requests", "storage"]));
  const named = textAt(claim, ["spec", "storageClassName"]);
  use.set("requests.storage", storage);
  if (named === "") return;
  const prefix = `${named}.storageclass.storage.k8s.io`;
  use.set(`${prefix}/requests.storage`, storage);
  use.set(`${prefix}/persistentvolumeclaims`, one);
}

function addService(use: Map<string, bigint>, service: JsonObject): void {
  const type = textAt(service, ["spec", "type"]);
  const ports = BigInt(arrayAt(service, ["spec", "ports"]).length);
  if (type === "NodePort") use.set("services.nodeports", ports * one);
  if (type !== "LoadBalancer") return;
  use.set("services.loadbalancers", one);
  if (valueAt(service, ["spec", "allocateLoadBalancerNodePorts"]) !== false) {
    use.set("services.nodeports", ports * one);
  }
}

/** The larger of what its containers ask for together and what one init container does. */
function addPod(use: Map<string, bigint>, pod: JsonObject): void {
  for (const side of ["requests", "limits"] as const) {
    for (const resource of ["cpu", "memory", "ephemeral-storage"]) {
      const amount = podAmount(pod, side, resource);
      if (amount === 0n) continue;
      use.set(`${side}.${resource}`, amount);
      if (side === "requests") use.set(resource, amount);
    }
  }
}

function podAmount(pod: JsonObject, side: string, resource: string): bigint {
  const of = (container: JsonValue): bigint =>
    amountOf(objectAt(container, ["resources", side])[resource]);
  const sum = arrayAt(pod, ["spec", "containers"]).reduce((total, next) => total + of(next), 0n);
  const inits = arrayAt(pod, ["spec", "initContainers"]).map(of);
  const most = inits.reduce((largest, next) => (next > largest ? next : largest), sum);
  return most + amountOf(objectAt(pod, ["spec", "overhead"])[resource]);
}

function amountOf(value: JsonValue | undefined): bigint {
  return value === undefined || value === null ? 0n : (parseQuantity(String(value)) ?? 0n);
}
