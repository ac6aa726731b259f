import { isJsonObject, type JsonValue } from "../../lib/json-text.ts";

/**
 * How the elements of a list are told apart, by the name of the list: the merge keys of the kinds
 * that Kubernetes is made of. Several sets of keys: the first one that names every element on both
 * sides, each once. Lists that are not here, or whose elements cannot be told apart, go by position.
 */
const listKeys: Readonly<Record<string, readonly (readonly string[])[]>> = {
  containers: [["name"]],
  initContainers: [["name"]],
  ephemeralContainers: [["name"]],
  containerStatuses: [["name"]],
  env: [["name"]],
  volumes: [["name"]],
  volumeMounts: [["mountPath"]],
  volumeDevices: [["devicePath"]],
  ports: [["containerPort", "protocol"], ["port", "protocol"], ["name"]],
  imagePullSecrets: [["name"]],
  secrets: [["name"]],
  hostAliases: [["ip"]],
  topologySpreadConstraints: [["topologyKey", "whenUnsatisfiable"]],
  resourceClaims: [["name"]],
  claims: [["name", "request"], ["name"]],
  schedulingGates: [["name"]],
  readinessGates: [["conditionType"]],
  sysctls: [["name"]],
  tolerations: [["key", "operator", "value", "effect"]],
  taints: [["key", "effect"]],
  items: [["key"]],
  volumeClaimTemplates: [["metadata.name"]],
  conditions: [["type"]],
  ownerReferences: [["uid"], ["kind", "name"]],
  webhooks: [["name"]],
  matchConditions: [["name"]],
  variables: [["name"]],
  versions: [["name"]],
  metrics: [["type", "resource.name"], ["type"]],
  subjects: [["kind", "namespace", "name"]],
  parameters: [["name"]],
};

/** Lists of texts that are sets. */
const setLists: ReadonlySet<string> = new Set(["finalizers", "accessModes", "categories"]);

/** What an element means that does not say it. */
const keyDefaults: Readonly<Record<string, string>> = {
  protocol: "TCP",
  namespace: "",
  key: "",
  operator: "Equal",
  value: "",
  effect: "",
  request: "",
};

/** Names of the elements on both sides, in order. */
export interface ElementNames {
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** Undefined: the elements are compared by position. */
export function elementNames(
  list: string,
  before: readonly JsonValue[],
  after: readonly JsonValue[],
): ElementNames | undefined {
  for (const nameOf of namersOf(list)) {
    const names = { before: namesOf(nameOf, before), after: namesOf(nameOf, after) };
    if (names.before !== undefined && names.after !== undefined) return names as ElementNames;
  }
  return undefined;
}

type Namer = (element: JsonValue) => string | undefined;

function namersOf(list: string): readonly Namer[] {
  if (setLists.has(list)) return [textName];
  return Object.hasOwn(listKeys, list) ? (listKeys[list] ?? []).map(nameByKeys) : [];
}

/** Undefined unless each element has a name of its own. */
function namesOf(nameOf: Namer, elements: readonly JsonValue[]): readonly string[] | undefined {
  const names = elements.flatMap((element) => nameOf(element) ?? []);
  return names.length === elements.length && new Set(names).size === names.length
    ? names
    : undefined;
}

function textName(element: JsonValue): string | undefined {
  return typeof element === "string" ? JSON.stringify(element) : undefined;
}

function nameByKeys(keys: readonly string[]): Namer {
  return (element) => {
    const parts = keys.map((key) => [key, keyValue(element, key)] as const);
    return parts.some(([, value]) => value === undefined)
      ? undefined
      : keysText(Object.fromEntries(parts) as Readonly<Record<string, string>>);
  };
}

/** `name=web`, `containerPort=80,protocol=TCP`: the name of an element that has these keys. */
export function keysText(keys: Readonly<Record<string, JsonValue>>): string {
  return Object.entries(keys)
    .map(([key, value]) => `${key}=${shown(typeof value === "string" ? value : String(value))}`)
    .join(",");
}

/** Undefined where the element lacks a key that has no default. */
function keyValue(element: JsonValue, key: string): string | undefined {
  let value: JsonValue | undefined = element;
  for (const step of key.split(".")) {
    if (!isJsonObject(value)) return undefined;
    value = Object.hasOwn(value, step) ? value[step] : undefined;
  }
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  const isMissing = value === undefined || value === null;
  return isMissing && Object.hasOwn(keyDefaults, key) ? keyDefaults[key] : undefined;
}

function shown(value: string): string {
  return /^[\w./:%@+-]*$/.test(value) ? value : JSON.stringify(value);
}
