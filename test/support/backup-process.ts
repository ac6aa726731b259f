/** One backup as a process of its own, to be killed: the engine over the real adapters, with sizes that the command does not offer. */
import { createSystemClock } from "../../src/adapters/clock/system-clock.ts";
import { connectCluster } from "../../src/adapters/kube/connect-cluster.ts";
import { openServerAccess } from "../../src/adapters/kube/credentials/open-server-access.ts";
import { withRetry } from "../../src/adapters/store/with-retry.ts";
import type { BackupSpec } from "../../src/api/backup.ts";
import type { BackupLimits } from "../../src/backup/backup-run.ts";
import { runBackup } from "../../src/backup/run-backup.ts";
import { livenessCheck, runOwner } from "../../src/cli/run-owner.ts";
import type { MinioDetails } from "../testbed/minio-access.ts";
import { openS3 } from "./s3-location.ts";
import { backupRequest, silentLog } from "./take-backup.ts";

export interface BackupJob {
  readonly kubeconfig: string;
  readonly minio: MinioDetails;
  readonly bucket: string;
  readonly name: string;
  readonly spec: BackupSpec;
  readonly limits: BackupLimits;
}

const job = JSON.parse(process.argv[2] ?? "") as BackupJob;
const clock = createSystemClock();
const access = await openServerAccess({
  kubeconfig: job.kubeconfig,
  env: {},
  homeDirectory: "/nonexistent",
  clock,
});
const cluster = connectCluster(access, clock);
const store = withRetry(await openS3(job.minio, { bucket: job.bucket }), { clock, log: silentLog });
const report = await runBackup(
  {
    ...backupRequest(job.name, job.spec),
    owner: await runOwner(process.pid),
    limits: job.limits,
  },
  { cluster, store, clock, log: silentLog, liveness: await livenessCheck() },
  new AbortController().signal,
);
process.stdout.write(JSON.stringify({ phase: report.backup.status.phase }));
await store.close();
await cluster.close();
