/** A cluster with many ended Backups and many Schedules of which none is due. */
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { mapConcurrently } from "../src/lib/concurrency.ts";
import type { KubeClient } from "../test/support/kube-client.ts";
import type { MinioAccess } from "../test/testbed/minio-access.ts";

export interface ServerFill {
  readonly backups: number;
  readonly schedules: number;
}

export const namespace = "ark-ts";
export const kinds = `/apis/velero.io/v1/namespaces/${namespace}`;
const bucket = "bench";
const atOnce = 16;

/** The kinds are there already. The Backups lie in the bucket alone: a server takes them in. */
export async function fillServed(
  client: KubeClient,
  minio: MinioAccess,
  { backups, schedules }: ServerFill,
): Promise<void> {
  const post = (path: string, object: object): Promise<Buffer> =>
    client.demand("POST", path, JSON.stringify(object));
  await post("/api/v1/namespaces", { metadata: { name: namespace } });
  await minio.createBucket(bucket);
  const s3 = minio.createClient();
  try {
    await mapConcurrently(numbers(backups), atOnce, async (at) => {
      const backup = backupOf(at);
      const Key = `backups/${backup.metadata.name}/velero-backup.json`;
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: JSON.stringify(backup) }));
    });
  } finally {
    s3.destroy();
  }
  await mapConcurrently(numbers(schedules), atOnce, (at) =>
    post(`${kinds}/schedules`, scheduleOf(at)),
  );
  const { endpoint: s3Url, region } = minio;
  await post(`${kinds}/backupstoragelocations`, {
    apiVersion: "velero.io/v1",
    kind: "BackupStorageLocation",
    metadata: { name: "default" },
    spec: {
      provider: "aws",
      default: true,
      objectStorage: { bucket },
      config: { s3Url, region, s3ForcePathStyle: "true" },
    },
  });
}

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, at) => at);
}

function templateOf(at: number) {
  return {
    csiSnapshotTimeout: "10m0s",
    defaultVolumesToFsBackup: false,
    hooks: {},
    includedNamespaces: [`team-${at % 50}`, `team-${at % 50}-data`],
    itemOperationTimeout: "4h0m0s",
    metadata: {},
    snapshotMoveData: false,
    storageLocation: "default",
    ttl: "720h0m0s",
    volumeSnapshotLocations: ["default"],
  };
}

function backupOf(at: number) {
  const schedule = `nightly-${at % 300}`;
  const now = Date.now();
  const hours = (count: number): string =>
    new Date(now + count * 3_600_000).toISOString().replace(/\.\d+Z$/, "Z");
  return {
    apiVersion: "velero.io/v1",
    kind: "Backup",
    metadata: {
      name: `${schedule}-${String(at).padStart(6, "0")}`,
      namespace,
      labels: { "velero.io/schedule-name": schedule, "velero.io/storage-location": "default" },
      annotations: {
        "velero.io/resource-timeout": "10m0s",
        "velero.io/source-cluster-k8s-gitversion": "v1.34.1",
        "velero.io/source-cluster-k8s-major-version": "1",
        "velero.io/source-cluster-k8s-minor-version": "34",
      },
    },
    spec: templateOf(at),
    status: {
      completionTimestamp: hours(-1),
      expiration: hours(720),
      formatVersion: "1.1.0",
      hookStatus: {},
      phase: "Completed",
      progress: { itemsBackedUp: 1200, totalItems: 1200 },
      startTimestamp: hours(-1),
      version: 1,
    },
  };
}

/** Once a year, half a year from now. */
function scheduleOf(at: number) {
  const due = new Date(Date.now() + 182 * 86_400_000);
  return {
    apiVersion: "velero.io/v1",
    kind: "Schedule",
    metadata: { name: `nightly-${at}` },
    spec: { schedule: `${at % 60} 3 1 ${due.getUTCMonth() + 1} *`, template: templateOf(at) },
  };
}
