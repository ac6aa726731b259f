/** One profiled capture of a real cluster, and where its main thread spent the time. */
import { globSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startMinio } from "../test/testbed/minio.ts";
import { type Fill, startFilled } from "./filled-cluster.ts";
import { createMeasuredArk } from "./measured-ark.ts";
import { renderProfile, summariseProfile } from "./profile-summary.ts";
import { tell } from "./progress.ts";

export async function profileCapture(fill: Fill, base: Fill | undefined): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "ark-bench-"));
  const minio = await startMinio();
  const plane = await startFilled(fill, base);
  try {
    await minio.createBucket("bench");
    const flags = `--cpu-prof --cpu-prof-dir=${folder} --cpu-prof-interval=500`;
    const ark = createMeasuredArk(plane.kubeconfig, minio, flags);
    try {
      await ark.addBucket("minio", minio, "bench");
      // Fills the code cache of this home: a start from TypeScript sources is not what is asked.
      const little = ["--include-namespaces", "default", "--store", "minio"];
      await ark.run("backup", "create", "first", ...little);
      for (const file of globSync(join(folder, "*.cpuprofile"))) rmSync(file);
      tell("profiled capture");
      await ark.run("backup", "create", "profiled", "--store", "minio");
    } finally {
      ark.remove();
    }
    const [largest] = globSync(join(folder, "*.cpuprofile"))
      .map((file) => summariseProfile(file))
      .sort((a, b) => b.totalMs - a.totalMs);
    if (largest === undefined) throw new Error("node wrote no profile");
    return renderProfile(largest, 30);
  } finally {
    await plane.stop();
    await minio.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
