import type { GroupResource } from "../../api/resource-kind.ts";
import { arrayAt, textAt, valueAt } from "../../lib/json-edit.ts";
import { isRawNumber, type JsonObject, type JsonValue } from "../../lib/json-text.ts";

/** Whether a workload does its work. */
export type Readiness =
  | { readonly state: "ready" }
  | { readonly state: "waiting"; readonly why: string }
  /** It will not become ready by waiting. */
  | { readonly state: "failed"; readonly why: string };

const ready: Readiness = { state: "ready" };

/** Kinds that become ready, each with its rule (as kubectl's rollout status reads them). */
const rules: Readonly<Record<GroupResource, (object: JsonObject) => Readiness>> = {
  "deployments.apps": (object) => replicasOf(object, ["updatedReplicas", "availableReplicas"]),
  "statefulsets.apps": (object) => replicasOf(object, ["readyReplicas"]),
  "replicasets.apps": (object) => replicasOf(object, ["readyReplicas"]),
  replicationcontrollers: (object) => replicasOf(object, ["readyReplicas"]),
  "daemonsets.apps": daemonSet,
  "jobs.batch": job,
  pods: pod,
  persistentvolumeclaims: claim,
};

export const readyKinds: readonly GroupResource[] = Object.keys(rules);

/** Other kinds are ready as they are. */
export function readinessOf(resource: GroupResource, object: JsonObject): Readiness {
  const rule = Object.hasOwn(rules, resource) ? rules[resource] : undefined;
  return rule === undefined ? ready : rule(object);
}

/** A workload that another one answers for is told by that. */
export function isAnsweredFor(object: JsonObject): boolean {
  return arrayAt(object, ["metadata", "ownerReferences"]).some(
    (owner) => valueAt(owner, ["controller"]) === true,
  );
}

function waiting(why: string): Readiness {
  return { state: "waiting", why };
}

function isObserved(object: JsonObject): boolean {
  const seen = numberAt(object, ["status", "observedGeneration"], 0);
  return seen >= numberAt(object, ["metadata", "generation"], 0);
}

function replicasOf(object: JsonObject, counts: readonly string[]): Readiness {
  if (!isObserved(object)) return waiting("its controller has not seen it yet");
  const wanted = numberAt(object, ["spec", "replicas"], 1);
  const there = Math.min(...counts.map((name) => numberAt(object, ["status", name], 0)));
  return there >= wanted ? ready : waiting(`${there} of ${wanted} replicas ready`);
}

function daemonSet(object: JsonObject): Readiness {
  if (!isObserved(object)) return waiting("its controller has not seen it yet");
  const wanted = numberAt(object, ["status", "desiredNumberScheduled"], 0);
  const there = numberAt(object, ["status", "numberReady"], 0);
  return there >= wanted ? ready : waiting(`ready on ${there} of ${wanted} nodes`);
}

function job(object: JsonObject): Readiness {
  const failed = condition(object, "Failed");
  if (failed?.status === "True") return { state: "failed", why: failed.text };
  if (condition(object, "Complete")?.status === "True") return ready;
  if (valueAt(object, ["spec", "suspend"]) === true) return ready;
  const running = numberAt(object, ["status", "ready"], 0);
  return running + numberAt(object, ["status", "succeeded"], 0) > 0
    ? ready
    : waiting("none of its pods is ready");
}

function pod(object: JsonObject): Readiness {
  const phase = textAt(object, ["status", "phase"]);
  if (phase === "Succeeded") return ready;
  if (phase === "Failed") {
    return {
      state: "failed",
      why: textAt(object, ["status", "message"]) || "it is in phase Failed",
    };
  }
  if (condition(object, "Ready")?.status === "True") return ready;
  return waiting(
    containerTrouble(object) ?? conditionTrouble(object) ?? `phase ${phase || "unknown"}`,
  );
}

function claim(object: JsonObject): Readiness {
  const phase = textAt(object, ["status", "phase"]);
  if (phase === "Bound") return ready;
  if (phase === "Lost") return { state: "failed", why: "its volume is lost" };
  return waiting("not bound");
}

/** `container "db": ImagePullBackOff: …`; undefined: no container says so. */
export function containerTrouble(object: JsonObject): string | undefined {
  for (const key of ["initContainerStatuses", "containerStatuses"]) {
    for (const status of arrayAt(object, ["status", key])) {
      if (valueAt(status, ["ready"]) === true) continue;
      const reason = textAt(status, ["state", "waiting", "reason"]);
      if (reason === "" || reason === "PodInitializing") continue;
      const message = textAt(status, ["state", "waiting", "message"]);
      const name = textAt(status, ["name"]);
      return `container "${name}": ${reason}${message === "" ? "" : `: ${message}`}`;
    }
  }
  return undefined;
}

function conditionTrouble(object: JsonObject): string | undefined {
  const scheduled = condition(object, "PodScheduled");
  return scheduled?.status === "False" ? scheduled.text : undefined;
}

function condition(object: JsonObject, type: string): { status: string; text: string } | undefined {
  const found = arrayAt(object, ["status", "conditions"]).find(
    (one) => textAt(one, ["type"]) === type,
  );
  if (found === undefined) return undefined;
  const text = textAt(found, ["message"]) || textAt(found, ["reason"]);
  return { status: textAt(found, ["status"]), text };
}

function numberAt(object: JsonObject, path: readonly string[], fallback: number): number {
  const value: JsonValue | undefined = valueAt(object, path);
  if (isRawNumber(value)) return Number(value.rawJSON);
  return typeof value === "number" ? value : fallback;
}
