/** A full cluster and its backup, and the command behind fronts that may kill it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ControlPlane, startControlPlane } from "../testbed/control-plane.ts";
import { fillMixed } from "../testbed/fill/mixed.ts";
import type { Ark } from "./ark.ts";
import { fillPlain } from "./exchange/plain-namespace.ts";
import { frontKubeconfig } from "./front-kubeconfig.ts";
import { type HttpFront, startHttpFront } from "./http-front.ts";
import type { Kill } from "./kill-at.ts";
import { connectKube, type KubeClient, readKubeconfig } from "./kube-client.ts";
import { type MortalRun, runMortal } from "./mortal-restore.ts";
import { type ClusterState, readClusterState } from "./oracle/cluster-state.ts";
import { createS3Ark } from "./s3-ark.ts";

/** A cluster that the command restores into. */
export interface MortalTarget {
  readonly client: KubeClient;
  /** The command with these arguments, killed as planned and run again until it has ended. */
  restore(kills: readonly Kill[], args: readonly string[]): Promise<MortalRun>;
}

export interface MortalWorld {
  readonly ark: Ark;
  /** Before the backup `whole` was made. */
  readonly first: ClusterState;
  /** The cluster that was backed up. */
  readonly source: MortalTarget;
  /** A cluster that holds nothing but what Kubernetes itself makes; it ends with `work`. */
  inNewCluster(work: (target: MortalTarget) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

interface Opened extends MortalTarget {
  close(): Promise<void>;
}

/** The namespaces `<prefix>-app` and `<prefix>-plain` are filled, and what is cluster-wide. */
export async function openMortalWorld(prefix: string): Promise<MortalWorld> {
  const plane = await startControlPlane();
  const { ark, front: store } = await createS3Ark(plane.kubeconfig);
  const source = await openTarget(plane, ark, store);
  await fillMixed(source.client, prefix);
  await fillPlain(source.client, `${prefix}-plain`);
  const first = await readClusterState(source.client);
  await ark.ok("backup", "create", "whole");
  return {
    ark,
    first,
    source,
    inNewCluster: async (work) => {
      const target = await openTarget(await startControlPlane(), ark, store);
      try {
        await work(target);
      } finally {
        await target.close();
      }
    },
    close: async () => {
      await source.close();
      await store.close();
      ark.remove();
    },
  };
}

async function openTarget(plane: ControlPlane, ark: Ark, store: HttpFront): Promise<Opened> {
  const client = connectKube(plane.kubeconfig);
  const { cluster, ca, cert, key } = readKubeconfig(plane.kubeconfig);
  const server = cluster["server"] as string;
  const tls = { ca: ca as string, cert: cert as string, key: key as string };
  const api = await startHttpFront(server, tls);
  const kubeconfig = join(ark.home, `kubeconfig-${new URL(api.endpoint).port}`);
  writeFileSync(kubeconfig, frontKubeconfig(api.endpoint));
  return {
    client,
    restore: (kills, args) =>
      runMortal(ark, { store, api }, kills, [
        ...["restore", "create", "--from-backup", "whole", "--kubeconfig", kubeconfig],
        ...args,
      ]),
    close: async () => {
      await client.close();
      await api.close();
      await plane.stop();
    },
  };
}
