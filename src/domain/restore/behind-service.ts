import type { GroupResource } from "../../api/resource-kind.ts";
import { objectAt, textAt } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import { podSpecPaths } from "../pod-specs.ts";

/** How an object has to do with Services of its namespace. */
export interface ServiceRole {
  /** Of a Service: the labels of its pods; none: somebody writes its addresses. */
  readonly selector?: JsonObject;
  /** Of pods and what makes them: the labels that these have. */
  readonly podLabels?: JsonObject;
  /** Of addresses: the name of their Service. */
  readonly addressesOf?: string;
}

export function serviceRoleOf(resource: GroupResource, object: JsonObject): ServiceRole {
  const podSpec = podSpecPaths.get(resource);
  if (podSpec !== undefined) {
    return { podLabels: objectAt(object, [...podSpec.slice(0, -1), "metadata", "labels"]) };
  }
  const metadata = objectAt(object, ["metadata"]);
  switch (resource) {
    case "services":
      return { selector: objectAt(object, ["spec", "selector"]) };
    case "endpoints":
      return { addressesOf: textAt(metadata, ["name"]) };
    case "endpointslices.discovery.k8s.io":
      return { addressesOf: textAt(metadata, ["labels", "kubernetes.io/service-name"]) };
    default:
      return {};
  }
}

/** Whether an object of the Service's namespace answers for it. */
export function isBehind(
  service: Pick<ServiceRole, "selector"> & { readonly name: string },
  { podLabels, addressesOf }: ServiceRole,
): boolean {
  const wanted = Object.entries(service.selector ?? {});
  if (wanted.length === 0) return addressesOf === service.name;
  return podLabels !== undefined && wanted.every(([key, value]) => podLabels[key] === value);
}
