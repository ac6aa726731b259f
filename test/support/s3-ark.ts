import { type Ark, createArk } from "./ark.ts";
import { type HttpFront, startHttpFront } from "./http-front.ts";
import { sharedMinio, uniqueBucket } from "./shared-testbed.ts";

/** The command with a default location `prod` in a bucket of its own, behind a front. */
export interface S3Ark {
  readonly ark: Ark;
  /** Between the command and the store; to be closed by the test. */
  readonly front: HttpFront;
  readonly bucket: string;
}

export async function createS3Ark(kubeconfig: string, prefix = ""): Promise<S3Ark> {
  const minio = await sharedMinio();
  const bucket = uniqueBucket("ark");
  await minio.createBucket(bucket);
  const front = await startHttpFront(minio.endpoint);
  const ark = createArk(kubeconfig, {
    AWS_ACCESS_KEY_ID: minio.accessKeyId,
    AWS_SECRET_ACCESS_KEY: minio.secretAccessKey,
  });
  const config = `region=${minio.region},s3Url=${front.endpoint},s3ForcePathStyle=true`;
  const place = prefix === "" ? `s3://${bucket}` : `s3://${bucket}/${prefix}`;
  await ark.ok("backup-location", "set", "prod", place, "--config", config, "--default");
  return { ark, front, bucket };
}
