/** The ark-ts command as a user has it, with the kernel's account of each run. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createArk } from "../test/support/ark.ts";
import type { MinioAccess } from "../test/testbed/minio-access.ts";
import type { ProcessUsage } from "./record-usage.ts";
import type { Sample } from "./samples.ts";

export interface MeasuredArk {
  readonly home: string;
  /** Time of the whole command, its start included. Throws unless it ends with 0. */
  run(...args: readonly string[]): Promise<Sample & { readonly stdout: string }>;
  /** Names a location in a bucket that exists. */
  addBucket(location: string, minio: MinioAccess, bucket: string): Promise<void>;
  remove(): void;
}

const recorder = join(import.meta.dirname, "record-usage.ts");

export function createMeasuredArk(
  kubeconfig: string,
  minio?: MinioAccess,
  nodeOptions = "",
): MeasuredArk {
  const usageFile = join(process.env["TMPDIR"] ?? "/tmp", `ark-bench-usage-${process.pid}.json`);
  const ark = createArk(kubeconfig, {
    ARK_BENCH_USAGE: usageFile,
    NODE_OPTIONS: `--import=${recorder} ${nodeOptions}`.trim(),
    NODE_NO_WARNINGS: "1",
    ...(minio && {
      AWS_ACCESS_KEY_ID: minio.accessKeyId,
      AWS_SECRET_ACCESS_KEY: minio.secretAccessKey,
    }),
  });
  const run: MeasuredArk["run"] = async (...args) => {
    const start = performance.now();
    const stdout = await ark.ok(...args);
    const ms = performance.now() - start;
    const usage = JSON.parse(readFileSync(usageFile, "utf8")) as ProcessUsage;
    return { ms, stdout, ...usage };
  };
  return {
    home: ark.home,
    run,
    async addBucket(location, { endpoint, region }, bucket) {
      const config = `s3Url=${endpoint},s3ForcePathStyle=true,region=${region}`;
      await run("backup-location", "set", location, `s3://${bucket}`, "--config", config);
    },
    remove: ark.remove,
  };
}
