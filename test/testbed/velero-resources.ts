/** What a Velero server wants to find in its cluster before it serves and restores. */

import type { KubeClient } from "../support/kube-client.ts";
import { waitFor } from "./wait.ts";

async function createUnlessThere(client: KubeClient, path: string, object: object): Promise<void> {
  const { status, body } = await client.send("POST", path, JSON.stringify(object));
  if (status < 300 || status === 409) return;
  throw new Error(`POST ${path}: ${status} ${body.toString().slice(0, 500)}`);
}

/**
 * Creates the namespace, and the Deployment that Velero looks itself up by before it restores. It
 * has no replicas: the server is a process of this machine.
 */
export async function createServerHome(client: KubeClient, namespace: string): Promise<void> {
  const labels = { component: "velero" };
  const selector = { deploy: "velero" };
  await createUnlessThere(client, "/api/v1/namespaces", {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: namespace, labels },
  });
  await createUnlessThere(client, `/apis/apps/v1/namespaces/${namespace}/deployments`, {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "velero", labels },
    spec: {
      replicas: 0,
      selector: { matchLabels: selector },
      template: {
        metadata: { labels: { ...labels, ...selector } },
        spec: { containers: [{ name: "velero", image: "example.io/velero:1" }] },
      },
    },
  });
}

export interface LocationStatus {
  readonly phase?: string;
  readonly message?: string;
  readonly lastSyncedTime?: string;
}

/** One BackupStorageLocation of a cluster. */
export interface Location {
  readStatus(): Promise<LocationStatus>;
  /** Makes the next look of the server at this location a sync. */
  forgetSync(): Promise<void>;
  /** Returns when the status fits; throws what the server says when it finds the location bad. */
  until(what: string, fits: (status: LocationStatus) => boolean): Promise<void>;
}

const timeoutMs = 240_000;

export function openLocation(client: KubeClient, namespace: string, name: string): Location {
  const path = `/apis/velero.io/v1/namespaces/${namespace}/backupstoragelocations/${name}`;
  const readStatus = async (): Promise<LocationStatus> => {
    const { status = {} } = JSON.parse((await client.demand("GET", path)).toString()) as {
      readonly status?: LocationStatus;
    };
    return status;
  };
  return {
    readStatus,
    forgetSync: async () => {
      const patch = '{"status":{"lastSyncedTime":null}}';
      await client.demand("PATCH", path, patch, "application/merge-patch+json");
    },
    until: async (what, fits) => {
      let seen: LocationStatus = {};
      const probe = async (): Promise<boolean> => {
        seen = await readStatus();
        if (seen.phase === "Unavailable") throw new Error(`waited for ${what}`);
        return fits(seen);
      };
      await waitFor(what, probe, { timeoutMs }).catch((error: Error) => {
        throw new Error(`${error.message}; the location says ${JSON.stringify(seen)}`);
      });
    },
  };
}
