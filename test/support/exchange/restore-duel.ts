/**
 * Two clusters that begin alike, from copies of one etcd folder that already holds the backups:
 * Velero restores in one, ark-ts in the other, and what both then hold is compared.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ControlPlane, startControlPlane } from "../../testbed/control-plane.ts";
import { fillMixed } from "../../testbed/fill/mixed.ts";
import { type Minio, startMinio } from "../../testbed/minio.ts";
import { startVelero } from "../../testbed/velero.ts";
import { type Ark, createArk } from "../ark.ts";
import { connectKube, type KubeClient } from "../kube-client.ts";
import { readAtRest } from "../oracle/await-state.ts";
import { type ClusterState, readClusterState, type StoredObject } from "../oracle/cluster-state.ts";
import { wipe } from "../wipe.ts";
import { changeSome } from "./change-some.ts";
import { fillPlain, isFilled } from "./plain-namespace.ts";

/** What the cluster holds before the restore: nothing of the fill, or all of it, partly changed. */
export type Target = "empty" | "changed";

export interface DuelRun {
  readonly target: Target;
  /** Which tool made the backup that both restore. */
  readonly archive: "ark-ts" | "Velero";
  readonly flags: readonly string[];
}

export interface DuelStates {
  readonly start: ClusterState;
  readonly velero: ClusterState;
  readonly ark: ClusterState;
  /** What each command printed, and how it ended. */
  readonly said: string;
}

export interface RestoreDuel {
  /** The namespace that holds one object of every kind. */
  readonly app: string;
  readonly plain: string;
  run(duel: DuelRun): Promise<DuelStates>;
  close(): Promise<void>;
}

const bucket = "duel";
const backups = { "ark-ts": "from-ark", Velero: "from-velero" };

const isOfVelero = (object: StoredObject): boolean =>
  object.namespace === "velero" ||
  object.resource.endsWith(".velero.io") ||
  object.name === "velero" ||
  object.name.endsWith(".velero.io");
const includes = (object: StoredObject): boolean => !isOfVelero(object);

interface World {
  readonly minio: Minio;
  readonly prefix: string;
  readonly folder: string;
  runs: number;
}

function arkFor(plane: ControlPlane, minio: Minio): Ark {
  return createArk(plane.kubeconfig, {
    AWS_ACCESS_KEY_ID: minio.accessKeyId,
    AWS_SECRET_ACCESS_KEY: minio.secretAccessKey,
  });
}

const storeUrl = ({ endpoint, region }: Minio): string =>
  `s3://${bucket}?endpoint=${endpoint}&region=${region}&s3ForcePathStyle=true`;

/** Runs `work` in a cluster that starts from `from` and leaves its etcd folder at `keep`. */
async function inCluster(
  from: string | undefined,
  keep: string | undefined,
  work: (plane: ControlPlane, client: KubeClient) => Promise<void>,
): Promise<void> {
  const plane = await startControlPlane(from === undefined ? {} : { etcdFolder: from });
  const client = connectKube(plane.kubeconfig);
  try {
    await work(plane, client);
  } finally {
    await client.close();
    await plane.stop(keep === undefined ? {} : { keepEtcd: keep });
  }
}

/** Fills a cluster, has both tools back it up, and keeps its etcd folder full, changed and empty. */
async function prepare({ minio, prefix, folder }: World): Promise<void> {
  const full = join(folder, "full");
  await inCluster(undefined, full, async (plane, client) => {
    await fillMixed(client, prefix);
    await fillPlain(client, `${prefix}-plain`);
    const velero = await startVelero(plane, minio, { bucket });
    const ark = arkFor(plane, minio);
    try {
      await velero.ok(
        ...["backup", "create", backups.Velero, "--include-cluster-resources=true", "--wait"],
      );
      await ark.ok(
        ...["backup", "create", backups["ark-ts"], "--store", storeUrl(minio)],
        ...["--exclude-namespaces", "velero", "--include-cluster-resources=true"],
      );
      await velero.sync();
    } finally {
      ark.remove();
      await velero.stop();
    }
  });
  await inCluster(full, join(folder, "changed"), async (_, client) => {
    const state = await readClusterState(client, { includes });
    await changeSome(client, [...state.values()].filter(isFilled(prefix)));
  });
  await inCluster(full, join(folder, "empty"), async (_, client) => {
    await wipe(client, await readClusterState(client, { includes }), isFilled(prefix));
  });
}

async function runBoth(world: World, duel: DuelRun): Promise<DuelStates> {
  const { minio, folder } = world;
  const from = join(folder, duel.target);
  const args = ["--from-backup", backups[duel.archive], ...duel.flags];
  // The bucket outlives the clusters, and keeps the records of both.
  world.runs += 1;
  const [theirs, ours] = [`velero-${world.runs}`, `ark-${world.runs}`];
  let start: ClusterState = new Map();
  let velero: ClusterState = new Map();
  let ark: ClusterState = new Map();
  const said: string[] = [];
  const byVelero = inCluster(from, undefined, async (plane, client) => {
    const server = await startVelero(plane, minio, { bucket, existing: true });
    try {
      const made = await server.run("restore", "create", theirs, ...args, "--wait");
      const told = await server.run("restore", "describe", theirs, "--details");
      said.push(`Velero: exit ${made.status}\n${made.stderr}${told.stdout}`);
      velero = await readAtRest(client, { includes });
    } finally {
      await server.stop();
    }
  });
  const byArk = inCluster(from, undefined, async (plane, client) => {
    start = await readClusterState(client, { includes });
    const command = arkFor(plane, minio);
    try {
      const made = await command.run(
        ...["restore", "create", ours, ...args],
        ...["--store", storeUrl(minio), "--mode", "standalone"],
      );
      said.push(`ark-ts: exit ${made.status}\n${made.stderr}${made.stdout}`);
      // 3: partially failed, which the comparison shows.
      if (made.status !== 0 && made.status !== 3) throw new Error(said.join("\n"));
      ark = await readAtRest(client, { includes });
    } finally {
      command.remove();
    }
  });
  await Promise.all([byVelero, byArk]);
  return { start, velero, ark, said: said.join("\n") };
}

/** Starts what both need; `prefix` names what is filled. */
export async function openRestoreDuel(prefix: string): Promise<RestoreDuel> {
  const minio = await startMinio();
  const folder = mkdtempSync(join(tmpdir(), "ark-duel-"));
  const world = { minio, prefix, folder, runs: 0 };
  const close = async (): Promise<void> => {
    await minio.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await minio.createBucket(bucket);
    await prepare(world);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    app: `${prefix}-app`,
    plain: `${prefix}-plain`,
    run: (duel) => runBoth(world, duel),
    close,
  };
}
