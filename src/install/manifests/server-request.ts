/** What is asked of an installation; everything that is written into the cluster follows from it. */
export interface ServerRequest {
  readonly namespace: string;
  /** With registry and tag or digest, as the nodes pull it. */
  readonly image: string;
  readonly replicas: number;
  /** Version of ark-ts, for labels. */
  readonly version: string;
  /** Arguments after `server`, such as `--concurrent-backups=2`; not `--download-address`. */
  readonly serverArgs: readonly string[];
  /** Whether the server is to restore: without it no right to write outside its namespace is asked for but `pods/exec`. */
  readonly restores: boolean;
  /** Whether the server hands out files itself, by HTTPS, and may keep the keys for it. */
  readonly downloads: boolean;
  readonly resources: PodResources;
  readonly podAnnotations: Readonly<Record<string, string>>;
  readonly podLabels: Readonly<Record<string, string>>;
  readonly serviceAccountAnnotations: Readonly<Record<string, string>>;
  /** An account that is there, with rights of its own: then neither account nor rights are made. */
  readonly serviceAccountName?: string;
  readonly priorityClassName?: string;
  readonly location?: LocationRequest;
}

/** Quantities of Kubernetes; `0` means none. */
export interface PodResources {
  readonly cpuRequest: string;
  readonly memoryRequest: string;
  readonly cpuLimit: string;
  readonly memoryLimit: string;
}

/** The location `default`, and what it is opened with. */
export interface LocationRequest {
  readonly provider: string;
  readonly bucket: string;
  readonly prefix: string;
  readonly config: Readonly<Record<string, string>>;
  /** Content of the credentials file; absent: those of the pod, such as a role of its account. */
  readonly credential?: Uint8Array;
  /** PEM. */
  readonly caCert?: Uint8Array;
}

/** Of Velero's installer: contract, `velero-features` 7.7. */
export const defaultResources: PodResources = {
  cpuRequest: "500m",
  memoryRequest: "128Mi",
  cpuLimit: "1000m",
  memoryLimit: "512Mi",
};

/** Whatever is not asked for. */
export function serverRequest(
  asked: Pick<ServerRequest, "image" | "version"> & Partial<ServerRequest>,
): ServerRequest {
  return {
    namespace: "ark-ts",
    replicas: 2,
    serverArgs: [],
    restores: true,
    downloads: true,
    resources: defaultResources,
    podAnnotations: {},
    podLabels: {},
    serviceAccountAnnotations: {},
    ...asked,
  };
}
