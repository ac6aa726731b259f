import { commonLabels, type Manifest, selectorLabels, serverName } from "./manifest.ts";
import type { PodResources, ServerRequest } from "./server-request.ts";

/** Metrics and health; contract: Velero's port for metrics. */
export const metricsPort = 8085;

/** Files that the server hands out itself. */
export const downloadsPort = 8443;

export const serverContainerName = "server";

/** No user of the image's base; 65532 is what images without a shell use by custom. */
const user = 65_532;

/** How long a stopping server may drain before it is killed; another takes over what is left. */
const graceSeconds = 30;

export function deploymentManifest(request: ServerRequest): Manifest {
  const { namespace, version, replicas } = request;
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: serverName, namespace, labels: commonLabels(version) },
    spec: {
      replicas,
      selector: { matchLabels: selectorLabels },
      // The new one stands by before an old one goes; they agree by the Lease who leads.
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: {
        metadata: {
          labels: { ...request.podLabels, ...commonLabels(version) },
          annotations: {
            "prometheus.io/scrape": "true",
            "prometheus.io/port": String(metricsPort),
            "prometheus.io/path": "/metrics",
            ...request.podAnnotations,
          },
        },
        spec: podSpec(request),
      },
    },
  };
}

function podSpec(request: ServerRequest): object {
  const { serviceAccountName = serverName, priorityClassName } = request;
  return {
    serviceAccountName,
    ...(priorityClassName !== undefined && { priorityClassName }),
    terminationGracePeriodSeconds: graceSeconds,
    nodeSelector: { "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64" },
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: "kubernetes.io/hostname",
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: { matchLabels: selectorLabels },
      },
    ],
    securityContext: {
      runAsNonRoot: true,
      runAsUser: user,
      runAsGroup: user,
      fsGroup: user,
      seccompProfile: { type: "RuntimeDefault" },
    },
    containers: [container(request)],
    volumes: [{ name: "tmp", emptyDir: {} }],
  };
}

function container({ image, serverArgs, resources, downloads }: ServerRequest): object {
  return {
    name: serverContainerName,
    image,
    imagePullPolicy: /:latest$/.test(image) ? "Always" : "IfNotPresent",
    args: ["server", ...(downloads ? [downloadsArg] : []), ...serverArgs],
    ports: [
      { name: "metrics", containerPort: metricsPort },
      ...(downloads ? [{ name: "downloads", containerPort: downloadsPort }] : []),
    ],
    startupProbe: { ...probe("/healthz"), periodSeconds: 1, failureThreshold: 60 },
    livenessProbe: { ...probe("/healthz"), periodSeconds: 10, failureThreshold: 6 },
    readinessProbe: { ...probe("/readyz"), periodSeconds: 5, failureThreshold: 2 },
    resources: resourcesOf(resources),
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
    volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
  };
}

const downloadsArg = `--download-address=:${downloadsPort}`;

const probe = (path: string) => ({ httpGet: { path, port: "metrics" }, timeoutSeconds: 5 });

function resourcesOf(asked: PodResources): object {
  const requests = { cpu: asked.cpuRequest, memory: asked.memoryRequest };
  const limits = { cpu: asked.cpuLimit, memory: asked.memoryLimit };
  return { requests: withoutZeros(requests), limits: withoutZeros(limits) };
}

function withoutZeros(quantities: Readonly<Record<string, string>>): object {
  return Object.fromEntries(Object.entries(quantities).filter(([, amount]) => amount !== "0"));
}
