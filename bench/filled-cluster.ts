/** Control planes that are full already: the etcd data of a fill is kept from one run to the next. */
import { createHash } from "node:crypto";
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { connectKube } from "../test/support/kube-client.ts";
import { cacheFolder } from "../test/testbed/cache-folder.ts";
import { type ControlPlane, startControlPlane } from "../test/testbed/control-plane.ts";
import { fillBulk } from "../test/testbed/fill/bulk.ts";
import { tell } from "./progress.ts";

export interface Fill {
  readonly objects: number;
  readonly sizeBytes: number;
  readonly namespaces: number;
}

const testbed = join(import.meta.dirname, "../test/testbed");

/** Changes with the fill and with the versions of etcd and Kubernetes. */
function folderOf(fill: Fill): string {
  const hash = createHash("sha256").update(readFileSync(join(testbed, "fill/bulk.ts")));
  for (const file of globSync(join(testbed, "go/{etcd,kubernetes}/go.sum")).sort()) {
    hash.update(readFileSync(file));
  }
  const key = hash.digest("hex").slice(0, 12);
  const { objects, sizeBytes, namespaces } = fill;
  return join(cacheFolder(), "bench", `etcd-${objects}-${sizeBytes}-${namespaces}-${key}`);
}

/**
 * A control plane with that many ConfigMaps of poorly compressible data, to be stopped by the
 * caller. The first time it is filled, on top of the kept fill of `base` where there is one.
 */
export async function startFilled(fill: Fill, base?: Fill): Promise<ControlPlane> {
  const folder = folderOf(fill);
  if (!existsSync(folder)) await makeFill(fill, base, folder);
  tell(`starting a control plane with ${fill.objects} objects`);
  return await startControlPlane({ etcdFolder: folder });
}

/** Fills of the same size by other versions. */
function removeFormer(folder: string): void {
  const sameSize = folder.slice(0, folder.lastIndexOf("-"));
  for (const other of globSync(`${sameSize}-*`)) {
    if (other !== folder) rmSync(other, { recursive: true, force: true });
  }
}

async function makeFill(fill: Fill, base: Fill | undefined, folder: string): Promise<void> {
  const from = base !== undefined && existsSync(folderOf(base)) ? base : undefined;
  const objects = fill.objects - (from?.objects ?? 0);
  tell(`creating ${objects} objects, once: the filled etcd is kept for later runs`);
  const plane = await startControlPlane(from === undefined ? {} : { etcdFolder: folderOf(from) });
  const kept = `${folder}.${process.pid}`;
  try {
    const client = connectKube(plane.kubeconfig);
    await fillBulk(client, {
      ...fill,
      objects,
      kind: "configmaps",
      prefix: `bench-${fill.objects}`,
      onProgress: (done) => {
        if (done % 10_000 === 0) tell(`created ${done} of ${objects}`);
      },
    });
    await client.close();
    mkdirSync(join(folder, ".."), { recursive: true, mode: 0o700 });
    await plane.stop({ keepEtcd: kept });
    if (existsSync(folder)) rmSync(kept, { recursive: true });
    else renameSync(kept, folder);
    removeFormer(folder);
  } finally {
    await plane.stop();
    rmSync(kept, { recursive: true, force: true });
  }
}
