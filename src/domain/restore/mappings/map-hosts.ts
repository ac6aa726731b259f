import type { GroupResource } from "../../../api/resource-kind.ts";
import { changeAt, changeEach } from "../../../lib/json-edit.ts";
import { isJsonArray, type JsonObject, type JsonValue } from "../../../lib/json-text.ts";
import type { Mapping, Pairs } from "./mapping.ts";

type Rename = (value: JsonValue) => JsonValue;
type MapHosts = (object: JsonObject, rename: Rename) => JsonObject;

const ofIngress: MapHosts = (object, rename) =>
  changeEach(
    changeEach(object, ["spec", "rules"], (rule) => changeAt(rule, ["host"], rename)),
    ["spec", "tls"],
    (entry) => changeAt(entry, ["hosts"], (hosts) => each(hosts, rename)),
  );
const ofHostnames: MapHosts = (object, rename) =>
  changeAt(object, ["spec", "hostnames"], (hosts) => each(hosts, rename));

/** The kinds that say under which names they are reached. */
const kinds: ReadonlyMap<GroupResource, MapHosts> = new Map<GroupResource, MapHosts>([
  ["ingresses.networking.k8s.io", ofIngress],
  ["ingresses.extensions", ofIngress],
  ["routes.route.openshift.io", (object, rename) => changeAt(object, ["spec", "host"], rename)],
  ["httproutes.gateway.networking.k8s.io", ofHostnames],
  ["grpcroutes.gateway.networking.k8s.io", ofHostnames],
  ["tlsroutes.gateway.networking.k8s.io", ofHostnames],
  [
    "gateways.gateway.networking.k8s.io",
    (object, rename) =>
      changeEach(object, ["spec", "listeners"], (listener) =>
        changeAt(listener, ["hostname"], rename),
      ),
  ],
]);

function each(value: JsonValue, rename: Rename): JsonValue {
  return isJsonArray(value) ? value.map(rename) : value;
}

/**
 * Host names of Ingresses, OpenShift Routes and the Gateway API: a name and all that end in `.name`.
 * The longest that fits counts.
 */
export function mapHosts(pairs: Pairs, flag: string): Mapping {
  const entries = Object.entries(pairs).sort(([a], [b]) => b.length - a.length);
  const titleOf = (from: string, to: string): string => `${flag} ${from}:${to}`;
  return {
    titles: entries.map(([from, to]) => titleOf(from, to)),
    map(object, resource, use) {
      const ofKind = kinds.get(resource);
      if (ofKind === undefined) return object;
      return ofKind(object, (value) => {
        if (typeof value !== "string") return value;
        const entry = entries.find(([from]) => value === from || value.endsWith(`.${from}`));
        if (entry === undefined) return value;
        use(titleOf(...entry));
        return value.slice(0, value.length - entry[0].length) + entry[1];
      });
    },
  };
}

/** Undefined: `text` is the name of a host. */
export function hostProblem(text: string): string | undefined {
  return /^(?:[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/.test(
    text,
  )
    ? undefined
    : "is not the name of a host; write shop.example.com, which means *.shop.example.com as well";
}
