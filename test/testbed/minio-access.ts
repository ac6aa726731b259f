/** What any process may do with a MinIO that somebody started. */
import { readFileSync } from "node:fs";
import { Agent } from "node:https";
import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from "@aws-sdk/client-s3";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { readState } from "./instance-folder.ts";

/** What the state file of a MinIO holds under `details`. */
export interface MinioDetails {
  /** `http://127.0.0.1:PORT`, or https. */
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Path of the CA certificate to trust; only with TLS. */
  readonly caFile?: string;
}

export interface BucketOptions {
  /** Default false. Implies versioning. */
  readonly objectLock?: boolean;
  /** Default false. */
  readonly versioning?: boolean;
}

export interface MinioAccess extends MinioDetails {
  readonly folder: string;
  /** Throws if the bucket exists. Names have 3 to 63 lower-case letters, digits, `-` and `.`. */
  createBucket(name: string, options?: BucketOptions): Promise<void>;
  /** A client of the AWS SDK that is set up for this server; to be destroyed by the caller. */
  createClient(): S3Client;
}

function createClient(details: MinioDetails): S3Client {
  const { endpoint, region, accessKeyId, secretAccessKey, caFile } = details;
  const tls = caFile === undefined ? {} : { httpsAgent: new Agent({ ca: readFileSync(caFile) }) };
  return new S3Client({
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey },
    forcePathStyle: true,
    requestHandler: new NodeHttpHandler(tls),
  });
}

/** Access to the MinIO in `folder`, which another process may have started. */
export function openMinio(folder: string): MinioAccess {
  const state = readState(folder);
  if (state?.kind !== "minio" || state.details === undefined) {
    throw new Error(`no running MinIO is recorded in "${folder}"`);
  }
  const details = state.details as MinioDetails;
  return {
    ...details,
    folder,
    createClient: () => createClient(details),
    createBucket: async (name, { objectLock = false, versioning = false } = {}) => {
      const client = createClient(details);
      try {
        await client.send(
          new CreateBucketCommand({ Bucket: name, ObjectLockEnabledForBucket: objectLock }),
        );
        if (versioning) {
          const VersioningConfiguration = { Status: "Enabled" } as const;
          await client.send(
            new PutBucketVersioningCommand({ Bucket: name, VersioningConfiguration }),
          );
        }
      } finally {
        client.destroy();
      }
    },
  };
}
