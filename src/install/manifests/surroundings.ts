import { downloadsPort, metricsPort } from "./deployment.ts";
import { commonLabels, type Manifest, selectorLabels, serverName } from "./manifest.ts";
import type { ServerRequest } from "./server-request.ts";

type Place = Pick<ServerRequest, "namespace" | "version">;

/** Pod security labels: the server needs none of what `restricted` forbids. */
export function namespaceManifest({ namespace, version }: Place): Manifest {
  return {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: {
      name: namespace,
      labels: {
        ...commonLabels(version),
        "pod-security.kubernetes.io/enforce": "restricted",
        "pod-security.kubernetes.io/audit": "restricted",
        "pod-security.kubernetes.io/warn": "restricted",
      },
    },
  };
}

/** What stands around the pods: how metrics are found, who may connect, how many may be taken at once. */
export function surroundingManifests({
  namespace,
  version,
  downloads,
}: Place & Pick<ServerRequest, "downloads">): readonly Manifest[] {
  const metadata = { name: serverName, namespace, labels: commonLabels(version) };
  const open = ["metrics", ...(downloads ? ["downloads"] : [])];
  const numbers: Readonly<Record<string, number>> = {
    metrics: metricsPort,
    downloads: downloadsPort,
  };
  const podSelector = { matchLabels: selectorLabels };
  return [
    {
      apiVersion: "v1",
      kind: "Service",
      metadata,
      spec: {
        selector: selectorLabels,
        ports: open.map((name) => ({ name, port: numbers[name], targetPort: name })),
      },
    },
    {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata,
      // One replica may always go: with two of them the other takes over, with one it only waits.
      spec: { maxUnavailable: 1, selector: podSelector },
    },
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata,
      // What leaves is not limited: nobody knows here where the API server and the buckets are.
      spec: {
        podSelector,
        policyTypes: ["Ingress"],
        ingress: [{ ports: open.map((port) => ({ protocol: "TCP", port })) }],
      },
    },
  ];
}
