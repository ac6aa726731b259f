import { arrayAt, changeAt, textAt, without, withoutAll } from "../../lib/json-edit.ts";
import { equalJson } from "../../lib/json-equal.ts";
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from "../../lib/json-text.ts";
import type { NoiseRule } from "./noise-rule.ts";

const tokenVolume = /^kube-api-access-[a-z0-9]{5}$/;
const claimProtection = ["kubernetes.io/pvc-protection", "kubernetes.io/pv-protection"];

const ownerUids: NoiseRule = {
  name: "uids of owners",
  what: "metadata.ownerReferences[*].uid",
  why: "the owner has another uid when it was made anew; its kind and name are compared",
  resources: [],
  strip: (object) =>
    eachAt(object, ["metadata", "ownerReferences"], (owner) => without(owner, ["uid"])),
};

const generatedName: NoiseRule = {
  name: "beginning of a generated name",
  what: "metadata.generateName",
  why: "it says how the name was made, once",
  resources: [],
  strip: (object) => without(object, ["metadata", "generateName"]),
};

const namespaceShape: NoiseRule = {
  name: "shape of namespaces",
  what: "label kubernetes.io/metadata.name, spec.finalizers [kubernetes]",
  why: "the API server puts them on every namespace",
  resources: ["namespaces"],
  strip: (object) => {
    const plain = without(object, ["metadata", "labels", "kubernetes.io/metadata.name"]);
    const bare = { finalizers: ["kubernetes"] };
    return equalJson(plain["spec"], bare) ? without(plain, ["spec"]) : plain;
  },
};

const clusterAddresses: NoiseRule = {
  name: "addresses of Services",
  what: "spec.clusterIP and spec.clusterIPs, unless None",
  why: "the API server takes the next free address",
  resources: ["services"],
  strip: (object) =>
    textAt(object, ["spec", "clusterIP"]) === "None"
      ? object
      : withoutAll(object, [
          ["spec", "clusterIP"],
          ["spec", "clusterIPs"],
        ]),
};

const podPlacement: NoiseRule = {
  name: "where a pod runs, and its token",
  what: "spec.nodeName, the volume kube-api-access-* with its mounts, spec.priority",
  why: "set by scheduler and admission for each pod anew",
  resources: ["pods"],
  inPatch: true,
  strip: (object) => {
    const placed = withoutAll(object, [
      ["spec", "nodeName"],
      ["spec", "priority"],
    ]);
    const unmounted = ["containers", "initContainers", "ephemeralContainers"].reduce(
      (current, list) =>
        eachAt(current, ["spec", list], (container) => removeTokens(container, ["volumeMounts"])),
      placed,
    );
    return removeTokens(unmounted, ["spec", "volumes"]);
  },
};

/** Changes the objects of a list; the same object when none of them changes. */
function eachAt(
  object: JsonObject,
  path: readonly string[],
  change: (element: JsonObject) => JsonObject,
): JsonObject {
  const list = arrayAt(object, path);
  const next = list.map((element) => (isJsonObject(element) ? change(element) : element));
  return next.every((element, at) => element === list[at])
    ? object
    : changeAt(object, path, () => next);
}

/** A list that the token leaves empty goes as well. */
function removeTokens(object: JsonObject, path: readonly string[]): JsonObject {
  const list = arrayAt(object, path);
  const kept = list.filter((element) => !tokenVolume.test(textAt(element, ["name"])));
  if (kept.length === list.length) return object;
  return kept.length === 0 ? without(object, path) : changeAt(object, path, () => kept);
}

const jobUids: NoiseRule = {
  name: "controller-uid of Jobs",
  what: "labels controller-uid and batch.kubernetes.io/controller-uid, in metadata, template and selector",
  why: "they repeat the uid of the Job",
  resources: ["jobs.batch"],
  strip: (object) =>
    withoutAll(
      object,
      ["controller-uid", "batch.kubernetes.io/controller-uid"].flatMap((label) => [
        ["metadata", "labels", label],
        ["spec", "selector", "matchLabels", label],
        ["spec", "template", "metadata", "labels", label],
      ]),
    ),
};

const boundClaim: NoiseRule = {
  name: "identity of the bound claim",
  what: "spec.claimRef.uid, spec.claimRef.resourceVersion",
  why: "they repeat those of the claim",
  resources: ["persistentvolumes"],
  strip: (object) =>
    withoutAll(object, [
      ["spec", "claimRef", "uid"],
      ["spec", "claimRef", "resourceVersion"],
    ]),
};

const protection: NoiseRule = {
  name: "protection of volumes in use",
  what: "finalizers kubernetes.io/pvc-protection, kubernetes.io/pv-protection",
  why: "the cluster puts them on every claim and volume",
  resources: ["persistentvolumeclaims", "persistentvolumes"],
  inPatch: true,
  strip: (object) => {
    const isProtection = (one: JsonValue): boolean =>
      typeof one === "string" && claimProtection.includes(one);
    const listed = arrayAt(object, ["metadata", "finalizers"]);
    if (!listed.some(isProtection)) return object;
    return changeAt(object, ["metadata", "finalizers"], (list) =>
      isJsonArray(list) ? list.filter((one) => !isProtection(one)) : list,
    );
  },
};

const emptyTokenSecrets: NoiseRule = {
  name: "contents of token Secrets",
  what: "data and the uid annotation of Secrets of type kubernetes.io/service-account-token",
  why: "the cluster makes them for the account's present uid",
  resources: ["secrets"],
  strip: (object) =>
    textAt(object, ["type"]) === "kubernetes.io/service-account-token"
      ? withoutAll(object, [
          ["data"],
          ["metadata", "annotations", "kubernetes.io/service-account.uid"],
        ])
      : object,
};

const templateTimes: NoiseRule = {
  name: "creation times inside templates",
  what: "metadata.creationTimestamp of pod, job and claim templates that is null",
  why: "older API servers write it, newer ones do not",
  resources: [],
  inPatch: true,
  strip: withoutTemplateTimes,
};

function withoutTemplateTimes(object: JsonObject): JsonObject {
  const templates = [
    ["spec", "template"],
    ["spec", "jobTemplate"],
    ["spec", "jobTemplate", "spec", "template"],
  ];
  return templates.reduce((current, path) => {
    const cleaned = without(current, [...path, "metadata", "creationTimestamp"]);
    if (cleaned === current) return current;
    return changeAt(cleaned, path, (template) =>
      isJsonObject(template) && equalJson(template["metadata"], {})
        ? without(template, ["metadata"])
        : template,
    );
  }, object);
}

/** Values that the cluster picks, which nobody wrote. */
export const assignedRules: readonly NoiseRule[] = [
  ownerUids,
  generatedName,
  namespaceShape,
  clusterAddresses,
  podPlacement,
  jobUids,
  boundClaim,
  protection,
  emptyTokenSecrets,
  templateTimes,
];
