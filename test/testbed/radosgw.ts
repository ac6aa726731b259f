/** A real Ceph object gateway on 127.0.0.1: one monitor, one OSD in memory, one radosgw. */
import { randomBytes } from "node:crypto";
import { type CephCluster, startCeph } from "./ceph-cluster.ts";
import { fetchStatus } from "./fetch-status.ts";
import { claimPort } from "./free-ports.ts";
import type { MinioDetails } from "./minio-access.ts";

export interface Radosgw extends MinioDetails {
  /** Ends it and removes all data. */
  stop(): Promise<void>;
}

/** Fetches the programs when they are missing; about 15 s after that, and 0.3 GB of memory. */
export async function startRadosgw(signal?: AbortSignal): Promise<Radosgw> {
  const claim = await claimPort();
  let cluster: CephCluster | undefined;
  try {
    const sections = ["[client.rgw]", `rgw frontends = beast endpoint=127.0.0.1:${claim.port}`];
    cluster = await startCeph({ users: ["client.rgw"], sections, signal });
    const { group } = cluster;
    const endpoint = `http://127.0.0.1:${claim.port}`;
    await group.start(cluster.daemon("radosgw", ["-n", "client.rgw"]));
    await group.ready("radosgw", async () => (await fetchStatus(endpoint)) === 200);
    const credentials = await createUser(cluster);
    return { endpoint, region: "us-east-1", ...credentials, stop: () => group.stop() };
  } catch (error) {
    await cluster?.group.stop();
    throw error;
  } finally {
    claim.release();
  }
}

async function createUser({
  run,
}: CephCluster): Promise<{ readonly accessKeyId: string; readonly secretAccessKey: string }> {
  const accessKeyId = `AKIA${randomBytes(8).toString("hex").toUpperCase()}`;
  const secretAccessKey = randomBytes(20).toString("hex");
  const user = ["--uid=ark", "--display-name=ark"];
  const keys = [`--access-key=${accessKeyId}`, `--secret-key=${secretAccessKey}`];
  await run("radosgw-admin", "user", "create", ...user, ...keys);
  return { accessKeyId, secretAccessKey };
}
