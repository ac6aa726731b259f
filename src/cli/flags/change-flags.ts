import type { FlagSpec } from "../flag-spec.ts";

const heading = "What is changed on the way:";

/** Flags of `restore create` and its plan that change objects on their way into the target. */
export const changeFlags: readonly FlagSpec[] = [
  {
    name: "resource-modifier-configmap",
    kind: "text",
    placeholder: "[NAMESPACE/]NAME",
    help: "apply the resource modifiers of this ConfigMap of the cluster (default namespace: ark-ts)",
    heading,
  },
  {
    name: "resource-modifier-file",
    kind: "text",
    placeholder: "FILE",
    help: "apply the resource modifiers of this file, as the ConfigMap would hold them",
    heading,
  },
  {
    name: "image-registry-mappings",
    kind: "map",
    placeholder: "A=B,C=D",
    help: "take images of registry a from b, wherever a pod is made; a may go on with a path, and docker.io is the one that is not written",
    heading,
  },
  {
    name: "storage-class-mappings",
    kind: "pairs",
    help: "claims and volumes of storage class a get b",
    heading,
  },
  {
    name: "host-mappings",
    kind: "pairs",
    help: "in Ingresses, Routes and the Gateway API: host a and all that ends in .a become b",
    heading,
  },
  {
    name: "plugin-config-namespace",
    kind: "text",
    placeholder: "NAMESPACE",
    help: "apply Velero's ConfigMaps change-storage-class and change-image-name of this namespace (default: none is read)",
    heading,
  },
  {
    name: "passive",
    kind: "boolean",
    help: "workloads come back doing nothing: no replicas, Jobs and CronJobs suspended, no load balancers, Ingresses unanswered; ark-ts restore activate puts them to work",
    heading,
  },
];
