/** An object as it is applied. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** Of the Deployment, its Lease, its account; and of the roles where the namespace is `ark-ts`. */
export const serverName = "ark-ts";

/** By these the pods are found; they never change, for a Deployment cannot change its selector. */
export const selectorLabels: Readonly<Record<string, string>> = {
  "app.kubernetes.io/name": "ark-ts",
  "app.kubernetes.io/component": "server",
};

/**
 * On everything that an installation makes. Never `component=velero`: by that `velero uninstall`
 * deletes.
 */
export function commonLabels(version: string): Readonly<Record<string, string>> {
  return {
    ...selectorLabels,
    "app.kubernetes.io/version": version,
    "app.kubernetes.io/part-of": "ark-ts",
  };
}

/** Names of what is cluster-scoped: two installations in one cluster do not share them. */
export function clusterName(namespace: string): string {
  return namespace === serverName ? serverName : `${serverName}-${namespace}`;
}
