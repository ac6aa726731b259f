import {
  arrayAt,
  changeEach,
  type JsonPath,
  textAt,
  valueAt,
  withValue,
} from "../../lib/json-edit.ts";
import { equalJson } from "../../lib/json-equal.ts";
import type { JsonObject, JsonValue } from "../../lib/json-text.ts";

/**
 * A Service that is to stand for another one, with the addresses and node ports of that where it
 * leaves them to the API server: who calls the old one reaches the new one.
 */
export function withFormerAddresses(desired: JsonObject, former: JsonObject): JsonObject {
  if (textAt(desired, type) === "ExternalName") return desired;
  return withHealthCheckPort(withNodePorts(withClusterIps(desired, former), former), former);
}

const type: JsonPath = ["spec", "type"];
const clusterIp: JsonPath = ["spec", "clusterIP"];
const clusterIps: JsonPath = ["spec", "clusterIPs"];
const families: JsonPath = ["spec", "ipFamilies"];
const healthCheckPort: JsonPath = ["spec", "healthCheckNodePort"];

function withClusterIps(desired: JsonObject, former: JsonObject): JsonObject {
  const address = textAt(former, clusterIp);
  if (valueAt(desired, clusterIp) !== undefined || address === "" || address === "None") {
    return desired;
  }
  const wanted = valueAt(desired, families);
  if (wanted !== undefined && !equalJson(wanted, valueAt(former, families))) return desired;
  const addresses = valueAt(former, clusterIps) ?? [address];
  return withValue(withValue(desired, clusterIp, address), clusterIps, addresses);
}

function withNodePorts(desired: JsonObject, former: JsonObject): JsonObject {
  if (!hasNodePorts(desired)) return desired;
  const taken = new Set(arrayAt(desired, ports).map((port) => valueAt(port, ["nodePort"])));
  return changeEach(desired, ports, (port) => {
    if (port["nodePort"] !== undefined) return port;
    const nodePort = nodePortOf(former, port);
    return nodePort === undefined || taken.has(nodePort) ? port : { ...port, nodePort };
  });
}

const ports: JsonPath = ["spec", "ports"];

function hasNodePorts(service: JsonObject): boolean {
  const kind = textAt(service, type);
  if (kind === "NodePort") return true;
  return (
    kind === "LoadBalancer" && valueAt(service, ["spec", "allocateLoadBalancerNodePorts"]) !== false
  );
}

function nodePortOf(service: JsonObject, of: JsonValue): JsonValue | undefined {
  const found = arrayAt(service, ports).find((port) => portKey(port) === portKey(of));
  return valueAt(found, ["nodePort"]);
}

function portKey(port: JsonValue): string {
  return `${Number(valueAt(port, ["port"]))}/${textAt(port, ["protocol"]) || "TCP"}`;
}

function withHealthCheckPort(desired: JsonObject, former: JsonObject): JsonObject {
  const port = valueAt(former, healthCheckPort);
  const isLocal = textAt(desired, ["spec", "externalTrafficPolicy"]) === "Local";
  const takesOne = textAt(desired, type) === "LoadBalancer" && isLocal;
  if (port === undefined || !takesOne || valueAt(desired, healthCheckPort) !== undefined) {
    return desired;
  }
  return withValue(desired, healthCheckPort, port);
}

/** What a Service was to have and has not got, each with what it has instead. */
export function lostAddresses(wanted: JsonObject, made: JsonObject): readonly string[] {
  const lost: string[] = [];
  const compare = (
    what: string,
    before: JsonValue | undefined,
    now: JsonValue | undefined,
  ): void => {
    if (before === undefined || equalJson(before, now)) return;
    lost.push(`${what} ${String(before)} is now ${now === undefined ? "none" : String(now)}`);
  };
  compare("cluster IP", valueAt(wanted, clusterIp), valueAt(made, clusterIp));
  for (const port of arrayAt(wanted, ports)) {
    const before = valueAt(port, ["nodePort"]);
    compare(`node port of ${portKey(port)}`, before, nodePortOf(made, port));
  }
  const health = valueAt(wanted, healthCheckPort);
  compare("health check node port", health, valueAt(made, healthCheckPort));
  return lost;
}
