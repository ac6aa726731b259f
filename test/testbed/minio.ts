/** A real S3 server on 127.0.0.1. */
import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureBinary } from "./binaries.ts";
import { createAuthority, issueCertificate } from "./certificates.ts";
import { fetchStatus, type TlsClient } from "./fetch-status.ts";
import { launch } from "./launch.ts";
import { type MinioAccess, openMinio } from "./minio-access.ts";
import {
  createProcessGroup,
  findProcess,
  type ProcessGroup,
  type ProcessSpec,
} from "./process-group.ts";

export interface MinioOptions {
  /** Default false: plain http. */
  readonly tls?: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: (step: string) => void;
}

export interface Minio extends MinioAccess {
  /** The process id, for signals; throws if it was never started. */
  pid(): number;
  /** Kills it if it still runs, and starts it with the same port and data. */
  restart(): Promise<void>;
  /** Leaves it running when this process ends, until `npm run testbed -- down`. */
  release(): Promise<void>;
  /** Ends it and removes all data. Safe to call twice. */
  stop(): Promise<void>;
}

/** Writes the folder that MinIO reads its certificate from; returns the CA's file. */
function writeTls(folder: string): { caFile: string; ca: string } {
  const authority = createAuthority("ark-tb-minio-ca");
  const pair = issueCertificate(authority, {
    commonName: "minio",
    usage: "server",
    dnsNames: ["localhost"],
    ipAddresses: ["127.0.0.1"],
  });
  const put = (name: string, text: string): string => {
    const file = join(folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  put("public.crt", pair.cert);
  put("private.key", pair.key);
  return { caFile: put("ca.crt", authority.cert), ca: authority.cert };
}

interface Started {
  readonly spec: ProcessSpec;
  isReady(): Promise<boolean>;
}

async function startServer(group: ProcessGroup, options: MinioOptions): Promise<Started> {
  const binary = await ensureBinary("minio", options.signal);
  options.onStep?.("minio");
  const [data, certs] = ["data", "certs"].map((name) => {
    const folder = join(group.folder, name);
    mkdirSync(folder, { mode: 0o700 });
    return folder;
  }) as [string, string];
  const tls = options.tls === true ? writeTls(certs) : undefined;
  const client: TlsClient | undefined = tls && { ca: tls.ca };
  const credentials = { accessKeyId: "ark-tb", secretAccessKey: randomBytes(16).toString("hex") };
  const scheme = tls === undefined ? "http" : "https";
  const toSpec = (port: number | undefined): ProcessSpec => ({
    name: "minio",
    command: [
      binary,
      "server",
      `--address=127.0.0.1:${port}`,
      `--certs-dir=${certs}`,
      "--quiet",
      data,
    ],
    env: {
      MINIO_ROOT_USER: credentials.accessKeyId,
      MINIO_ROOT_PASSWORD: credentials.secretAccessKey,
      MINIO_BROWSER: "off",
      MINIO_UPDATE: "off",
    },
  });
  const isReady = async (port: number | undefined): Promise<boolean> =>
    (await fetchStatus(`${scheme}://127.0.0.1:${port}/minio/health/ready`, client)) === 200;
  const [port] = await launch(group, {
    name: "minio",
    portCount: 1,
    signal: options.signal,
    toSpec: ([number]) => toSpec(number),
    isReady: ([number]) => isReady(number),
  });
  group.describe({
    endpoint: `${scheme}://127.0.0.1:${port}`,
    region: "us-east-1",
    ...credentials,
    ...(tls && { caFile: tls.caFile }),
  });
  return { spec: toSpec(port), isReady: () => isReady(port) };
}

/**
 * Starts a MinIO of its own and returns when it is ready. It ends with `stop()`, and at the latest
 * with this process. What fails throws with the end of the log and leaves nothing.
 */
export async function startMinio(options: MinioOptions = {}): Promise<Minio> {
  const group = await createProcessGroup("minio");
  try {
    const started = await startServer(group, options);
    return {
      ...openMinio(group.folder),
      pid: () => {
        const mark = findProcess(group.folder, "minio");
        if (mark === undefined) throw new Error("minio was never started");
        return mark.pid;
      },
      restart: async () => {
        await group.start(started.spec);
        await group.ready("minio", started.isReady);
      },
      release: () => group.release(),
      stop: () => group.stop(),
    };
  } catch (error) {
    await group.stop();
    throw error;
  }
}
