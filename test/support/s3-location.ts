import { openObjectStore } from "../../plugins/registry.ts";
import { createSystemClock } from "../../src/adapters/clock/system-clock.ts";
import type { ObjectStore } from "../../src/ports/object-store.ts";
import type { MinioDetails } from "../testbed/minio-access.ts";

export interface S3Place {
  readonly bucket: string;
  readonly prefix?: string;
  readonly config?: Readonly<Record<string, string>>;
  /** Default: the server's own credentials, as environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** A store on a MinIO, opened as a location of provider `aws` is. */
export function openS3(minio: MinioDetails, place: S3Place): Promise<ObjectStore> {
  const { bucket, prefix = "", config = {} } = place;
  const own = {
    AWS_ACCESS_KEY_ID: minio.accessKeyId,
    AWS_SECRET_ACCESS_KEY: minio.secretAccessKey,
  };
  const { endpoint: s3Url, region } = minio;
  return openObjectStore(
    {
      provider: "aws",
      bucket,
      prefix,
      config: { s3Url, region, s3ForcePathStyle: "true", ...config },
    },
    { env: place.env ?? own, homeDirectory: "/nonexistent", clock: createSystemClock() },
  );
}
