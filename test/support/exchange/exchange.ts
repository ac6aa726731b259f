/** One cluster, one bucket, an ark-ts command and a Velero that share them. */
import { GetObjectCommand, ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";
import { type ControlPlane, startControlPlane } from "../../testbed/control-plane.ts";
import { fillMixed } from "../../testbed/fill/mixed.ts";
import { type Minio, startMinio } from "../../testbed/minio.ts";
import { startVelero, type Velero } from "../../testbed/velero.ts";
import { type Ark, createArk } from "../ark.ts";
import { connectKube, type KubeClient } from "../kube-client.ts";
import { compareWhenAlike } from "../oracle/await-state.ts";
import { type ClusterState, readClusterState, type StoredObject } from "../oracle/cluster-state.ts";
import type { Comparison } from "../oracle/compare-states.ts";
import { type IgnoredField, ignoredFields } from "../oracle/expected-differences.ts";
import { wipe } from "../wipe.ts";
import { fillPlain, isFilled } from "./plain-namespace.ts";

export interface Exchange {
  readonly ark: Ark;
  readonly velero: Velero;
  readonly client: KubeClient;
  /** The namespace that holds one object of every kind. */
  readonly namespace: string;
  /** A namespace with a few objects of plain kinds. */
  readonly plainNamespace: string;
  /** What the cluster held at first, less what belongs to Velero. */
  readonly first: ClusterState;
  /** Deletes all that the fill made; returns how many objects. */
  wipe(): Promise<number>;
  /** The cluster now against `first`; `fields` may differ besides those of the oracle's table. */
  compare(fields?: readonly IgnoredField[]): Promise<Comparison>;
  /** Keys in the bucket. */
  listKeys(prefix: string): Promise<readonly string[]>;
  /** One object of the bucket. */
  readKey(key: string): Promise<Buffer>;
  close(): Promise<void>;
}

const bucket = "exchange";

async function listKeys(s3: S3Client, prefix: string): Promise<readonly string[]> {
  const keys: string[] = [];
  for (let token: string | undefined; ; ) {
    const page = await s3.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token }),
    );
    keys.push(...(page.Contents ?? []).flatMap(({ Key }) => Key ?? []));
    token = page.NextContinuationToken;
    if (token === undefined) return keys;
  }
}

async function readKey(s3: S3Client, key: string): Promise<Buffer> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return Buffer.from(await Body!.transformToByteArray());
}

async function openOn(plane: ControlPlane, minio: Minio, prefix: string): Promise<Exchange> {
  const client = connectKube(plane.kubeconfig);
  await minio.createBucket(bucket);
  const s3 = minio.createClient();
  const { namespace } = await fillMixed(client, prefix);
  const plainNamespace = `${prefix}-plain`;
  await fillPlain(client, plainNamespace);
  const velero = await startVelero(plane, minio, { bucket });
  const ark = createArk(plane.kubeconfig, {
    AWS_ACCESS_KEY_ID: minio.accessKeyId,
    AWS_SECRET_ACCESS_KEY: minio.secretAccessKey,
  });
  const config = `region=${minio.region},s3ForcePathStyle=true,s3Url=${minio.endpoint}`;
  await ark.ok(
    ...["backup-location", "set", "shared", `s3://${bucket}`, "--config", config, "--default"],
  );
  const includes = (object: StoredObject): boolean =>
    object.namespace !== velero.namespace && !object.resource.endsWith(".velero.io");
  const first = await readClusterState(client, { includes });
  return {
    ark,
    velero,
    client,
    namespace,
    plainNamespace,
    first,
    wipe: () => wipe(client, first, isFilled(prefix)),
    compare: (fields = []) =>
      compareWhenAlike(first, () => readClusterState(client, { includes }), {
        fields: [...fields, ...ignoredFields],
      }),
    listKeys: (folder) => listKeys(s3, folder),
    readKey: (key) => readKey(s3, key),
    close: async () => {
      ark.remove();
      s3.destroy();
      await velero.stop();
      await client.close();
    },
  };
}

/** Starts all of it; `prefix` names what is filled, as `fillMixed` does. */
export async function openExchange(prefix: string): Promise<Exchange> {
  const servers: { stop(): Promise<void> }[] = [];
  const stopAll = async (): Promise<void> => {
    for (const server of servers.reverse()) await server.stop();
  };
  try {
    const plane = await startControlPlane();
    servers.push(plane);
    const minio = await startMinio();
    servers.push(minio);
    const exchange = await openOn(plane, minio, prefix);
    return {
      ...exchange,
      close: async () => {
        await exchange.close();
        await stopAll();
      },
    };
  } catch (error) {
    await stopAll();
    throw error;
  }
}
