import type { RestoreResourceHookSpec } from "../../api/restore.ts";
import { arrayAt, objectAt, textAt, withValue } from "../../lib/json-edit.ts";
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from "../../lib/json-text.ts";
import { initContainerAnnotation } from "./restore-hook-annotations.ts";
import { selects } from "./restore-hooks-of-pod.ts";

/** Velero's container that waits for volume data; whatever is added comes after it. */
const waitContainer = "restore-wait";
const path = ["spec", "initContainers"];

/**
 * Init containers that a restored pod is to get. An annotation with an image takes the place of
 * everything in the spec. `formerUid` gives a container without a name its name, so that the same
 * restore gives the same one again.
 */
export function initHookContainers(
  pod: JsonObject,
  resources: readonly RestoreResourceHookSpec[],
  { namespace, formerUid }: { readonly namespace: string; readonly formerUid: string },
): readonly JsonObject[] {
  const texts = (key: string) =>
    objectAt(pod, ["metadata", key]) as Readonly<Record<string, string>>;
  const name = `velero-restore-init-${formerUid.replaceAll("-", "").slice(0, 8) || "deadfeed"}`;
  const annotated = initContainerAnnotation(texts("annotations"), name.toLowerCase());
  if (annotated !== undefined) return [{ ...annotated }];
  return resources
    .filter((one) => selects(one, { namespace, labels: texts("labels") }))
    .flatMap(({ postHooks = [] }) => postHooks)
    .flatMap(({ init }) => (init?.initContainers ?? []) as readonly JsonObject[]);
}

/** Whether the pod has them all, by name. */
export function hasInitContainers(pod: JsonObject, containers: readonly JsonObject[]): boolean {
  const names = new Set(arrayAt(pod, path).map((one) => textAt(one, ["name"])));
  return containers.every((one) => names.has(textAt(one, ["name"])));
}

/** What the API server and its own admission give a container that says nothing of it. */
const given = [
  "imagePullPolicy",
  "resources",
  "terminationMessagePath",
  "terminationMessagePolicy",
];
const tokenPath = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * The containers as they are to be in a pod that stands and may have them: completed by what the
 * API server added to those of their names, so that a comparison tells only what a hook says.
 */
export function asGiven(containers: readonly JsonObject[], pod: JsonObject): readonly JsonObject[] {
  const standing = new Map(
    arrayAt(pod, path).flatMap((one) => (isJsonObject(one) ? [[textAt(one, ["name"]), one]] : [])),
  );
  return containers.map((wanted) => {
    const live = standing.get(textAt(wanted, ["name"]));
    return live === undefined ? wanted : completed(wanted, live);
  });
}

function completed(wanted: JsonObject, live: JsonObject): JsonObject {
  const said = Object.entries(wanted).map(([key, value]) => [key, filled(value, live[key])]);
  const added = given.filter((key) => !Object.hasOwn(wanted, key) && live[key] !== undefined);
  const container = Object.fromEntries([...said, ...added.map((key) => [key, live[key]])]);
  const mounts = arrayAt(wanted, ["volumeMounts"]);
  const tokens = arrayAt(live, ["volumeMounts"]).slice(mounts.length);
  const isToken = (one: JsonValue): boolean => textAt(one, ["mountPath"]) === tokenPath;
  if (tokens.length === 0 || !tokens.every(isToken)) return container;
  return { ...container, volumeMounts: [...arrayAt(container, ["volumeMounts"]), ...tokens] };
}

/** Defaults below what is said: an object has further fields, a list no further elements. */
function filled(wanted: JsonValue, live: JsonValue | undefined): JsonValue {
  if (isJsonObject(wanted) && isJsonObject(live)) {
    const said = Object.entries(wanted).map(([key, value]) => [key, filled(value, live[key])]);
    return { ...live, ...Object.fromEntries(said) };
  }
  if (!isJsonArray(wanted) || !isJsonArray(live)) return wanted;
  return wanted.map((element, at) => filled(element, live[at]));
}

/**
 * Puts them before the pod's own init containers, and after Velero's wait container. One of the
 * same name is replaced: it came with an earlier restore, and the API server takes no name twice.
 */
export function withInitContainers(pod: JsonObject, containers: readonly JsonObject[]): JsonObject {
  if (containers.length === 0) return pod;
  const names = new Set(containers.map((one) => textAt(one, ["name"])));
  const own = arrayAt(pod, path).filter((one) => !names.has(textAt(one, ["name"])));
  const [first] = own;
  const waits: readonly JsonValue[] =
    first !== undefined && textAt(first, ["name"]) === waitContainer ? [first] : [];
  return withValue(pod, path, [...waits, ...containers, ...own.slice(waits.length)]);
}
