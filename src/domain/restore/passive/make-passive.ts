import { annotations } from "../../../api/labels.ts";
import type { GroupResource } from "../../../api/resource-kind.ts";
import {
  arrayAt,
  changeEach,
  textAt,
  valueAt,
  without,
  withoutAll,
  withValue,
} from "../../../lib/json-edit.ts";
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  stringifyJson,
} from "../../../lib/json-text.ts";
import { mergePatch } from "../../../lib/merge-patch.ts";

/** What the annotation of a passive object holds, as merge patches. */
export interface PassiveMark {
  /** What was written in place of the original; null: it was taken away. */
  readonly is: JsonObject;
  /** Puts the original back. */
  readonly was: JsonObject;
}

/** In the place of what nothing answers to: a scheduling gate, a node label, a class of Ingress. */
export const passiveName = "ark-ts.dev/passive";
export const passiveClass = "ark-ts-passive";

const noReplicas = (object: JsonObject): JsonObject => withValue(object, ["spec", "replicas"], 0);
const suspended = (object: JsonObject): JsonObject => withValue(object, ["spec", "suspend"], true);

/** How each kind is made to do nothing; whatever has no line here does nothing by itself. */
const rules: ReadonlyMap<GroupResource, (object: JsonObject) => JsonObject> = new Map([
  ["deployments.apps", noReplicas],
  ["statefulsets.apps", noReplicas],
  ["replicasets.apps", noReplicas],
  ["replicationcontrollers", noReplicas],
  ["daemonsets.apps", onNoNode],
  ["cronjobs.batch", suspended],
  ["jobs.batch", suspended],
  ["pods", unscheduled],
  ["horizontalpodautoscalers.autoscaling", neverFromZero],
  ["services", withoutLoadBalancer],
  ["ingresses.networking.k8s.io", withoutController],
]);

/** An object that does nothing, with its originals in an annotation; undefined: it did nothing before. */
export function makePassive(object: JsonObject, resource: GroupResource): JsonObject | undefined {
  if (isPassive(object)) return object;
  const passive = rules.get(resource)?.(object) ?? object;
  const is = mergePatch(object, passive);
  if (is === undefined) return undefined;
  const mark: JsonObject = { is, was: originalsOf(is, object) };
  return withValue(passive, ["metadata", "annotations", annotations.passive], stringifyJson(mark));
}

/** Undefined: the object is not passive, or is no more. */
export function isPassive(object: JsonObject | undefined): boolean {
  return textAt(object, ["metadata", "annotations", annotations.passive]) !== "";
}

/** Whether an object of one of these kinds does nothing as it is, with or without the annotation. */
export function isAtRest(object: JsonObject, resource: GroupResource): boolean {
  if (resource === "pods") {
    const gates = arrayAt(object, ["spec", "schedulingGates"]);
    return gates.some((gate) => textAt(gate, ["name"]) === passiveName);
  }
  return mergePatch(object, rules.get(resource)?.(object) ?? object) === undefined;
}

/** Kinds whose objects can be passive, in the order in which they are put back to work. */
export const passiveKinds: readonly GroupResource[] = [...rules.keys()];

function originalsOf(is: JsonObject, object: JsonObject): JsonObject {
  const of = (value: JsonValue, original: JsonValue | undefined): JsonValue =>
    isJsonObject(value)
      ? originalsOf(value, isJsonObject(original) ? original : {})
      : (original ?? null);
  return Object.fromEntries(
    Object.entries(is).map(([key, value]) => [key, of(value, valueAt(object, [key]))]),
  );
}

/** No node has the label: nobody sets it. */
function onNoNode(object: JsonObject): JsonObject {
  return withValue(object, ["spec", "template", "spec", "nodeSelector", passiveName], "true");
}

/** A pod of no controller waits at its gate, which may be taken away and not added later. */
function unscheduled(object: JsonObject): JsonObject {
  const gates = arrayAt(object, ["spec", "schedulingGates"]);
  return withValue(object, ["spec", "schedulingGates"], [...gates, { name: passiveName }]);
}

/** Scaling is off while there are no replicas, unless the autoscaler may go down to none itself. */
function neverFromZero(object: JsonObject): JsonObject {
  return valueAt(object, ["spec", "minReplicas"]) === 0
    ? withValue(object, ["spec", "minReplicas"], 1)
    : object;
}

/** What the API server takes for that type only goes with it. */
function withoutLoadBalancer(object: JsonObject): JsonObject {
  if (textAt(object, ["spec", "type"]) !== "LoadBalancer") return object;
  const inside = withoutAll(withValue(object, ["spec", "type"], "ClusterIP"), [
    ["spec", "loadBalancerClass"],
    ["spec", "loadBalancerIP"],
    ["spec", "loadBalancerSourceRanges"],
    ["spec", "allocateLoadBalancerNodePorts"],
    ["spec", "externalTrafficPolicy"],
    ["spec", "healthCheckNodePort"],
  ]);
  return changeEach(inside, ["spec", "ports"], (port) => without(port, ["nodePort"]));
}

/** A class that no controller answers to. The old annotation and the field exclude each other. */
function withoutController(object: JsonObject): JsonObject {
  const old = ["metadata", "annotations", "kubernetes.io/ingress.class"];
  const path = valueAt(object, old) === undefined ? ["spec", "ingressClassName"] : old;
  return withValue(object, path, passiveClass);
}
