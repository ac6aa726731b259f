import type { GroupResource } from "../../api/resource-kind.ts";

export const pods: GroupResource = "pods";
export const persistentVolumeClaims: GroupResource = "persistentvolumeclaims";
export const persistentVolumes: GroupResource = "persistentvolumes";
export const priorityClasses: GroupResource = "priorityclasses.scheduling.k8s.io";
export const serviceAccounts: GroupResource = "serviceaccounts";
/** Not a kind: service accounts as those whom bindings name. Wanted, it is their bindings that are. */
export const subjects: GroupResource = "subjects:serviceaccounts";
export const clusterRoleBindings: GroupResource = "clusterrolebindings.rbac.authorization.k8s.io";
export const clusterRoles: GroupResource = "clusterroles.rbac.authorization.k8s.io";
export const customResourceDefinitions: GroupResource =
  "customresourcedefinitions.apiextensions.k8s.io";
export const namespaces: GroupResource = "namespaces";

/** Which kinds refer to a kind; `everything` includes whatever is listed at all. */
const referrers: Readonly<Record<GroupResource, readonly GroupResource[] | "everything">> = {
  [persistentVolumeClaims]: [pods],
  [priorityClasses]: [pods],
  [persistentVolumes]: [persistentVolumeClaims],
  // A binding names its accounts; it is taken because of an account, so it comes after them.
  [clusterRoleBindings]: [serviceAccounts],
  [clusterRoles]: [clusterRoleBindings],
  [customResourceDefinitions]: "everything",
  [namespaces]: "everything",
};

/**
 * Kinds of which single items are taken because others refer to them, each after those that do.
 * Namespaces have rules of their own.
 */
export const referredKinds: readonly GroupResource[] = Object.keys(referrers).filter(
  (resource) => resource !== namespaces,
);

/** Kinds whose items are missed when others refer to them: a kind may do without a definition. */
export const mustExist: readonly GroupResource[] = [
  persistentVolumeClaims,
  persistentVolumes,
  priorityClasses,
];

/**
 * Whether `earlier` is to be listed before `later`, as its objects decide which of `later` are
 * taken. Free of cycles: definitions and then namespaces come last.
 */
export function comesBefore(earlier: GroupResource, later: GroupResource): boolean {
  const sources = referrers[later];
  if (sources === undefined || earlier === later) return false;
  if (sources !== "everything") return sources.includes(earlier);
  return later === namespaces || earlier !== namespaces;
}

/** Some kinds, and all that are to be listed before one of them. */
export function withReferrers(kinds: ReadonlySet<GroupResource>): ReadonlySet<GroupResource> {
  const all = new Set<GroupResource>();
  const add = (resource: GroupResource): void => {
    if (all.has(resource)) return;
    all.add(resource);
    const sources = referrers[resource] ?? [];
    if (sources !== "everything") sources.forEach(add);
  };
  // What comes after everything cannot come early.
  for (const kind of kinds) if (referrers[kind] !== "everything") add(kind);
  return all;
}
