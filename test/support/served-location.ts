/** A location of MinIO for an `ark-ts server` that leads. */
import type { MinioAccess } from "../testbed/minio-access.ts";
import { waitFor } from "../testbed/wait.ts";
import type { Ark } from "./ark.ts";
import type { KubeClient } from "./kube-client.ts";

/** Makes the bucket, and Secret `minio` of namespace `ark-ts` with its credentials. */
export async function provideBucket(
  client: KubeClient,
  minio: MinioAccess,
  bucket: string,
): Promise<void> {
  const { accessKeyId, secretAccessKey } = minio;
  const cloud = `[default]\naws_access_key_id=${accessKeyId}\naws_secret_access_key=${secretAccessKey}\n`;
  const secret = JSON.stringify({ metadata: { name: "minio" }, stringData: { cloud } });
  await client.demand("POST", "/api/v1/namespaces/ark-ts/secrets", secret);
  await minio.createBucket(bucket);
}

/** Makes the default location of a provided bucket, and waits until it is available. */
export async function createServedLocation(
  ark: Ark,
  minio: MinioAccess,
  bucket: string,
): Promise<void> {
  const config = `s3Url=${minio.endpoint},region=${minio.region},s3ForcePathStyle=true`;
  const own = ["--provider", "aws", "--bucket", bucket, "--config", config, "--default"];
  await ark.ok("backup-location", "create", "default", ...own, "--credential", "minio=cloud");
  await waitFor(
    "the location to be available",
    async () => (await ark.ok("backup-location", "get")).includes("Available"),
    { timeoutMs: 240_000 },
  );
}
